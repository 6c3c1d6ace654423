"""Settings of a process: one pydantic class, read once from `SHOUWANG_…` variables and secret files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SHOUWANG_"
SECRETS = Path("/run/secrets")
"""Where a container finds its secret files, one setting each."""


class Settings(BaseSettings):
    """What every process is told; a process adds its own fields in a subclass, built in its `__main__`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,  # compose passes an empty SHOUWANG_DAY_FILE unless it is a trial
    )

    keys: Path = Path("var/keys")
    """Folder of the secret files (shouwang/kit/keys.py)."""
    counties: Path = Path("counties.toml")
    """The counties served."""
    host: str = "127.0.0.1"
    port: int = 8000
    checkpoints: Path = Path("var/checkpoints")
    """The second place, where the ends of audit chains are noted (shouwang/kit/checkpoints.py)."""
    front: str = ""
    """Address or network of a TLS front whose word on a request's origin counts; none: nobody's does."""
    day_file: Path | None = None
    """Trial installations only: the small file that holds the county's day."""


def behind(settings: Settings) -> dict[str, Any]:
    """For uvicorn: believe the front, and nobody else, about where a request came from and that it came over TLS."""
    return {"proxy_headers": bool(settings.front), "forwarded_allow_ips": settings.front or None}


Chosen = TypeVar("Chosen", bound=Settings)


def load(settings: type[Chosen], argv: Sequence[str], **given: Any) -> Chosen:
    """The settings of this process, or an end with 2 and one line for each that is missing or wrong.

    With `--check-config` in `argv` it says so and ends either way: 0 when all is there.
    """
    try:
        chosen = settings(_secrets_dir=SECRETS if SECRETS.is_dir() else None, **given)
    except ValidationError as refused:
        for error in refused.errors(include_input=False):
            name = PREFIX + "_".join(str(part) for part in error["loc"]).upper()
            sys.stderr.write(f"{name}: {error['msg']}\n")
        raise SystemExit(2) from None
    if "--check-config" in argv:
        sys.stderr.write(f"{settings.__name__}: all settings are there\n")
        raise SystemExit(0)
    return chosen
