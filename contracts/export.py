"""The catalogue as documents for others: JSON Schema 2020-12 per type, one AsyncAPI 3.0 document for all topics."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts.alerts import ALERT_TYPE, AlertSaid
from contracts.catalogue import DEPARTMENTS, FACTS, TITLES, facts_of
from contracts.envelope import ENVELOPES
from contracts.sending import sending_type
from contracts.topics import FACT_TOPICS, TOPICS, Topic
from contracts.vocabulary import Op

PUBLISHED = Path(__file__).parent / "published"
ASYNCAPI = "asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
DAY_MS = 86_400_000

Document = dict[str, Any]

TYPES: dict[str, type[BaseModel]] = {**ENVELOPES, ALERT_TYPE: AlertSaid}
"""Everything that travels, on fact topics and back."""


def schema_name(type_: str) -> str:
    """`education.school_absence.v1` → `education.school_absence.v1.schema.json`."""
    return f"{type_}.schema.json"


def schema_of(type_: str) -> Document:
    """The envelope of one type, as what the decoder accepts: data stands exactly when the word says something."""
    schema = TYPES[type_].model_json_schema(mode="validation")
    if type_ in ENVELOPES:
        schema["allOf"] = [_data_when_it_says_so()]
    named = {"$schema": DIALECT, "$id": f"urn:shouwang:{type_}", **schema, "title": title_of(type_)}
    return named | _declared(type_)


def title_of(type_: str) -> str:
    """What a type is called on the screen."""
    if type_ == ALERT_TYPE:
        return "预警变化"
    fact = FACTS.get(type_)
    return fact.meta.title if fact else f"{TITLES[type_.partition('.')[0]]}报送结束"


def _data_when_it_says_so() -> Document:
    return {
        "if": {"properties": {"op": {"enum": [op for op in Op if op.says_so]}}},
        "then": {"required": ["data"], "properties": {"data": {"type": "object"}}},
        "else": {"properties": {"data": {"type": "null"}}},
    }


def _declared(type_: str) -> Document:
    """What a fact's meta says beside its fields, as annotations that validators pass over."""
    fact = FACTS.get(type_)
    if fact is None:
        return {}
    meta = fact.meta
    return {
        "x-shouwang": {
            "subject": meta.subject,
            "shape": meta.shape,
            "rhythm": {"months": meta.rhythm.months, "by": meta.rhythm.by, "at_once": meta.rhythm.at_once},
            "key": meta.key,
            "period": meta.period,
            "own_date": meta.own_date,
            "purposes": sorted(meta.purposes),
            "retention_days": meta.retention_days,
            "data_class": meta.data_class,
        }
    }


def _types_on(topic: Topic) -> list[str]:
    if topic.name not in FACT_TOPICS.values():
        return [ALERT_TYPE]
    return [*(fact.meta.type for fact in facts_of(DEPARTMENTS[topic.owner])), sending_type(topic.owner)]


def _channel(topic: Topic) -> Document:
    kafka = {
        "topic": topic.name,
        "partitions": topic.partitions,
        "topicConfiguration": {"retention.ms": topic.retention_days * DAY_MS},
        "bindingVersion": "0.5.0",
    }
    return {
        "address": topic.name,
        "title": TITLES.get(topic.owner, "预警"),
        "description": f"Written by {topic.writes}, read by {', '.join(topic.reads)}. Key: county code; "
        "partition: the county's number modulo the partition count.",
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in _types_on(topic)},
        "bindings": {"kafka": kafka},
    }


def _operation(topic: Topic, action: str) -> Document:
    reference = f"#/channels/{topic.name}"
    return {
        "action": action,
        "channel": {"$ref": reference},
        "messages": [{"$ref": f"{reference}/messages/{type_}"} for type_ in _types_on(topic)],
    }


def _message(type_: str) -> Document:
    schema = {"schemaFormat": f"application/schema+json;version={DIALECT}", "schema": {"$ref": schema_name(type_)}}
    return {
        "name": type_,
        "title": title_of(type_),
        "contentType": CONTENT_TYPE,
        "payload": schema,
        "bindings": {"kafka": {"key": {"type": "string", "pattern": r"^\d{6}$"}, "bindingVersion": "0.5.0"}},
    }


def asyncapi() -> Document:
    """All topics with their messages, who sends and who receives."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Shouwang 守望",
            "version": "1.0.0",
            "description": "What departments state and what alerts says back: one CloudEvents 1.0 document per record.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            **{f"{topic.owner}.send": _operation(topic, "send") for topic in TOPICS},
            **{
                f"{reader}.receive.{topic.owner}": _operation(topic, "receive")
                for topic in TOPICS
                for reader in topic.reads
            },
        },
        "components": {"messages": {type_: _message(type_) for type_ in TYPES}},
    }


def documents() -> dict[str, str]:
    """Every published file by its name, as text."""
    everything = {schema_name(type_): schema_of(type_) for type_ in TYPES} | {ASYNCAPI: asyncapi()}
    return {name: json.dumps(document, ensure_ascii=False, indent=2) + "\n" for name, document in everything.items()}


def write(folder: Path = PUBLISHED) -> None:
    """Puts the documents there, and takes away what is no longer said."""
    folder.mkdir(exist_ok=True)
    wanted = documents()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def stale(folder: Path = PUBLISHED) -> list[str]:
    """The names of files that differ from what the catalogue says, are missing, or are left over."""
    wanted = documents()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
