"""Every database has one line of revisions, so that an upgrade knows where it ends."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from shouwang.standalone.installation import schemas


@pytest.mark.parametrize("migrations", sorted(set(schemas().values())), ids=lambda path: path.parent.name)
def test_a_database_has_one_newest_revision(migrations: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
