"""`cardroom-gateway restore FILE`: put a backup back, all of it or nothing; `--rehearse` proves that it could."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from gateway.technician.answer import USAGE, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.findings import Finding, as_json, exit_code, lines_of
from gateway.words import mark, say

NO_BACKUPS = mark(
    "There is no backup (*.backup) in {folder}. Is the stick mounted? Make one: cardroom-gateway backup --to DIR"
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say(
        "Put a backup back. The daemon must be stopped; what is there is kept aside. With --rehearse "
        "nothing is put back, only proved."
    )
    parser = subparsers.add_parser("restore", help=say("put a backup back, or rehearse it"), description=what)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=say("a file that `backup` wrote"))
    parser.add_argument(
        "--rehearse", action="store_true", help=say("prove the file as far as that goes; put nothing back")
    )
    parser.add_argument(
        "--latest",
        type=Path,
        metavar="DIR",
        help=say("with --rehearse: the newest backup of this gateway in a folder"),
    )
    parser.add_argument(
        "--ask-key", action="store_true", help=say("with --rehearse: ask for the recovery key, and open it")
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help=say("read the recovery key from a file instead of asking"),
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=say("where to put it (default: the configuration's folder, else the backup's)"),
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Put back or rehearse; 0 done or proved, 1 not, 2 when the question makes no sense."""
    if mistake := _mistake(args):
        print(mistake, file=sys.stderr)
        return USAGE
    try:
        return _rehearse(args) if args.rehearse else _restore(args)
    except OSError as error:
        where = error.filename or args.file or args.latest
        print(
            say(
                "{path} can't be read or written: {why}. Nothing was put back.",
                path=where,
                why=error.strerror or error,
            ),
            file=sys.stderr,
        )
        return NOT_DONE
    except KeyboardInterrupt:
        print(say("Stopped. Nothing was put back."), file=sys.stderr)
        return NOT_DONE


def _mistake(args: argparse.Namespace) -> str:
    if args.latest is not None and not args.rehearse:
        return say("--latest goes with --rehearse.")
    if args.ask_key and not args.rehearse:
        return say("--ask-key goes with --rehearse.")
    if (args.file is None) == (args.latest is None):
        return say("Give one backup file, or --rehearse --latest and a folder.")
    return ""


def _rehearse(args: argparse.Namespace) -> int:
    from gateway.technician.recovery_paper import ask_for_key
    from gateway.technician.rehearse import rehearse
    from gateway.technician.restore_knows import known_here, newest_of

    known = known_here(args.config)
    path = args.file or newest_of(args.latest, known.gateway)
    if path is None:
        print(say(NO_BACKUPS, folder=args.latest), file=sys.stderr)
        return NOT_DONE
    seed = None
    if args.ask_key or args.key_file is not None:
        seed = ask_for_key(args.key_file)
        if seed is None:
            return NOT_DONE
    findings = list(_shown(rehearse(path, known.known, seed), args))
    if args.json:
        print_json({"file": str(path), "findings": [as_json(one) for one in findings]})
    return exit_code(findings)


def _shown(findings: Iterator[Finding], args: argparse.Namespace) -> Iterator[Finding]:
    """Each is said as soon as it is found: a large file takes minutes."""
    for finding in findings:
        if not args.json:
            print("\n".join(lines_of([finding])), flush=True)
        yield finding


def _restore(args: argparse.Namespace) -> int:
    from gateway.technician.restore_act import restore

    return restore(args.file, args.config, args.data, args.key_file, as_json=args.json)
