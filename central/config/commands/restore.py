"""`restore`: put a backup back, all of it or nothing; `--rehearse` proves that it could."""

import os
import sys
from argparse import Namespace
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from django.db import DatabaseError
from django.utils.translation import gettext as _

from central import clock
from central.config import data_folder
from central.config.arguments import USAGE
from central.config.backup import putting_back
from central.config.backup.becoming import Become, NotBecome, become, forget_dumps, plain_environment
from central.config.backup.copy_folder import held_folder
from central.config.backup.databases import CopyFailed, databases
from central.config.backup.medium import backups_in
from central.config.backup.paper import ask_for_key
from central.config.backup.trial import Rehearsed, rehearse
from central.config.backup.unpacking import is_of_postgresql, unpack
from central.config.backup.words import alive_text, damage_text
from central.config.commands.set_up import pending_migrations
from central.link.backups import Outcome, note_run
from central.link.models import BackupRun
from central.link.restored_words import POINTS
from gateway.contract.backup_file.layout import FileKey, Manifest
from gateway.contract.backup_file.reading import (
    Damaged,
    Envelope,
    OtherKey,
    check_chunks,
    key_for,
    read_envelope,
    read_manifest,
)
from gateway.contract.commands import CENTRAL
from gateway.contract.recovery_key import name_of, private_key_of


def restore(options: Namespace) -> int:
    """Put back or rehearse; 0 done or proved, 1 not, 2 when the question makes no sense."""
    path = _file(Path(options.file))
    if path is None:
        said = _(
            "There is no backup of central in {folder}. Is the medium mounted? Make one: cardroom-central backup FOLDER"
        )
        print(said.format(folder=options.file), file=sys.stderr)
        return USAGE
    try:
        return _rehearse(path, options) if options.rehearse else _Restoring(path, options).run()
    except OtherKey as error:
        print(error, file=sys.stderr)
    except Damaged as error:
        print(_("Nothing was put back."), damage_text(error, path), file=sys.stderr)
    except (NotBecome, CopyFailed) as error:
        said = _("It did not become a central: {why}").format(why=error)
        print(_("Nothing was put back."), said, file=sys.stderr)
    return 1


def _file(path: Path) -> Path | None:
    """A folder means its newest backup."""
    return next((found for found, _head in backups_in(path)), None) if path.is_dir() else path


def _rehearse(path: Path, options: Namespace) -> int:
    key = None
    if options.ask_key or options.key_file:
        key = _private_key(options)
        if key is None:
            return 1
    started_ms = clock.real_now_ms()
    found = rehearse(path, None if key is None else lambda envelope: _key_for(envelope, key))
    print("\n".join(found.lines))
    if key is not None:
        _note(path, found, started_ms)
    return 0 if found.good else 1


def _note(path: Path, found: Rehearsed, started_ms: int) -> None:
    """Keep on record, where this is the central itself, that the paper opened a backup or what was in the way; else only said."""
    with suppress(DatabaseError):
        if not (data_folder.folder() / data_folder.SIGNING_KEY_FILE).exists() or pending_migrations():
            return
        outcome = Outcome(found.good, str(path.absolute()), path.stat().st_size, detail=found.summary)
        note_run(BackupRun.Kind.REHEARSAL, outcome, clock.now_ms(), clock.real_now_ms() - started_ms)


def _private_key(options: Namespace) -> X25519PrivateKey | None:
    seed = ask_for_key(Path(options.key_file) if options.key_file else None)
    return None if seed is None else private_key_of(seed)


def _key_for(envelope: Envelope, key: X25519PrivateKey) -> FileKey:
    """Raises OtherKey with a sentence that names both papers."""
    try:
        return key_for(envelope, key)
    except OtherKey:
        wanted = name_of(X25519PublicKey.from_public_bytes(bytes.fromhex(envelope.head.recipient)))
        said = _(
            "That is a recovery key, but not this backup's: yours is named {typed}, this one needs {wanted}. "
            "Find the paper with that name."
        )
        raise OtherKey(said.format(typed=name_of(key.public_key()), wanted=wanted)) from None


