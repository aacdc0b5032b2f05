"""`cardroom-gateway config check`: is this configuration whole? Starts nothing, changes nothing, names every mistake."""

import argparse
from pathlib import Path

from gateway.config.load import load_config
from gateway.config.mistakes import Mistake, wording
from gateway.technician.answer import print_json
from gateway.words import language, say

DEFAULT_CONFIG = Path("/etc/cardroom/gateway.toml")


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """The option that all commands share."""
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help=say("default {value}", value=DEFAULT_CONFIG),
    )


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("config", help=say("check gateway.toml"))
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help=say("name every mistake in it"),
        description=say("Is this configuration whole? Starts nothing, changes nothing, names every mistake."),
    )
    add_config_option(check)
    check.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    check.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the mistakes; 0 when there are none, else 1."""
    loaded = load_config(args.config)
    mistakes = loaded if isinstance(loaded, list) else []
    if args.json:
        rows = [_row(mistake, language()) for mistake in mistakes]
        print_json({"file": str(args.config), "ok": not rows, "mistakes": rows})
    else:
        for mistake in mistakes:
            print(wording(mistake, language()))
        path, count = args.config, len(mistakes)
        print(
            say("{path}: {count} mistake(s).", path=path, count=count)
            if mistakes
            else say("{path}: no mistakes.", path=path)
        )
    return 1 if mistakes else 0


def _row(mistake: Mistake, language: str) -> dict[str, str | int | None]:
    return {
        "path": mistake.path,
        "code": mistake.code,
        "line": mistake.line,
        "did_you_mean": mistake.did_you_mean,
        "message": wording(mistake, language),
    }
