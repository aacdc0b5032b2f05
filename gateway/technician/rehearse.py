"""`restore --rehearse`: what can be proved of a backup file without the paper, and what with it. It puts nothing back."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.adapters.backup_file.unpacking import unpack
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import CantLook, StoreFacts, inspect_store
from gateway.contract.backup_file.layout import Manifest
from gateway.contract.backup_file.reading import (
    Damaged,
    Envelope,
    OtherKey,
    check_chunks,
    key_for,
    read_envelope,
    read_manifest,
)
from gateway.contract.recovery_key import name_of, private_key_of
from gateway.technician.backup_parts import DATA
from gateway.technician.backup_progress import Progress
from gateway.technician.damage_words import damage_text
from gateway.technician.findings import Finding, Level
from gateway.technician.local_time import clock_text
from gateway.technician.looking import trouble_text
from gateway.technician.restore_steps import begin_new_life
from gateway.technician.spans import span_text
from gateway.words import say

OLD_AFTER_S = 8 * 86_400
"""A weekly backup that was missed once."""


@dataclass(frozen=True, slots=True)
class Known:
    """What this gateway knows by itself: its public key, its recovery key's public half, its time. None: there is none here."""

    signer: str | None
    recipient: X25519PublicKey | None
    now_ms: int
    is_time_trusted: bool
    utc_offset_minutes: int


def rehearse(path: Path, known: Known, seed: bytes | None) -> Iterator[Finding]:
    """Check one file as far as it can be, step by step; the first thing that is bad ends it."""
    try:
        with path.open("rb") as file:
            yield from _outside(file, path, known)
            if seed is not None:
                yield from _inside(file, path, seed, known)
            else:
                yield _without_paper()
    except Damaged as error:
        what, next_step = damage_text(error, path)
        yield Finding(
            "file",
            Level.BAD,
            error.damage.value,
            what,
            next_step=next_step,
            facts={"part": error.part, "at": error.at},
        )
    except OtherKey:
        yield Finding(
            "key",
            Level.BAD,
            "other-key",
            say("This recovery key is another backup's."),
            next_step=say("Find the paper whose name is the one above."),
        )
    except OSError as error:
        yield Finding(
            "file",
            Level.BAD,
            "unreadable",
            say("{path} can't be read or unpacked: {why}.", path=error.filename or path, why=error.strerror),
            next_step=say("Is the stick plugged in, and is there room in the temporary folder?"),
        )


def _outside(file: IO[bytes], path: Path, known: Known) -> Iterator[Finding]:
    envelope = read_envelope(file)
    head = envelope.head
    made = clock_text(head.made_ms, known.utc_offset_minutes)
    yield Finding(
        "file",
        Level.GOOD,
        "a-backup",
        say(
            "{path}: gateway {gateway}, made {when}, software {software}",
            path=path,
            gateway=head.gateway,
            when=made,
            software=head.software,
        ),
        facts={"gateway": head.gateway, "made_ms": head.made_ms},
    )
    with suppress(OSError):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    reading = Progress(say("reading the file"), sum(chunk.length for chunk in envelope.chunks))
    try:
        check_chunks(file, envelope, reading)
    finally:
        reading.end()
    yield Finding(
        "whole",
        Level.GOOD,
        "whole",
        say("Every one of its {count} parts is as it was written.", count=len(envelope.chunks)),
        facts={"chunks": len(envelope.chunks)},
    )
    yield _signer(envelope, known)
    yield _key(envelope, known)
    yield _age(envelope, known)


def _signer(envelope: Envelope, known: Known) -> Finding:
    facts = {"signer": envelope.signer}
    if known.signer is None:
        return Finding(
            "signature",
            Level.SKIPPED,
            "no-own-key",
            say("Whose signature it is can't be compared: this machine has no gateway's key."),
            facts=facts,
        )
    if known.signer == envelope.signer:
        return Finding(
            "signature", Level.GOOD, "own", say("It was signed by this very gateway."), facts=facts
        )
    return Finding(
        "signature",
        Level.ASK,
        "another",
        say("It was signed by another key than this gateway's."),
        say("It is another gateway's, or from before its key was replaced."),
        facts=facts,
    )


