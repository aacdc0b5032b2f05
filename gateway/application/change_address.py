"""What is remembered of a meter that is given another address: before it is sent, until it is known where the meter answers.

Knows no wire. A crash in between leaves the note: the meter is looked for at both addresses, and named while it is at neither.
"""

from gateway.application.alarms import clear_alarm, note, raise_alarm
from gateway.application.ports import Journal
from gateway.application.records import AddressChange
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.domain.instants import elapsed_ms
from gateway.domain.reading import MeterState

ADDRESS_OPEN = "address-open"
BELIEVED_MS = 5 * 60_000
"""How long after the order whoever answers at the new address is taken for the meter, where no identity tells."""


def begin_change(journal: Journal, meter: MeterNo, change: AddressChange) -> None:
    """Remember a change that is about to be sent."""
    journal.keep(meter, change)
    journal.must_commit()


def open_changes(journal: Journal) -> dict[MeterNo, AddressChange]:
    """Give the changes whose end is not known."""
    return {MeterNo(meter): change for meter, change in journal.records(AddressChange).items()}


def end_change(journal: Journal, meter: MeterNo, at: str, now: Instant) -> None:
    """The meter answers at this address: tell central of a change that was done."""
    change = journal.record(AddressChange, meter)
    if change is None:
        return
    journal.forget(AddressChange, meter)
    clear_alarm(journal, ADDRESS_OPEN, meter, now)
    if at == change.new:
        note(
            journal,
            "address-changed",
            meter,
            f"{change.by}: from {change.old} to {change.new}: {change.why}",
            now,
        )
    journal.must_commit()


def is_the_meter(
    journal: Journal, meter: MeterNo, change: AddressChange, identity: str | None, now: Instant
) -> bool:
    """Say whether what answers at the new address is the meter: by its identity, or else by how soon after the order it does."""
    known = journal.record(MeterState, meter)
    if known is not None and known.identity is not None and identity is not None:
        return identity == known.identity
    passed_ms = None if change.at is None else elapsed_ms(change.at, now)
    return passed_ms is not None and passed_ms <= BELIEVED_MS


def note_lost(journal: Journal, meter: MeterNo, now: Instant, *, stranger: bool = False) -> None:
    """The meter answers at neither address: it may have taken the new one and be silent, or not. `stranger`: somebody is there."""
    change = journal.record(AddressChange, meter)
    if change is None:
        return
    told = f"it was told to move from {change.old} to {change.new}"
    detail = f"{told} and answers at neither; look at its wires and its display"
    if stranger:
        detail = (
            f"{told}; a meter answers there, but nothing proves that it is this one: look at its display, and if it is, "
            f"enter it: cardroom-gateway meters readdress {meter} {change.new}"
        )
    raise_alarm(journal, ADDRESS_OPEN, meter, detail, now)
