"""The operator's commands, as docs/feeds.md lists them; `main` is what `shouwang` starts."""


def main() -> None:
    """Run one command."""
    # Imported here: `import shouwang.cli.…` from elsewhere must not cost the command line's libraries.
    from shouwang.cli.commands import app

    app()
