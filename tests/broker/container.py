"""One KRaft node of the official image through testcontainers."""

import os
from pathlib import Path

from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from tests.broker.broker import NoBroker, free_port, wait_until_ready

IMAGE = "apache/kafka:4.3.1"
START = "/tmp/start.sh"  # noqa: S108  inside the container
WAIT_FOR_START = f"until [ -f {START} ]; do sleep 0.1; done; exec bash {START}"
"""The address to advertise is known only when the container runs, so the broker waits for a script that holds it."""

SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LISTENERS": "CLIENTS://:9092,INSIDE://:29092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
    "KAFKA_BROKER_SESSION_TIMEOUT_MS": "2000",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    "KAFKA_HEAP_OPTS": "-Xms192m -Xmx512m",
}


class ContainerBroker:
    """A broker in a container, or `NoBroker` where no Docker answers. The port is ours, so it survives a restart."""

    kind = f"container ({IMAGE})"

    def __init__(self) -> None:
        if Path("/.dockerenv").exists():
            # testcontainers takes this machine for a container and would look for the broker at the bridge's address.
            os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
        try:
            self._container = DockerContainer(IMAGE)
        except DockerException as error:
            raise NoBroker("no Docker answers") from error
        self._port = free_port()
        self._container.with_bind_ports(9092, self._port).with_envs(**SETTINGS)
        self._container.with_command(["bash", "-c", WAIT_FOR_START])
        self._started = False
        self.bootstrap = ""

    def start(self) -> None:
        """See `Broker.start`."""
        if self._started:
            self._container.get_wrapped_container().start()
        else:
            self._create()
        wait_until_ready(self.bootstrap)

    def _create(self) -> None:
        try:
            self._container.start()
        except DockerException as error:
            raise NoBroker(f"Docker cannot start {IMAGE}: {error}"[:200]) from error
        self._started = True
        self.bootstrap = f"{self._container.get_container_host_ip()}:{self._port}"
        addresses = f"CLIENTS://{self.bootstrap},INSIDE://localhost:29092"
        script = f"export KAFKA_ADVERTISED_LISTENERS={addresses}\nexec /etc/kafka/docker/run\n"
        self._container.copy_into_container(script.encode(), START, 0o755)

    def kill(self) -> None:
        """See `Broker.kill`."""
        self._container.get_wrapped_container().kill()

    def close(self) -> None:
        """See `Broker.close`."""
        if self._started:
            self._container.stop()
