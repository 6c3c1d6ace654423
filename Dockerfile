# One file, one target per process family: jobs, adapter, vault, alerts, tools.
# Each is a Python, one virtual environment from its hashed lock, and nothing that builds or installs.

FROM python:3.13-slim AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/build.txt requirements/base.txt requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install -q --require-hashes -r requirements/build.txt
RUN python -m venv --without-pip /opt/venv \
 && /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --require-hashes -r requirements/base.txt

FROM build AS wheel
COPY pyproject.toml README.md counties.toml ./
COPY contracts contracts
COPY services services
COPY shouwang shouwang
COPY deploy deploy
RUN /opt/build/bin/pip wheel -q --no-deps --no-index --no-build-isolation --wheel-dir /wheels .

FROM build AS build-adapter
COPY requirements/adapter.txt requirements/
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --require-hashes -r requirements/adapter.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --no-deps --no-index /wheels/*.whl

FROM build AS build-vault
COPY requirements/vault.txt requirements/
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --require-hashes -r requirements/vault.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --no-deps --no-index /wheels/*.whl

FROM build AS build-alerts
COPY requirements/alerts.txt requirements/
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --require-hashes -r requirements/alerts.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --no-deps --no-index /wheels/*.whl

FROM build AS build-tools
COPY requirements/embedded.txt requirements/
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --require-hashes -r requirements/embedded.txt
COPY --from=wheel /wheels /wheels
RUN /opt/build/bin/uv pip install -q --python /opt/venv/bin/python --no-deps --no-index /wheels/*.whl

# What runs: no pip, no shell needed, a user that owns nothing but the mount points of its volumes.
FROM python:3.13-slim AS run
RUN groupadd --gid 10001 shouwang \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shouwang \
 && rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
           /usr/lib/python3*/ensurepip /usr/share/python-wheels \
 && install -d -o 10001 -g 10001 -m 0700 /run/secrets /trial /drop /checkpoints /home/shouwang
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /tmp
COPY deploy/probe.py /opt/probe.py
USER 10001:10001

FROM run AS adapter
COPY --from=build-adapter /opt/venv /opt/venv

FROM run AS vault
COPY --from=build-vault /opt/venv /opt/venv

FROM run AS alerts
COPY --from=build-alerts /opt/venv /opt/venv

# The secrets, migrate and topics jobs, and the operator's commands.
FROM run AS tools
COPY --from=build-tools /opt/venv /opt/venv
USER root
RUN departments=$(python -c "from contracts.catalogue import DEPARTMENTS; print(*DEPARTMENTS)") \
 && for who in installation migrate alerts vault $departments; do \
      install -d -o 10001 -g 10001 -m 0700 /secrets/$who; done \
 && install -d -o 10001 -g 10001 -m 0700 /secrets/var /secrets/var/checkpoints /backup \
 && install -d -o 10001 -g 10001 -m 0755 /secrets/postgres
USER 10001:10001
