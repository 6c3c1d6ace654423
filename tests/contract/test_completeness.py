"""What comes in sets is whole: fact, example, feed, topic, owner; each missing one is named."""

import importlib
from pathlib import Path

import pytest

from contracts import export
from contracts.catalogue import BY_NAME, DEPARTMENTS, FACTS, TITLES, facts_of
from contracts.envelope import ENVELOPES
from contracts.facts import Fact
from contracts.sending import sending_type
from contracts.topics import FACT_TOPICS, PARTITIONS, TOPICS
from shouwang.kit.adapter.declaration import Adapter

TOP = Path(__file__).parents[2]


def adapter_of(department: str) -> Adapter:
    adapter: Adapter = importlib.import_module(f"services.{department}.adapter").adapter
    return adapter


def test_every_department_has_a_title_a_topic_a_folder_and_a_contract() -> None:
    assert set(TITLES) == set(DEPARTMENTS) == set(FACT_TOPICS)
    for department, contract in DEPARTMENTS.items():
        assert contract.__name__ == f"contracts.{department}"
        assert {path.name for path in (TOP / "services" / department).iterdir()} >= {
            "README.md",
            "__init__.py",
            "__main__.py",
            "adapter.py",
            "records.py",
            "examples",
        }


def test_every_topic_has_one_owner_who_writes_it_and_the_same_partitions() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert {topic.owner for topic in TOPICS} == {*DEPARTMENTS, "alerts"}
    assert all(topic.writes == topic.owner and topic.reads for topic in TOPICS)
    assert {topic.partitions for topic in TOPICS} == {PARTITIONS}


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_a_fact_is_stated_by_its_own_department_under_its_own_name(fact: type[Fact]) -> None:
    assert fact in facts_of(DEPARTMENTS[fact.meta.department])
    assert fact.__module__ == f"contracts.{fact.meta.department}"
    assert BY_NAME[fact.meta.name] is fact
    assert fact.meta.type.endswith(".v1")
    assert fact.meta.title
    assert fact.meta.purposes


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_every_fact_has_the_feed_that_returns_it_and_no_feed_states_anything_else(department: str) -> None:
    feeds = adapter_of(department).feeds
    assert {name: feed.fact for name, feed in feeds.items()} == {
        fact.meta.feed: fact for fact in facts_of(DEPARTMENTS[department])
    }


@pytest.mark.parametrize("type_", FACTS)
def test_every_fact_has_an_example_and_no_example_is_of_nothing(type_: str) -> None:
    examples = TOP / "contracts" / "examples"
    assert list((examples / type_).glob("*.json")), f"{type_} has no example under contracts/examples"
    assert {folder.name for folder in examples.iterdir() if folder.is_dir()} <= set(ENVELOPES)


def test_what_travels_is_the_facts_and_the_close_of_each_departments_sendings() -> None:
    assert set(ENVELOPES) == {*FACTS, *(sending_type(department) for department in DEPARTMENTS)}


def test_every_type_is_published_and_nothing_else_is() -> None:
    published = {path.name.removesuffix(".schema.json") for path in export.PUBLISHED.glob("*.schema.json")}
    assert published == set(export.TYPES)
