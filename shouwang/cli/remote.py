"""Where a remote instance is, when SHOUWANG_URL and SHOUWANG_KEY say so."""

from shouwang.kit.settings import Settings, load


class Remote(Settings):
    """Address and key for commands that are given neither."""

    url: str = ""
    key: str = ""
    kafka: str = ""
    """The broker of an installation whose databases are elsewhere; `restore` asks it where its topics end."""


def remote() -> Remote:
    """As the environment says."""
    return load(Remote, ())
