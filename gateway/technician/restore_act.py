"""Putting a backup back: show, ask, unpack beside, prove, exchange. Until the exchange nothing that is there is touched."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from gateway.adapters.backup_file.unpacking import unpack
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.opening import lock_file
from gateway.adapters.journal_store.snapshot import CantLook, StoreFacts, inspect_store
from gateway.application.ports import StoreInUse
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
from gateway.contract.envelope import KEY_ID
from gateway.contract.recovery_key import name_of, private_key_of
from gateway.technician.answer import print_json
from gateway.technician.backup_parts import DATA
from gateway.technician.backup_progress import Progress, size_text
from gateway.technician.daemon import NOT_DONE
from gateway.technician.damage_words import damage_text
from gateway.technician.local_time import clock_text
from gateway.technician.looking import trouble_text
from gateway.technician.recovery_paper import ask_for_key
from gateway.technician.restore_knows import Here, known_here
from gateway.technician.restore_steps import PutBack, begin_new_life, put_back
from gateway.technician.spans import span_text
from gateway.words import say

UNPACKED = ".restoring-"


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup that the paper opens."""

    file: IO[bytes]
    envelope: Envelope
    key: FileKey
    manifest: Manifest


def restore(path: Path, config: Path, data: Path | None, key_file: Path | None, *, as_json: bool) -> int:
    """Put a backup back; give the exit code. Raises OSError before anything was exchanged."""
    here = known_here(config)
    try:
        with ExitStack() as endings:
            file = endings.enter_context(path.open("rb"))
            meant = data or here.data
            _keep_daemon_away(meant, endings)
            opened = _open(file, key_file, here)
            if opened is None:
                return NOT_DONE
            target = meant or Path(opened.manifest.data)
            if meant is None:
                _keep_daemon_away(target, endings)
            return _put_back(path, opened, target, config, here, as_json=as_json)
    except Damaged as error:
        print("\n".join((*damage_text(error, path), say("Nothing was put back."))), file=sys.stderr)
    except StoreInUse:
        print(
            say("The daemon runs. Stop it first, then restore: sudo systemctl stop cardroom-gateway"),
            file=sys.stderr,
        )
    return NOT_DONE


def _keep_daemon_away(data: Path | None, endings: ExitStack) -> None:
    """Hold the store's lock until all is done. Raises StoreInUse while a daemon has it."""
    if data is not None and data.is_dir():
        endings.enter_context(lock_file(data / JOURNAL_NAME))


def _open(file: IO[bytes], key_file: Path | None, here: Here) -> Opened | None:
    """Whole first, then the key: a damaged file is not blamed on the paper."""
    envelope = read_envelope(file)
    reading = Progress(say("reading the file"), sum(chunk.length for chunk in envelope.chunks))
    try:
        check_chunks(file, envelope, reading)
    finally:
        reading.end()
    head = envelope.head
    print(
        say(
            "Backup of gateway {gateway}, made {when}, software {software}",
            gateway=head.gateway,
            when=clock_text(head.made_ms, here.known.utc_offset_minutes),
            software=head.software,
        ),
        file=sys.stderr,
    )
    seed = ask_for_key(key_file)
    if seed is None:
        return None
    private_key = private_key_of(seed)
    try:
        key = key_for(envelope, private_key)
    except OtherKey:
        print(_other_key(envelope, name_of(private_key.public_key())), file=sys.stderr)
        return None
    return Opened(file, envelope, key, read_manifest(file, envelope, key))


def _other_key(envelope: Envelope, typed: str) -> str:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    wanted = name_of(X25519PublicKey.from_public_bytes(bytes.fromhex(envelope.head.recipient)))
    return say(
        "That is a recovery key, but not this backup's: yours is named {typed}, this one needs {wanted}. "
        "Find the paper with that name.",
        typed=typed,
        wanted=wanted,
    )


def _put_back(path: Path, opened: Opened, data: Path, config: Path, here: Here, *, as_json: bool) -> int:
    manifest = opened.manifest
    with tempfile.TemporaryDirectory(prefix=UNPACKED, dir=_beside(data)) as folder:
        staged = Path(folder)
        unpacking = Progress(say("unpacking"), sum(row.bytes for row in manifest.members))
        try:
            unpack(opened.file, opened.envelope, opened.key, manifest, staged, unpacking)
        finally:
            unpacking.end()
        facts = inspect_store(staged / DATA / JOURNAL_NAME)
        if isinstance(facts, CantLook):
            print(trouble_text(facts), file=sys.stderr)
            return NOT_DONE
        left = [path for path in staged.parent.glob(f"{UNPACKED}*") if path != staged]
        print("\n".join((*_shown(opened, facts, data, here), *_left_over(left))), file=sys.stderr)
        if not _agreed(manifest.gateway):
            print(say("Nothing was put back."), file=sys.stderr)
            return NOT_DONE
        stamp = f"{datetime.fromtimestamp(here.known.now_ms // 1000, UTC):%Y%m%d-%H%M%S}"
        done = put_back(staged, manifest, data, config, stamp, begin_new_life(staged))
    _report(path, done, data, config, manifest, as_json=as_json)
    return 0


