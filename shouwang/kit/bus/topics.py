"""The topics job: create what is declared, check what is there, say so in one sentence, end.

`python -m shouwang.kit.bus.topics --broker HOST:PORT` for Kafka, `--log FILE` for the local log.
Exit: 0 all as declared, 1 the log is away, 2 a topic is not as declared.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.topics import TOPICS
from shouwang.kit.bus import Log, LogAway, TopicMismatch
from shouwang.kit.bus.kafka import KafkaLog
from shouwang.kit.bus.local import LocalLog


def settle(log: Log) -> str:
    """Create and check the declared topics; returns the sentence to print."""
    log.ensure(TOPICS)
    return f"{len(TOPICS)} topics with {TOPICS[0].partitions} partitions each are there as declared"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shouwang.kit.bus.topics", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--broker", help="HOST:PORT of a Kafka broker")
    where.add_argument("--log", type=Path, help="file of the local log")
    chosen = parser.parse_args(arguments)
    log: Log = KafkaLog(chosen.broker) if chosen.broker else LocalLog(chosen.log)
    try:
        print(f"topics: {settle(log)}")  # noqa: T201  its one sentence
    except (LogAway, TopicMismatch) as error:
        print(f"topics: {error}", file=sys.stderr)  # noqa: T201
        return 1 if isinstance(error, LogAway) else 2
    finally:
        log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
