"""`python -m services.alerts.store let-go TOPIC --database URL`: the remedy when a topic was replaced."""

import argparse
import sys
from collections.abc import Sequence

from contracts.topics import FACT_TOPICS
from services.alerts.store.store import Store
from shouwang.kit.database import open_database


def main(arguments: Sequence[str]) -> int:
    """Let go of a topic in every partition; exit code 2 on wrong use."""
    parser = argparse.ArgumentParser(prog="python -m services.alerts.store", description=__doc__)
    parser.add_argument("action", choices=["let-go"])
    parser.add_argument("topic", choices=sorted(FACT_TOPICS.values()))
    parser.add_argument("--database", required=True, help="the URL of the alerts database")
    asked = parser.parse_args(arguments)
    count = Store(open_database(asked.database)).let_go(asked.topic)
    sys.stdout.write(f"{asked.topic}: let go in {count} partitions\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
