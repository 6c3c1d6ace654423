"""The offline bundle: everything a machine without a network needs, as one folder and one tar file of it.

`python -m deploy.make_bundle FOLDER [--python 3.11 …] [--without-images]`, by `make bundle`. Needs an index (as pip is
set up here) and, for the images, Docker; what comes out needs neither. It is a build product and is never committed.
"""

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

TOP = Path(__file__).parents[1]
LOCK = TOP / "requirements" / "embedded.txt"
CARRIED = ("docker-compose.yml", "counties.toml", "CHANGELOG.md", "deploy/front.conf", "docs/manual")
"""Beside the wheels: what containers are started from, and what to read. What is not there is left out."""
PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux_2_5", "manylinux1")


def run(*command: str | Path) -> None:
    """Run one program of our own environment; ends with its error."""
    subprocess.run([str(part) for part in command], cwd=TOP, check=True)  # noqa: S603 (fixed programs, our own paths)


def ask(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program for its answer."""
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)  # noqa: S603 (as above)


def wheels(folder: Path, pythons: Sequence[str]) -> None:
    """Every locked package for each Python, checked against its hash, and the project itself."""
    machine = platform.machine()
    for version in pythons:
        fitting = [f"--platform={name}_{machine}" for name in PLATFORMS]
        run(
            sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--require-hashes",
            "--only-binary=:all:", f"--python-version={version}", "--implementation=cp", *fitting,
            "-r", LOCK, "-d", folder,
        )  # fmt: skip
    # What an earlier build left would go into this one: a module since renamed, a migration since renumbered.
    shutil.rmtree(TOP / "build" / "lib", ignore_errors=True)
    run(
        sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps", "--no-index",
        "--no-build-isolation", "-w", folder, TOP,
    )  # fmt: skip


def images(target: Path) -> str:
    """Save every image compose names; returns why there are none, or nothing."""
    if shutil.which("docker") is None:
        return "no Docker here"
    asked = ["docker", "compose", "--profile", "*", "config", "--format", "json"]
    said = ask(*asked)
    if said.returncode:
        return "docker compose does not answer"
    named = sorted({service["image"] for service in json.loads(said.stdout)["services"].values()})
    here = [one for one in named if ask("docker", "image", "inspect", one).returncode == 0]
    missing = [one for one in named if one not in here]
    if any(one.startswith("shouwang/") for one in missing):
        return f"not built: {', '.join(missing)}; run `make up` or `docker compose build` first"
    run("docker", "save", "-o", target, *here)
    return f"saved without {', '.join(missing)}" if missing else ""


def sums(folder: Path) -> None:
    """SHA256SUMS over everything, as `sha256sum -c` reads it."""
    lines = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS"):
        with file.open("rb") as source:
            lines.append(f"{hashlib.file_digest(source, 'sha256').hexdigest()}  {file.relative_to(folder)}")
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


def make(folder: Path, pythons: Sequence[str], *, with_images: bool) -> str:
    """Make the folder and its tar file anew; returns a word about the images."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "wheels").mkdir(parents=True)
    wheels(folder / "wheels", pythons)
    shutil.copy2(LOCK, folder / "embedded.txt")
    shutil.copy2(TOP / "deploy" / "install.sh", folder / "install")
    (folder / "pythons").write_text("\n".join(pythons) + "\n", encoding="ascii")
    for name in CARRIED:
        source, target = TOP / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    said = images(folder / "images.tar") if with_images else "left out as asked"
    sums(folder)
    with tarfile.open(folder.with_suffix(".tar"), "w") as whole:
        whole.add(folder, arcname=folder.name)
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    """Make it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.make_bundle", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", nargs="*", default=[f"{sys.version_info.major}.{sys.version_info.minor}"])
    parser.add_argument("--without-images", action="store_true")
    chosen = parser.parse_args(arguments)
    folder: Path = chosen.folder.absolute()
    said = make(folder, chosen.python, with_images=not chosen.without_images)
    sys.stderr.write(f"bundle: {folder} and {folder.with_suffix('.tar').name}, for Python {', '.join(chosen.python)}\n")
    sys.stderr.write(f"images: {said or 'saved'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
