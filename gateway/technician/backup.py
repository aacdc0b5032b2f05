"""`cardroom-gateway backup [FILE]`: the whole gateway in one encrypted file, proved by reading it back (R-G2).

cardroom-gateway backup --new-key                   # once, on a terminal, with paper and pen
cardroom-gateway backup --to /media/usb --keep 14   # unattended; a timer's
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import CantLook, look_at
from gateway.adapters.key_file import KEY_NAME, NoKey, load_key
from gateway.application.boot import proved_ms
from gateway.application.ports import Journal
from gateway.config import GatewayConfig
from gateway.contract.facts import Instant
from gateway.technician.answer import USAGE, print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, config_or_complain
from gateway.technician.looking import now_for, trouble_text
from gateway.words import mark, say

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    from gateway.technician.backup_steps import Made, NoBackup

WHY = {
    "exists": mark("{path} is there already and is not written over. Give another name, or take it away."),
    "no-room-for-copy": mark(
        "The store must be copied first, and there is no room: {folder} needs {needed} MB free and has "
        "{free}. Free some room there."
    ),
    "no-room": mark(
        "There is no room for the backup: {folder} needs {needed} MB free and has {free}. Free some room, "
        "or use another stick."
    ),
    "not-writable": mark(
        "{path} can't be written or read: {why}. Is the stick plugged in, writable and not full? Else use sudo."
    ),
    "no-folder": mark("There is no folder {folder}. Plug in the stick and mount it, or make the folder."),
    "read-back-differs": mark(
        "What was read back from {path} is not what was written: that stick or card is failing. Use another one."
    ),
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say(
        "The whole gateway in one encrypted file: store, registry, configuration, keys. The daemon goes "
        "on meanwhile. Reading it takes the recovery key on paper."
    )
    parser = subparsers.add_parser(
        "backup", help=say("the whole gateway in one encrypted file"), description=what
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help=say("where to; never over a file that is there")
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help=say("a folder or a stick; the file is named by gateway and time"),
    )
    parser.add_argument(
        "--keep",
        type=_positive,
        metavar="N",
        help=say("with --to: keep the newest N backups of this gateway there"),
    )
    parser.add_argument(
        "--new-key",
        action="store_true",
        help=say("make a new recovery key and show it once; earlier backups keep theirs"),
    )
    parser.add_argument(
        "--key-to",
        type=Path,
        metavar="FILE",
        help=say("with --new-key: write the key into a file instead of showing it"),
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(say("must be 1 or more"))
    return number


def run(args: argparse.Namespace) -> int:
    """Back up; 0 when the file was read back, 1 when there is none, 2 when the question makes no sense."""
    if mistake := _mistake(args):
        print(mistake, file=sys.stderr)
        return USAGE
    config = config_or_complain(args.config)
    if config is None:
        return NOT_DONE
    signer = load_key(config.gateway.data / KEY_NAME)
    if isinstance(signer, NoKey):
        print(signer.message, file=sys.stderr)
        return NOT_DONE
    now = _now(config)
    if isinstance(now, CantLook):
        print(trouble_text(now), file=sys.stderr)
        return NOT_DONE
    recipient = _recipient(args, config, now)
    if recipient is None:
        return NOT_DONE
    if args.file is None and args.to is None:
        return 0
    from gateway.technician.backup_steps import Job, NoBackup, make_backup

    target = _target(args, config, now)
    job = Job(config, args.config, signer, recipient, version("cardroom"), now)
    made = make_backup(job, target)
    if isinstance(made, NoBackup):
        print(_why(made), file=sys.stderr)
        return NOT_DONE
    return _report(args, config, made, recipient)


def _mistake(args: argparse.Namespace) -> str:
    if args.key_to is not None and not args.new_key:
        return say("--key-to goes with --new-key.")
    if args.keep is not None and args.to is None:
        return say("--keep goes with --to.")
    if args.file is not None and args.to is not None:
        return say("Give a file or --to, not both.")
    if args.file is None and args.to is None and not args.new_key:
        return say("Say where to: a file, or --to and a folder. (`--new-key` makes a recovery key.)")
    return ""


def _now(config: GatewayConfig) -> Instant | CantLook:
    """The time, judged by what the store proves."""
    path = config.gateway.data / JOURNAL_NAME
    found = look_at(path, _dated)
    return found if isinstance(found, Instant) else look_at(path, _dated, beside_writer=True)


def _dated(journal: Journal) -> Instant:
    """A Pi that woke in the past dates its backup by the latest time that its store proves, so that the newest stays the newest."""
    now = now_for(journal)
    at_least_ms = max(now.wall_ms, proved_ms(journal) or 0)
    return now if now.trusted else Instant(now.boot, now.monotonic_ms, at_least_ms, trusted=False)


def _recipient(args: argparse.Namespace, config: GatewayConfig, now: Instant) -> "X25519PublicKey | None":
    from gateway.contract.recovery_key import NoKeyYet
    from gateway.technician import recovery_paper

    data, gateway = config.gateway.data, config.gateway.id
    try:
        found = recovery_paper.public_half(data)
        if args.key_to is not None:
            key = recovery_paper.make_into_file(data, gateway, now.wall_ms, args.key_to)
            print(
                say(
                    "The recovery key is in {path}. Take that file away from the Pi; without it no backup can be "
                    "read.",
                    path=args.key_to,
                ),
                file=sys.stderr,
            )
            return key
        if args.new_key or (found == NoKeyYet() and sys.stdin.isatty()):
            return recovery_paper.make_on_terminal(data, gateway, now.wall_ms)
    except FileExistsError:
        print(say(WHY["exists"], path=args.key_to), file=sys.stderr)
        return None
    except OSError as error:
        print(say(WHY["not-writable"], path=error.filename or data, why=error.strerror), file=sys.stderr)
        return None
    if isinstance(found, NoKeyYet):
        print(_no_key(found), file=sys.stderr)
        return None
    return found


def _no_key(found: object) -> str:
    if getattr(found, "damaged", False):
        return say(
            "The recovery key's public half (backup.pub) is damaged. Make a new key: sudo cardroom-gateway "
            "backup --new-key"
        )
    return say(
        "There is no recovery key yet, and it is shown to a person only. Once, on a terminal: sudo "
        "cardroom-gateway backup --new-key"
    )


def _target(args: argparse.Namespace, config: GatewayConfig, now: Instant) -> Path:
    folder = args.to or (args.file if args.file.is_dir() else None)
    if folder is None:
        return Path(args.file)
    local = datetime.fromtimestamp(now.wall_ms // 1000, UTC) + timedelta(
        minutes=config.clock.utc_offset_minutes
    )
    return Path(folder) / f"cardroom-{config.gateway.id}-{local:%Y%m%d-%H%M%S}.backup"


def _why(refusal: "NoBackup") -> str:
    return (
        trouble_text(refusal.look)
        if refusal.look is not None
        else say(WHY[refusal.why.value], **refusal.facts)
    )


def _report(
    args: argparse.Namespace, config: GatewayConfig, made: "Made", recipient: "X25519PublicKey"
) -> int:
    from gateway.contract.recovery_key import name_of
    from gateway.technician.backup_progress import size_text
    from gateway.technician.backup_steps import keep_newest

    removed = keep_newest(made.path.parent, config.gateway.id, args.keep, made.path) if args.keep else []
    facts, key = made.facts, name_of(recipient)
    if args.json:
        told = {
            "file": str(made.path), "bytes": made.bytes, "members": made.members, "key": key, "epoch": facts.epoch,
            "last_seq": facts.last_seq, "last_command": facts.last_command, "accounts": facts.accounts,
            "entries": facts.entries, "differing": list(facts.differing), "removed": [str(path) for path in removed],
        }  # fmt: skip
        print_json(told)
    else:
        print(
            say(
                "{path}: {size}, {members} files, read back and the same.",
                path=made.path,
                size=size_text(made.bytes),
                members=made.members,
            )
        )
        print(
            say(
                "In it: {accounts} accounts, {entries} ledger entries, epoch {epoch} up to row {seq}.",
                accounts=facts.accounts,
                entries=facts.entries,
                epoch=facts.epoch,
                seq=facts.last_seq,
            )
        )
        print(say("It can be read with the recovery key {key} on paper, and with nothing else.", key=key))
        for path in removed:
            print(say("Taken away, older: {path}", path=path))
    if facts.differing:
        print(
            say(
                "! The balances of these accounts are not the sums of their entries: {accounts}. They are in the "
                "backup as they are.",
                accounts=", ".join(facts.differing),
            ),
            file=sys.stderr,
        )
    return 0
