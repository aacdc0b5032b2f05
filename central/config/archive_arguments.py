"""The arguments of `cardroom-central archive` and `move-to`. Read before Django is set up."""

import argparse

ARCHIVED_KINDS = (
    *("reading", "hourly-use", "relay-event", "decision-event", "loss-balance", "instant-total"),
)
"""As `central.link.telemetry.archive_kinds`; a test compares them."""


def add_archive(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its actions."""
    archive = commands.add_parser(
        "archive", help="months of telemetry in files: what is due, written, read back"
    )
    archive.set_defaults(run="archive.show")
    actions = archive.add_subparsers(metavar="ACTION")
    show = actions.add_parser(
        "list", help="show the files, what is due and what still needs it (the default)"
    )
    show.set_defaults(run="archive.show")
    run = actions.add_parser("run", help="archive what is due; each night's job does it too, a month a night")
    run.add_argument("--dry-run", action="store_true", help="say what would be archived, write nothing")
    run.set_defaults(run="archive.run")
    verify = actions.add_parser("verify", help="read every file and compare it with its digest on record")
    verify.set_defaults(run="archive.verify")
    read = actions.add_parser("read", help="print a month's rows as CSV")
    load = actions.add_parser("load", help="put a month back into the tables for a dispute")
    away = actions.add_parser("put-away", help="remove a loaded month from the tables again")
    for action, name in ((read, "read"), (load, "load"), (away, "away")):
        action.add_argument("month", metavar="MONTH", help="such as 2026-11")
        action.set_defaults(run=f"archive.{name}")
    read.add_argument("--kind", choices=ARCHIVED_KINDS, default="reading")
    read.add_argument("--of", default="", metavar="NAME", help="only this meter, account or gateway")
    _add_move(commands)


def _add_move(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    move = commands.add_parser(
        "move-to", help="copy a central that outgrew SQLite to PostgreSQL, whole and compared"
    )
    move.add_argument(
        "url", metavar="URL", help="postgresql://name:password@host/database; - reads it from stdin"
    )
    move.add_argument("--telemetry-url", default="", metavar="URL", help="another database for telemetry")
    move.set_defaults(run="move.move_to")