@dataclass(frozen=True, slots=True)
class _Restoring:
    path: Path
    options: Namespace

    @property
    def target(self) -> Path:
        return Path(self.options.to).absolute() if self.options.to else data_folder.folder()

    def run(self) -> int:
        """Whole first, then the key, then what is there: a damaged file is not blamed on the paper."""
        with ExitStack() as endings:
            file = endings.enter_context(self.path.open("rb"))
            envelope = read_envelope(file)
            check_chunks(file, envelope)
            if envelope.head.gateway != CENTRAL:
                said = _(
                    "{path} is a backup of gateway {gateway}: put it back there, with cardroom-gateway restore."
                )
                return self._refused(said.format(path=self.path, gateway=envelope.head.gateway))
            key = _private_key(self.options)
            if key is None:
                return 1
            opened = _key_for(envelope, key)
            manifest = read_manifest(file, envelope, opened)
            refusal = self._why_not(manifest)
            if refusal:
                return self._refused(refusal)
            self.target.mkdir(mode=0o750, parents=True, exist_ok=True)
            folder = endings.enter_context(held_folder(self.target, putting_back.PREFIX))
            return self._put_back(file, envelope, opened, manifest, folder)

    def _refused(self, said: str) -> int:
        print(_("Nothing was put back."), said, file=sys.stderr)
        return 1

    def _why_not(self, manifest: Manifest) -> str:
        """Say why nothing may be put there now."""
        into_postgresql = any(one.path is None for one in databases())
        if is_of_postgresql(manifest) != into_postgresql:
            return (
                _("The books in it are PostgreSQL's: set DATABASE_URL to an empty database.")
                if is_of_postgresql(manifest)
                else _(
                    "The books in it are SQLite's: take DATABASE_URL away, and move to PostgreSQL afterwards."
                )
            )
        alive = putting_back.living_in(self.target) + putting_back.held_databases()
        if alive:
            return alive_text(alive)
        is_there = (self.target / data_folder.SIGNING_KEY_FILE).exists() or any(
            putting_back.has_tables(one) for one in databases()
        )
        if is_there and not self.options.replace:
            return _(
                "There is a central in {folder} already. To put the backup in its place: --replace. What is there is kept aside."
            ).format(folder=self.target)
        return ""

    def _put_back(
        self, file: IO[bytes], envelope: Envelope, key: FileKey, manifest: Manifest, staged: Path
    ) -> int:
        age = (clock.now_ms() - manifest.made_ms) // 60_000
        said = _("Backup of {when}, {hours} h {minutes} min old, software {software}.")
        when = clock.minute_text(manifest.made_ms)
        print(
            said.format(when=when, hours=age // 60, minutes=age % 60, software=manifest.software),
            file=sys.stderr,
        )
        unpack(file, envelope, key, manifest, staged)
        if not self._agreed():
            return self._refused(_("It was not agreed to."))
        stamp = f"{clock.local(clock.now_ms()):%Y%m%d_%H%M%S}"
        environment = dict(os.environ) if is_of_postgresql(manifest) else plain_environment()
        if is_of_postgresql(manifest):
            putting_back.fill_databases(staged, stamp)
        try:
            became = become(staged, manifest, environment)
        except NotBecome:
            if is_of_postgresql(manifest):
                putting_back.empty_databases([one for one in databases() if one.path is None], stamp)
            raise
        forget_dumps(staged)
        kept = putting_back.exchange(staged, self.target, stamp)
        self._report(became, kept)
        return 0 if became.proved and not became.missing else 1

    def _agreed(self) -> bool:
        """A dangerous act is agreed to by a name, not by a yes."""
        sys.stderr.write(
            _("Type {name} to put it back into {folder}: ").format(name=CENTRAL, folder=self.target)
        )
        sys.stderr.flush()
        return sys.stdin.readline().strip() == CENTRAL

    def _report(self, became: Become, kept: Path | None) -> None:
        print(
            _("Put back into {folder}. verify: {said}").format(folder=self.target, said=" ".join(became.said))
        )
        if became.missing:
            print(
                "! " + _("It has less than the backup said: {names}.").format(names=", ".join(became.missing))
            )
        if kept is not None:
            print(_("What was there is in {kept}. Delete it when the campus runs well.").format(kept=kept))
        print(
            _(
                "Receipts go on at number {number}, shifts, approvals, labels and whatever else is numbered above theirs: "
                "what was printed or told since the backup keeps its own."
            ).format(number=became.first_receipt)
        )
        print(
            _(
                "Each gateway is asked for its last command and its rows; nothing else is sent to it before it answers."
            )
        )
        print(_("To do, by people (page “Restored from a backup”, or cardroom-central restored):"))
        for words in POINTS.values():
            print(f"  ☐ {words.title}\n      {words.how}")
        print(_("Next: sudo systemctl start cardroom-central cardroom-ingest cardroom-notices"))
