"""All commands in one tree; each module below holds one group and imports what it needs when it runs."""

import typer

from shouwang.cli import (
    alerts,
    audit,
    backups,
    day,
    doctor,
    erase,
    keys,
    letters,
    push,
    receipts,
    refs,
    resend,
    rulebook,
    run,
    users,
)

app = typer.Typer(
    name="shouwang",
    help="守望：部门报事实，规则说含义，由人来决定。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("up")(run.up)
app.command("demo")(run.demo)
app.command("push")(push.push)
app.add_typer(receipts.app, name="receipts")
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.command("open")(users.open_)
app.command("alerts")(alerts.alerts)
app.command("words")(alerts.words)
app.command("ref")(refs.ref)
app.command("day")(day.day)
app.add_typer(rulebook.app, name="rulebook")
app.add_typer(letters.app, name="letters")
app.add_typer(audit.app, name="audit")
app.command("erase")(erase.erase)
app.command("incident")(audit.incident)
app.command("resend")(resend.resend)
app.command("doctor")(doctor.doctor)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("upgrade")(backups.upgrade)
app.command("migrate")(run.migrate)
app.command("check-config")(run.check_config)
