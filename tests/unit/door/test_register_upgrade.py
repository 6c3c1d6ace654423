"""A register kept by the first version is kept on: what it said stands, and later lists go on from there."""

import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from shouwang.kit.adapter.sending import EVERYBODY
from shouwang.kit.adapter.tables import MIGRATIONS
from shouwang.kit.adapter.view import StoredView
from shouwang.kit.database import open_database, upgrade

STATED = "2026-06-01T09:00:00+08:00"
CONTENT = '{"年度":"2026","个人自付":"6500"}'


def said(op: str, content: str, line: int = 2) -> list[object]:
    return [op, "2026-05-31", STATED, line, "a" * 26, content]


def test_entries_of_the_first_version_are_kept_on_and_their_sendings_stay(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/health.db")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO feed (county, feed, columns) VALUES ('532927', 'self_paid_year', '[]')"))
        standing = {"listed": said("state", CONTENT), "fixed": None, "told": [], "heard": ["b" * 13],
                    "shown": said("state", CONTENT)}  # fmt: skip
        ended = {"listed": said("omit", "", 0), "fixed": None, "told": [said("state", CONTENT)], "heard": [],
                 "shown": said("omit", "", 0)}  # fmt: skip
        for subject, kept in (("p1a", standing), ("p1b", ended)):
            connection.execute(
                text("INSERT INTO entry (feed_id, subject, key, kept, stands) VALUES (1, :s, '2026', :kept, 1)"),
                {"s": subject, "kept": json.dumps(kept)},
            )
            connection.execute(
                text("INSERT INTO bearer (county, subject, name) VALUES ('532927', :s, 'n')"), {"s": subject}
            )
    upgrade(engine, MIGRATIONS)
    with engine.connect() as connection:
        view = StoredView(connection, "532927", "self_paid_year", by_period=True)
        scope = view.scope("2026", EVERYBODY)
        assert view.names(["p1a", "p1b"], EVERYBODY) == {"p1a": {"n"}, "p1b": {"n"}}
    one, other = scope["p1a", "2026"], scope["p1b", "2026"]
    assert (one.stands, one.shown and one.shown.content, one.base.marks) == (True, CONTENT, "b" * 13)
    assert one.shown is not None
    assert one.shown.stated_at.isoformat() == STATED
    assert (other.stands, other.recent, len(other.base.told)) == (False, [], 1)
    assert one.now.newest() == one.shown
    engine.dispose()
