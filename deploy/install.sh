#!/bin/sh
# 从离线包安装守望，不需要网络。
#   sh install [目录]          装成一个程序（默认 ./shouwang），数据放在别处
#   sh install --compose       把镜像装进本机 Docker，然后在本目录 docker compose up
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

sha256sum --quiet -c SHA256SUMS || fail "离线包不完整或被改动过：请重新拷贝。"

if [ "${1:-}" = "--compose" ]; then
  [ -f images.tar ] || fail "这个包里没有镜像（制作时没有 Docker）；可以装成程序：sh install"
  docker info >/dev/null 2>&1 || fail "Docker 没有运行，或没有权限使用它。"
  docker load -q -i images.tar
  say "镜像已装好。接着：cd $here && docker compose up --detach --wait --no-build"
  exit 0
fi

target=${1:-./shouwang}
case $target in /*) ;; *) target=$OLDPWD/$target ;; esac
[ ! -e "$target/bin/shouwang" ] || say "$target 已有一个版本，现在换成包里的版本；数据不动。"

python=
for version in $(cat pythons); do
  for found in "python$version" python3; do
    if command -v "$found" >/dev/null 2>&1 && \
       "$found" -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
      python=$found
      break 2
    fi
  done
done
[ -n "$python" ] || fail "需要 Python $(tr '\n' ' ' <pythons)（带 venv）：请先安装系统自带的 python3 与 python3-venv。"

"$python" -m venv --clear "$target"
"$target/bin/python" -m pip install -q --disable-pip-version-check --no-index --find-links wheels \
  --require-hashes -r embedded.txt
"$target/bin/python" -m pip install -q --disable-pip-version-check --no-index --no-deps wheels/shouwang-*.whl
say "已装好：$target/bin/shouwang。接着照 docs/manual 的“第一个小时”做。"
