"""Published equals generated, is what it says it is, and says what the decoder does."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import ValidationError

from contracts import export
from contracts.__main__ import main
from contracts.envelope import decode, encode, make
from contracts.health import SelfPaidYear
from contracts.topics import TOPICS
from contracts.vocabulary import Op

EXAMPLES = sorted((Path(__file__).parents[2] / "contracts" / "examples").glob("*.v1/*.json"))
COUNTY, PERSON = "532927", "p1" + "a" * 26


def published(name: str) -> Any:
    return json.loads((export.PUBLISHED / name).read_text(encoding="utf-8"))


def word(op: Op, changed: dict[str, Any] | None = None) -> dict[str, Any]:
    """One word about a year of bills, as it travels, with what the caller would have otherwise."""
    fact = SelfPaidYear.model_validate({"年度": "2026", "个人自付": "5000.00"}) if op.says_so else None
    envelope = make(
        county=COUNTY,
        type_="health.self_paid_year.v1",
        subject=PERSON,
        key="2026",
        op=op,
        as_of=date(2026, 6, 30),
        stated_at=datetime(2026, 7, 1, 1, tzinfo=UTC),
        line=1,
        sending="r1",
        seq=1,
        data=fact,
    )
    said: dict[str, Any] = json.loads(encode(envelope))
    return said | (changed or {})


def test_what_is_published_is_what_the_contracts_say() -> None:
    assert export.stale() == []


def test_a_file_that_was_edited_or_left_over_is_named(tmp_path: Path) -> None:
    export.write(tmp_path)
    assert export.stale(tmp_path) == []
    (tmp_path / "asyncapi.json").write_text("{}", encoding="utf-8")
    (tmp_path / "gone.v1.schema.json").write_text("{}", encoding="utf-8")
    assert export.stale(tmp_path) == ["asyncapi.json", "gone.v1.schema.json"]
    export.write(tmp_path)
    assert export.stale(tmp_path) == []


def test_the_command_knows_its_two_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert main(["exprot"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("type_", export.TYPES)
def test_every_type_has_a_schema_of_the_dialect_it_names(type_: str) -> None:
    schema = published(export.schema_name(type_))
    assert schema["$schema"] == export.DIALECT
    Draft202012Validator.check_schema(schema)


def test_the_asyncapi_document_is_valid_by_its_own_specification() -> None:
    specification = json.loads((Path(__file__).parent / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))
    errors = [error.message for error in Draft7Validator(specification).iter_errors(published(export.ASYNCAPI))]
    assert errors == []


def test_the_asyncapi_document_names_every_topic_and_every_type_once() -> None:
    document = published(export.ASYNCAPI)
    assert list(document["channels"]) == [topic.name for topic in TOPICS]
    carried = [type_ for channel in document["channels"].values() for type_ in channel["messages"]]
    assert sorted(carried) == sorted(export.TYPES)
    files = {message["payload"]["schema"]["$ref"] for message in document["components"]["messages"].values()}
    assert files == {path.name for path in export.PUBLISHED.glob("*.schema.json")}


@pytest.mark.parametrize("op", Op)
def test_a_word_as_it_travels_is_valid_by_its_schema(op: Op) -> None:
    jsonschema.validate(word(op), published("health.self_paid_year.v1.schema.json"), cls=Draft202012Validator)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_example_is_valid_by_its_schema_and_a_cloudevent(path: Path) -> None:
    value = path.read_bytes()
    said = json.loads(value)
    assert said["type"] == path.parent.name
    jsonschema.validate(said, published(export.schema_name(said["type"])), cls=Draft202012Validator)
    event = from_structured_event(KafkaMessage(headers={}, key=said["partitionkey"].encode(), value=value))
    assert event.get_data() == decode(value).data.model_dump(mode="json", exclude_none=True)


WRONG: list[dict[str, Any]] = [
    {"type": "health.other.v1"},
    {"specversion": "0.3"},
    {"source": "/county/5329/health"},
    {"seq": 0},
    {"op": "delete"},
    {"op": "withdraw"},
    {"data": None},
    {"data": {"年度": "26"}},
    {"data": {"年度": "2026", "个人自付": "-1"}},
    {"data": {"年度": "2026", "个人自付": "一千"}},
    {"partitionkey": "53292"},
    {"fact": "x" * 81},
]


@pytest.mark.parametrize("changed", WRONG, ids=str)
def test_schema_and_decoder_refuse_the_same_words(changed: dict[str, Any]) -> None:
    said = word(Op.STATE, changed)
    validator = Draft202012Validator(published("health.self_paid_year.v1.schema.json"))
    assert not validator.is_valid(said)
    with pytest.raises((ValidationError, ValueError)):
        decode(json.dumps(said).encode())


@pytest.mark.parametrize("op", Op)
def test_the_cloudevents_sdk_reads_a_word_and_finds_the_same(op: Op) -> None:
    said = word(op)
    message = KafkaMessage(
        headers={"content-type": export.CONTENT_TYPE.encode()}, key=COUNTY.encode(), value=json.dumps(said).encode()
    )
    event = from_structured_event(message)
    assert (event.get_specversion(), event.get_type(), event.get_id()) == ("1.0", said["type"], said["id"])
    assert (event.get_source(), event.get_subject()) == (said["source"], PERSON)
    assert event.get_time() == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert event.get_data() == said.get("data")
    assert event.get_extension("partitionkey") == COUNTY
