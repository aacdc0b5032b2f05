"""What is remembered of a meter that is given another address: before it is sent, until it is known where the meter answers.

Knows no wire. A crash in between leaves the note: the meter is looked for at both addresses, and named while it is at neither.
"""

from gateway.application.alarms import clear_alarm, note, raise_alarm
from gateway.application.ports import Journal
from gateway.application.records import AddressChange
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo

ADDRESS_OPEN = "address-open"


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


def note_lost(journal: Journal, meter: MeterNo, now: Instant) -> None:
    """The meter answers at neither address: it may have taken the new one and be silent, or not."""
    change = journal.record(AddressChange, meter)
    if change is not None:
        detail = f"it was told to move from {change.old} to {change.new} and answers at neither; look at its wires and its display"
        raise_alarm(journal, ADDRESS_OPEN, meter, detail, now)
