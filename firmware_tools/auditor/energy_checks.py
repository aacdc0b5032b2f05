"""Is every watt-hour billed once: the chain of register intervals, and the meters' true energy beside its sum.

A meter's consumption entries must form one chain: each begins at the register where the one before ended. What the chain has
billed, and what is still to be billed, must be what flowed. The register shows hundredths of a kWh and wraps after 999999.99.
"""

from collections import defaultdict
from collections.abc import Iterator

from firmware_tools.auditor.evidence import Entry, Evidence, Install, Journal, Reading
from firmware_tools.auditor.findings import Figure, Finding

REGISTER_WRAP_WH = 1_000_000_000
ACCEPTED = {"first", "advanced", "unchanged", "rollover"}


def check_energy(evidence: Evidence) -> Iterator[Finding]:
    """Judge every meter of every gateway."""
    installs: defaultdict[str, list[Install]] = defaultdict(list)
    for install in evidence.installs:
        installs[install.meter].append(install)
    readings: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in evidence.books.readings:
        if reading.outcome in ACCEPTED:
            readings[reading.meter].append(reading)
    for journal in evidence.journals:
        billed = _consumption(journal)
        yield from _check_swaps(journal, billed)
        for meter, entries in billed.items():
            begins = _begins(journal, meter)
            yield from _check_chain(entries, begins)
            yield from _check_beginning(entries, readings[meter])
            yield from _check_end(journal, meter, entries, begins)
            if meter in installs and not any(entry.register_from_wh in begins for entry in entries[1:]):
                yield from _check_truth(meter, entries, installs[meter])


def _consumption(journal: Journal) -> dict[str, list[Entry]]:
    by_meter: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in journal.entries:
        if entry.kind == "consumption" and entry.meter is not None:
            by_meter[entry.meter].append(entry)
    return by_meter


def _begins(journal: Journal, meter: str) -> set[int]:
    """Give the registers at which a person put this meter in, or said that it is good again: a chain may begin anew there."""
    swapped = {swap.first_wh for swap in journal.swaps if swap.new_meter == meter}
    return swapped | {control.first_wh for control in journal.controls if control.meter == meter}


def _check_swaps(journal: Journal, billed: dict[str, list[Entry]]) -> Iterator[Finding]:
    """A replaced meter's last register must be where its bill ended: between the two, energy would be nobody's or two people's."""
    for swap in journal.swaps:
        ends = {entry.register_to_wh for entry in billed.get(swap.old_meter, [])}
        if swap.account is None or not ends or swap.last_wh in ends | _begins(journal, swap.old_meter):
            continue
        detail = f"meter {swap.old_meter} was replaced at {swap.last_wh} Wh, where none of its bills ends"
        yield Finding(Figure.REGISTERS_APART, swap.swap, detail)


def _check_chain(entries: list[Entry], begins: set[int]) -> Iterator[Finding]:
    """An end that is not stated (a price edge before the register wrapped) follows from the energy."""
    previous_wh: int | None = None
    for entry in entries:
        start_wh, end_wh = entry.register_from_wh, entry.register_to_wh
        start_wh = previous_wh if start_wh is None else start_wh
        if start_wh is None:
            yield Finding(
                Figure.REGISTERS_APART, entry.entry, "consumption without the register that it begins at"
            )
            continue
        end_wh = (start_wh + entry.energy_wh) % REGISTER_WRAP_WH if end_wh is None else end_wh
        if (end_wh - start_wh) % REGISTER_WRAP_WH != entry.energy_wh:
            yield Finding(
                Figure.REGISTERS_APART,
                entry.entry,
                f"{entry.energy_wh} Wh billed from {start_wh} to {end_wh} Wh on meter {entry.meter}",
            )
        if previous_wh is not None and start_wh != previous_wh and start_wh not in begins:
            yield _break_in_chain(entry, previous_wh, start_wh)
        previous_wh = end_wh


def _break_in_chain(entry: Entry, previous_wh: int, start_wh: int) -> Finding:
    """A start before the last end bills a stretch again; a start after it skips one. The shorter way round the wheel decides."""
    step_wh = (start_wh - previous_wh) % REGISTER_WRAP_WH
    skipped = step_wh < REGISTER_WRAP_WH // 2
    figure = Figure.ENERGY_UNBILLED if skipped else Figure.ENERGY_TWICE
    amount_wh = step_wh if skipped else REGISTER_WRAP_WH - step_wh
    return Finding(
        figure, entry.entry, f"meter {entry.meter}: {amount_wh} Wh between {previous_wh} and {start_wh} Wh"
    )


def _check_end(journal: Journal, meter: str, entries: list[Entry], begins: set[int]) -> Iterator[Finding]:
    """The store's own note of what is billed must be the end of the chain, or where it begins anew."""
    end_wh, settled_wh = entries[-1].register_to_wh, journal.settled_wh.get(meter)
    if settled_wh is not None and end_wh is not None and settled_wh not in begins | {end_wh}:
        yield Finding(
            Figure.REGISTERS_APART,
            meter,
            f"{journal.gateway} notes {settled_wh} Wh as billed, its last entry {entries[-1].entry} ends at {end_wh} Wh",
        )


def _check_beginning(entries: list[Entry], readings: list[Reading]) -> Iterator[Finding]:
    """The register at which billing begins must fit what was read around that instant.

    Later than that gives energy away, earlier invents it. What flowed before a room was given to an account is nobody's bill.
    """
    first_wh, from_ms = entries[0].register_from_wh, entries[0].from_ms
    if first_wh is None or from_ms is None:
        return
    before = [reading.register_wh for reading in readings if reading.wall_ms <= from_ms]
    after = [reading.register_wh for reading in readings if reading.wall_ms >= from_ms]
    if after and first_wh > after[0]:
        detail = f"meter {entries[0].meter}: read {after[0]} Wh when billing began, billed from {first_wh} Wh"
        yield Finding(Figure.ENERGY_UNBILLED, entries[0].entry, detail)
    elif before and first_wh < before[-1]:
        detail = (
            f"meter {entries[0].meter}: read {before[-1]} Wh before billing began, billed from {first_wh} Wh"
        )
        yield Finding(Figure.ENERGY_TWICE, entries[0].entry, detail)


def _check_truth(meter: str, entries: list[Entry], installs: list[Install]) -> Iterator[Finding]:
    """Before the first bill + billed + still to bill = true energy, within one step of the register.

    A meter whose hardware was changed, or that was sampled before its last bill (the campus still runs), is not judged here.
    """
    first_wh, end_wh, truth = entries[0].register_from_wh, entries[-1].register_to_wh, installs[-1]
    if len(installs) > 1 or first_wh is None or end_wh is None or truth.sampled_ms < entries[-1].wall_ms:
        return
    billed_wh = sum(entry.energy_wh for entry in entries)
    before_wh = (first_wh - truth.register_start_wh) % REGISTER_WRAP_WH
    pending_wh = (truth.register_wh - end_wh) % REGISTER_WRAP_WH
    if pending_wh > REGISTER_WRAP_WH // 2:
        detail = f"billed up to {end_wh} Wh, but the meter has only reached {truth.register_wh} Wh"
        yield Finding(Figure.ENERGY_UNTRUE, meter, detail)
        return
    difference_wh = before_wh + billed_wh + pending_wh - truth.true_wh
    if abs(difference_wh) > truth.step_wh:
        yield Finding(
            Figure.ENERGY_UNTRUE,
            meter,
            f"{before_wh} Wh before the first bill + {billed_wh} billed + {pending_wh} to bill is {difference_wh:+d} Wh "
            f"from the {truth.true_wh} Wh that flowed",
        )
