"""A person's lock-out of a relay, on site or from central: who, why, for which work order; both sides know it (R-4.3.4, C-16).

What it does to the relay is the domain's table: nothing closes it until its owner's release. Here it is told and remembered.
"""

import msgspec

from gateway.application.alarms import clear_alarm, note, raise_alarm
from gateway.application.drive_relay import lock_out, release_lock
from gateway.application.ports import Journal
from gateway.application.records import LockNote
from gateway.application.relay_state import LOCKED_OUT, TECHNICIAN, relay_of
from gateway.contract.commands import Opening
from gateway.contract.facts import Instant
from gateway.contract.identifiers import CommandId, MeterNo
from gateway.contract.meter_facts import LockOut

ENDED = "lock-out-ended"
"""The note of a technician's release."""


def _key(meter: MeterNo, owner: str) -> str:
    return f"{meter} {owner}"


def notes_of(journal: Journal, meter: MeterNo) -> list[LockNote]:
    """Give who locked a relay out, and why; one without a name is a lock-out from before notes were kept, or a closing's."""
    locks = relay_of(journal, meter).locks
    return [journal.record(LockNote, _key(meter, owner)) or LockNote(meter, owner) for owner in locks]


def begin_lock(
    journal: Journal, said: LockNote, now: Instant, line_now: Instant, command: CommandId | None = None
) -> bool:
    """Keep a relay open until `said.owner` releases it; say whether that changes what is desired. Said again it is nothing new."""
    meter, owner = said.meter, said.owner
    if owner == TECHNICIAN:
        raise_alarm(journal, LOCKED_OUT, meter, f"{said.by}: {said.why}", now)
    changed = lock_out(journal, meter, owner, line_now, command)
    if journal.record(LockNote, _key(meter, owner)) is None:
        said = msgspec.structs.replace(said, since=said.since or now)
        journal.keep(_key(meter, owner), said)
        journal.append_fact(_fact(said, now, command))
    return changed


def _fact(said: LockNote, now: Instant, command: CommandId | None = None) -> LockOut:
    return LockOut(said.meter, said.owner, True, said.since or now, said.by, said.why, said.ref, command)


def end_lock(
    journal: Journal, said: LockNote, now: Instant, line_now: Instant, command: CommandId | None = None
) -> bool:
    """Take back one owner's lock-out; say whether that changes what is desired. `said`: who ends it, and why."""
    meter, owner = said.meter, said.owner
    stood = owner in relay_of(journal, meter).locks
    if clear_alarm(journal, LOCKED_OUT, meter, now) if owner == TECHNICIAN else False:
        note(journal, ENDED, meter, f"{said.by}: {said.why}", now)
    changed = release_lock(journal, meter, owner, line_now, command)
    known = journal.record(LockNote, _key(meter, owner))
    journal.forget(LockNote, _key(meter, owner))
    if stood or known is not None:
        ref = said.ref or (known.ref if known else "")
        journal.append_fact(LockOut(meter, owner, False, now, said.by, said.why, ref, command))
    return changed


def hand_over_locks(journal: Journal, old: MeterNo, new: MeterNo, by: str, now: Instant) -> None:
    """A replaced meter's lock-outs hold on the new one's relay: tell both. Called while the old relay still has them."""
    for said in notes_of(journal, old):
        journal.forget(LockNote, _key(old, said.owner))
        journal.append_fact(LockOut(old, said.owner, False, now, by, f"replaced by {new}", said.ref))
        moved = msgspec.structs.replace(said, meter=new, since=said.since or now)
        journal.keep(_key(new, said.owner), moved)
        journal.append_fact(_fact(moved, now))


# --- across a new epoch


def say_locks(journal: Journal) -> None:
    """Report every lock-out that stands once more (C-11)."""
    for said in journal.records(LockNote).values():
        if said.since is not None:
            journal.append_fact(_fact(said, said.since))


def adopt_locks(journal: Journal, opening: Opening, now: Instant) -> None:
    """Take up the lock-outs that central knows and this store doesn't: its card was lost, or it went back in time (R-4.3.4).

    One that only the store has stands: releasing is a person's deed.
    """
    for told in opening.locks:
        if told.owner not in relay_of(journal, told.meter).locks:
            begin_lock(
                journal, LockNote(told.meter, told.owner, told.by, told.why, told.since, told.ref), now, now
            )