def _left_over(folders: list[Path]) -> Iterator[str]:
    for folder in folders:
        yield say(
            "! A restore was ended before its time. {folder} is an unpacked backup, or what was there before it; "
            "nobody takes it away but you.",
            folder=folder,
        )


def _beside(data: Path) -> Path:
    """The folder's own neighbour, so that both can be exchanged; the folder itself where that can't be written."""
    data.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=data.parent):
            return data.parent
    except OSError:
        return data


def _shown(opened: Opened, facts: StoreFacts, data: Path, here: Here) -> Iterator[str]:
    """What is in it, how old it is, and what is there now."""
    manifest = opened.manifest
    offset, age_s = here.known.utc_offset_minutes, (here.known.now_ms - manifest.made_ms) // 1000
    yield say("It is {age} old.", age=span_text(max(0, age_s)))
    yield say(
        "In it: {accounts} accounts, {entries} ledger entries, epoch {epoch} up to row {seq}.",
        accounts=facts.accounts,
        entries=facts.entries,
        epoch=facts.epoch,
        seq=facts.last_seq,
    )
    yield from (f"  {row.name}  {size_text(row.bytes)}" for row in manifest.members)
    if facts.differing:
        yield say(
            "! The balances of these accounts are not the sums of their entries: {accounts}. They are in the "
            "backup as they are.",
            accounts=", ".join(facts.differing),
        )
    if here.gateway and here.gateway != manifest.gateway:
        yield say(
            "! This machine is gateway {here}; the backup is gateway {gateway}'s.",
            here=here.gateway,
            gateway=manifest.gateway,
        )
    yield from _signer(opened.envelope.signer, here)
    there = inspect_store(data / JOURNAL_NAME) if (data / JOURNAL_NAME).exists() else None
    if isinstance(there, StoreFacts):
        yield say(
            "There is a store in {folder} now: epoch {epoch} up to row {seq}, newest {when}. It will be kept "
            "aside.",
            folder=data,
            epoch=there.epoch,
            seq=there.last_seq,
            when=clock_text(there.newest_ms or None, offset),
        )
    elif there is not None:
        yield say("The store that is in {folder} now can't be read. It will be kept aside.", folder=data)
    yield say(
        "What happened since the backup comes from central and from the meters' registers; what only the "
        "lost store knew, such as a lock-out that central never heard of, must be done again."
    )


def _signer(signer: str, here: Here) -> Iterator[str]:
    """Whose it is: anybody who saw one backup can make one for the same paper."""
    if here.known.signer is None:
        yield say(
            "! Whose it is can't be told here: it was signed by key {key}. Compare that with the key on central's page of this "
            "gateway; where it differs, put nothing back.",
            key=signer[:KEY_ID],
        )
    elif here.known.signer != signer:
        yield say(
            "! This machine has another key than the backup: if central was given the new one, enrol the "
            "gateway again afterwards."
        )


def _agreed(gateway: str) -> bool:
    """A dangerous act is agreed to by a name, not by a yes."""
    sys.stderr.write(say("Type the gateway's name ({gateway}) to put it back: ", gateway=gateway))
    sys.stderr.flush()
    return sys.stdin.readline().strip() == gateway


def _report(
    path: Path, done: PutBack, data: Path, config: Path, manifest: Manifest, *, as_json: bool
) -> None:
    if as_json:
        told = {
            "file": str(path), "data": str(data), "config": str(config), "epoch": done.epoch, "members": len(manifest.members),
            "kept": None if done.kept is None else str(done.kept), "by_hand": [[str(at), str(place)] for at, place in done.by_hand],
        }  # fmt: skip
        print_json(told)
        return
    print(say("Put back into {folder}; the store begins epoch {epoch}.", folder=data, epoch=done.epoch))
    if done.kept is not None:
        print(say("What was there is in {kept}. Delete it when the building runs well.", kept=done.kept))
    if str(data) != manifest.data:
        print(
            say(
                "! The configuration names the folder {named}: correct `data` in {config}.",
                named=manifest.data,
                config=config,
            )
        )
    for at, place in done.by_hand:
        print(say("! Put {at} back to {place}: it is outside the gateway's own folders.", at=at, place=place))
    print(
        say(
            "next: {next_step}",
            next_step=say(
                "sudo systemctl start cardroom-gateway; then `cardroom-gateway outbox`: central must open the new "
                "epoch before it takes commands and payments."
            ),
        )
    )
