"""Log lines: JSON on standard error, one canonical line per unit of work, only fields that are on the list.

A line says which stage did how much of what and how long it took; never a name, a number or the content of a row. What
is not on the list is dropped, so that a careless line cannot leak.
"""

import logging
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import structlog

from shouwang.kit.metrics import Metrics

_WHO_AND_WHERE: Final = """event level at service stage department feed county partition topic offset sending receipt
    seq batch letter rule document rulebook version day trace_id actor role action"""
_HOW_MANY: Final = """words records rows facts households changed dirty judged alerts raised withdrawn received accepted
    unchanged superseded duplicate rejected doubtful skipped waiting letters held outbox size limit count keys people"""
_HOW_IT_WENT: Final = """ms status method route code reason error where state attempt wait_ms check ok library port
    pause folder revision"""
FIELDS: Final = frozenset(f"{_WHO_AND_WHERE} {_HOW_MANY} {_HOW_IT_WENT}".split())
"""The only field names a log line may have."""

LONGEST: Final = 300
"""Characters of a text value; longer ones are cut, so that no field can carry a document."""

_CONTROL: Final = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029))
_TRUSTED: Final = ("uvicorn.error", "kafka", "faust", "alembic")
"""Libraries whose messages hold no data of people: addresses, topics, revisions."""


def only_listed(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list, and everything in a value that could break or forge a line."""
    return {name: _plain(value) for name, value in line.items() if name in FIELDS and value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    return str(value).translate(_CONTROL)[:LONGEST]


def configure(service: str, *, level: int = logging.INFO) -> None:
    """Send every log line of this process, libraries' lines included, through the list to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="at", utc=True),
            only_listed,
            structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever standard error is by then
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_Libraries(service)], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.access").disabled = True  # its lines quote addresses with references and queries


class _Libraries(logging.Handler):
    """Brings libraries' log records into ours; their text only from those that hold no people's data."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        """One record of a library."""
        trusted = record.name.startswith(_TRUSTED)
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        line = get_logger(stage="library", service=self._service, library=record.name)
        line.log(record.levelno, "library", reason=record.getMessage() if trusted else None, error=error)


def get_logger(**fields: Any) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines carry these fields."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(**fields)
    return logger


@contextmanager
def unit(stage: str, *, metrics: Metrics | None = None, **counts: Any) -> Iterator[dict[str, Any]]:
    """One unit of work: counts put into what is yielded come out as one canonical line with its milliseconds.

    With `metrics` it is also counted there, and its seconds are observed.
    """
    said = dict(counts)
    start = time.perf_counter()
    try:
        yield said
    except BaseException as failed:
        said["error"] = type(failed).__name__
        raise
    finally:
        seconds = time.perf_counter() - start
        said["ms"] = round(seconds * 1000, 1)
        if metrics is not None:
            result = "failed" if "error" in said else "done"
            metrics.add("shouwang_stage_units_total", stage=stage, result=result)
            metrics.observe("shouwang_stage_seconds", seconds, stage=stage)
        log = get_logger(stage=stage)
        (log.error if "error" in said else log.info)(stage, **said)
