"""`cardroom-gateway config check`: is this configuration whole? Starts nothing, changes nothing, names every mistake."""

import argparse
from pathlib import Path

from gateway.config.load import load_config
from gateway.config.mistakes import Mistake, wording
from gateway.technician.answer import print_json
from gateway.words import language

DEFAULT_CONFIG = Path("/etc/cardroom/gateway.toml")
GOOD = {"en": "{path}: no mistakes.", "zh": "{path}：没有错误。"}
BAD = {"en": "{path}: {count} mistake(s).", "zh": "{path}：{count} 处错误。"}


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """The option that all commands share."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"default {DEFAULT_CONFIG}"
    )


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("config", help="check gateway.toml")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="name every mistake in it", description=__doc__)
    add_config_option(check)
    check.add_argument("--json", action="store_true", help="for programs: one JSON object")
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
        summary = (BAD if mistakes else GOOD)[language()]
        print(summary.format(path=args.config, count=len(mistakes)))
    return 1 if mistakes else 0


def _row(mistake: Mistake, language: str) -> dict[str, str | int | None]:
    return {
        "path": mistake.path,
        "code": mistake.code,
        "line": mistake.line,
        "did_you_mean": mistake.did_you_mean,
        "message": wording(mistake, language),
    }
