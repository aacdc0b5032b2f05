"""`backup`: the whole central in one encrypted file, proved by reading it back, while the desk sells (C-11, R-B6)."""

import sys
from argparse import Namespace
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from django.utils.translation import gettext as _

from central import clock
from central.config import data_folder
from central.config.arguments import USAGE
from central.config.backup import paper
from central.config.backup.counted import counted
from central.config.backup.making import Job, Made, NoBackup, Why, make_backup
from central.config.backup.medium import SUFFIX, keep_newest
from central.config.backup.trial import rehearse_made
from central.config.backup.words import refusal_text
from central.config.commands.running import is_ready
from central.link.backups import Outcome, note_run
from central.link.models import BackupRun
from central.link.signing import signer
from central.reports.health.page import size
from gateway.contract.recovery_key import NoKeyYet, name_of


def backup(options: Namespace) -> int:
    """Back up; 0 when the file was read back, 1 when there is none, 2 when the question makes no sense."""
    if not is_ready():
        return USAGE
    mistake = _mistake(options)
    if mistake:
        print(mistake, file=sys.stderr)
        return USAGE
    recipient = _recipient(options)
    if recipient is None:
        return 1
    if options.target is None:
        return 0
    started_ms, now_ms = clock.real_now_ms(), clock.now_ms()
    target = _target(Path(options.target).absolute(), now_ms)  # on record, it must mean the same elsewhere
    job = _job(options, recipient, now_ms)
    is_there = options.keep is None or target.parent == Path(options.target).absolute()
    made = make_backup(job, target) if is_there else NoBackup(Why.NO_FOLDER, {"folder": target})
    took_ms = clock.real_now_ms() - started_ms
    if isinstance(made, NoBackup):
        return _failed(refusal_text(made), target, now_ms, took_ms)
    detail = ", ".join(f"{name} {count}" for name, count in job.facts.items())
    outcome = Outcome(True, str(target), made.bytes, options.telemetry, detail)
    note_run(BackupRun.Kind.BACKUP, outcome, now_ms, took_ms)
    _report(options, made, recipient)
    code = _rehearse(made, now_ms) if options.rehearse else 0
    if options.keep and code == 0:  # what can't be put back takes no older one's place
        for path in keep_newest(made.path.parent, options.keep, made.path):
            print(_("Taken away, older: {path}").format(path=path))
    return code


def _failed(said: str, target: Path, now_ms: int, took_ms: int = 0) -> int:
    """Say what was in the way, and keep it: whoever must mend it is told, also of what a timer began at night."""
    note_run(BackupRun.Kind.BACKUP, Outcome(False, str(target), detail=said), now_ms, took_ms)
    print(said, file=sys.stderr)
    return 1


def _mistake(options: Namespace) -> str:
    if options.key_to and not options.new_key:
        return _("--key-to goes with --new-key.")
    if options.target is None and (options.keep or options.rehearse):
        return _("Say where to: a file or a folder.")
    if options.keep is not None and (options.keep < 1 or Path(options.target).is_file()):
        return _("--keep goes with a folder, and keeps 1 or more.")
    if options.target is None and not options.new_key:
        return _("Say where to: a file or a folder. (--new-key makes a recovery key.)")
    return ""


def _recipient(options: Namespace) -> X25519PublicKey | None:
    data, now_ms = data_folder.folder(), clock.now_ms()
    found = paper.public_half(data)
    if options.key_to:
        try:
            key = paper.make_into_file(data, now_ms, Path(options.key_to))
        except FileExistsError:
            print(
                _("{path} is there already and is not written over.").format(path=options.key_to),
                file=sys.stderr,
            )
            return None
        said = _(
            "The recovery key is in {path}. Take that file away from the server; without it no backup can be read."
        )
        print(said.format(path=options.key_to), file=sys.stderr)
        return key
    if options.new_key or (found == NoKeyYet() and sys.stdin.isatty()):
        return paper.make_on_terminal(data, now_ms)
    if isinstance(found, NoKeyYet):
        if found.damaged and options.target is not None:
            _failed(_no_key(found), Path(options.target).absolute(), now_ms)
        else:
            print(_no_key(found), file=sys.stderr)
        return None
    return found


def _no_key(found: NoKeyYet) -> str:
    if found.damaged:
        return _(
            "The recovery key's public half (backup.pub) is damaged. Make a new key: cardroom-central backup --new-key"
        )
    return _(
        "There is no recovery key yet, and it is shown to a person only. Once, on a terminal: cardroom-central backup --new-key"
    )


def _job(options: Namespace, recipient: X25519PublicKey, now_ms: int) -> Job:
    return Job(
        data=data_folder.folder(),
        recipient=recipient,
        signer=signer(),
        software=version("cardroom"),
        now_ms=now_ms,
        facts=counted(),
        with_telemetry=options.telemetry,
    )


def _target(path: Path, now_ms: int) -> Path:
    return path / f"cardroom-central-{clock.local(now_ms):%Y%m%d-%H%M%S}{SUFFIX}" if path.is_dir() else path


def _report(options: Namespace, made: Made, recipient: X25519PublicKey) -> None:
    said = _("{path}: {size}, {count} files, read back and the same.")
    print(said.format(path=made.path, size=size(made.bytes), count=len(made.manifest.members)))
    said = _("In it: {receipts} receipts, {transfers} transfers, {gateways} gateways.")
    print(said.format(**made.manifest.facts))
    if not options.telemetry:
        print(_("Telemetry is not in it: readings, histories and charts would begin anew."))
    print(
        _("It can be read with the recovery key {key} on paper, and with nothing else.").format(
            key=name_of(recipient)
        )
    )


def _rehearse(made: Made, now_ms: int) -> int:
    """Restore what was just written, into a folder that goes again: the file's own key still lives, no paper is needed."""
    started_ms = clock.real_now_ms()
    rehearsed = rehearse_made(made)
    print("\n".join(rehearsed.lines))
    outcome = Outcome(rehearsed.good, str(made.path), made.bytes, detail=rehearsed.summary)
    note_run(BackupRun.Kind.REHEARSAL, outcome, now_ms, clock.real_now_ms() - started_ms)
    return 0 if rehearsed.good else 1
