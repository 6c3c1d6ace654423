"""The catalogue: its page is current, its labels are bounded, and nothing in it is measured nowhere."""

import re
from pathlib import Path

from shouwang.kit import metrics
from shouwang.kit.metrics import CATALOGUE, LABELS

ROOT = Path(metrics.__file__).parents[2]
PAGE = ROOT / "docs/reference/metrics-catalogue.md"
PERSONAL = ("person", "household", "subject", "ref", "name", "sending", "receipt", "sender", "actor", "address", "path")


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics.page()


def test_every_label_has_a_closed_list_and_none_is_about_people_or_grows_with_use() -> None:
    used = {label for metric in CATALOGUE.values() for label in metric.labels}
    assert used == set(LABELS)
    assert not used & set(PERSONAL)


def test_names_say_their_unit() -> None:
    for name, metric in CATALOGUE.items():
        assert name.endswith("_total") == (metric.kind == "counter"), name
        for unit in ("seconds", "days", "bytes"):
            assert name.endswith(f"_{unit}") == (metric.unit == unit), name


def test_every_metric_is_measured_somewhere() -> None:
    named = {
        name
        for folder in ("services", "shouwang")
        for file in (ROOT / folder).rglob("*.py")
        if file.name != "metrics.py"
        for name in re.findall(r'"(shouwang_\w+)"', file.read_text(encoding="utf-8"))
    }
    own = {"shouwang_process_memory_bytes", "shouwang_process_open_files"}
    assert (set(CATALOGUE) - own) - named == set()