def _key(envelope: Envelope, known: Known) -> Finding:
    recipient = X25519PublicKey.from_public_bytes(bytes.fromhex(envelope.head.recipient))
    facts = {"key": name_of(recipient)}
    if known.recipient is None or name_of(known.recipient) == name_of(recipient):
        return Finding(
            "key",
            Level.GOOD,
            "paper",
            say(
                "It is read with the recovery key named {key}: see that the paper is where it should be.",
                key=name_of(recipient),
            ),
            facts=facts,
        )
    return Finding(
        "key",
        Level.ASK,
        "older-paper",
        say(
            "It is read with the recovery key named {key}, which was replaced since by {newer}: keep both papers.",
            key=name_of(recipient),
            newer=name_of(known.recipient),
        ),
        facts=facts,
    )


def _age(envelope: Envelope, known: Known) -> Finding:
    age_s = (known.now_ms - envelope.head.made_ms) // 1000
    facts = {"age_s": age_s}
    if not known.is_time_trusted:
        return Finding(
            "age",
            Level.SKIPPED,
            "clock-untrusted",
            say("Its age can't be told: the clock is not believed."),
            facts=facts,
        )
    if age_s > OLD_AFTER_S:
        return Finding(
            "age",
            Level.ASK,
            "old",
            say("It is {age} old.", age=span_text(age_s)),
            next_step=say("Make a new one: cardroom-gateway backup --to DIR"),
            facts=facts,
        )
    return Finding(
        "age", Level.GOOD, "fresh", say("It is {age} old.", age=span_text(max(0, age_s))), facts=facts
    )


def _without_paper() -> Finding:
    return Finding(
        "content", Level.SKIPPED, "no-key", say("What is inside was not opened: that takes the paper."),
        say("When it was written, its content was decrypted from the disk and found the same, and the store "
            "in it opened and added up."),
        say("Once a term: cardroom-gateway restore --rehearse FILE --ask-key"),
    )  # fmt: skip


def _inside(file: IO[bytes], path: Path, seed: bytes, known: Known) -> Iterator[Finding]:
    envelope = read_envelope(file)
    key = key_for(envelope, private_key_of(seed))
    manifest = read_manifest(file, envelope, key)
    with tempfile.TemporaryDirectory(prefix="cardroom-rehearsal-") as folder:
        staged = Path(folder)
        unpacking = Progress(say("unpacking"), sum(row.bytes for row in manifest.members))
        try:
            unpack(file, envelope, key, manifest, staged, unpacking)
        finally:
            unpacking.end()
        yield Finding(
            "content",
            Level.GOOD,
            "unpacked",
            say("All {count} files came out as they went in.", count=len(manifest.members)),
            facts={"members": len(manifest.members)},
        )
        found = inspect_store(staged / DATA / JOURNAL_NAME)
        if isinstance(found, CantLook):
            yield Finding("store", Level.BAD, found.trouble.value, trouble_text(found))
            return
        yield from _store(found, manifest, known)
        epoch = begin_new_life(staged)
        yield Finding(
            "epoch",
            Level.GOOD,
            "begins",
            say(
                "It would begin epoch {epoch}, so that nothing is sent, billed or credited twice.",
                epoch=epoch,
            ),
            facts={"epoch": epoch},
        )


def _store(found: StoreFacts, manifest: Manifest, known: Known) -> Iterator[Finding]:
    facts: dict[str, str | int] = {
        "epoch": found.epoch,
        "last_seq": found.last_seq,
        "last_command": found.last_command,
        "accounts": found.accounts,
        "entries": found.entries,
        "newest_ms": found.newest_ms,
    }
    newest = clock_text(found.newest_ms or None, known.utc_offset_minutes)
    what = say(
        "The store opens: {accounts} accounts, {entries} ledger entries, epoch {epoch} up to row {seq}, "
            "newest {when}",
        accounts=found.accounts, entries=found.entries, epoch=found.epoch, seq=found.last_seq, when=newest,
    )  # fmt: skip
    yield Finding("store", Level.GOOD, "opens", what, facts=facts)
    if found.differing:
        yield Finding(
            "books",
            Level.ASK,
            "differ",
            say(
                "These accounts' balances are not the sums of their entries: {accounts}.",
                accounts=", ".join(found.differing),
            ),
        )
    else:
        yield Finding("books", Level.GOOD, "add-up", say("Every balance is the sum of its entries."))
