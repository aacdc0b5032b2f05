"""Is every watt-hour billed once: the chain of register intervals, and the meters' true energy beside its sum.

A meter's consumption entries must form one chain: each begins at the register where the one before ended. What the chain has
billed, and what is still to be billed, must be what flowed. The register shows hundredths of a kWh and wraps after 999999.99.
"""

from collections import defaultdict
from collections.abc import Iterator

from firmware_tools.auditor.evidence import Entry, Evidence, Install, Journal
from firmware_tools.auditor.findings import Figure, Finding

REGISTER_WRAP_WH = 1_000_000_000
REGISTER_STEP_WH = 10


def check_energy(evidence: Evidence) -> Iterator[Finding]:
    """Judge every meter of every gateway."""
    installs = _by_meter(evidence.installs)
    for journal in evidence.journals:
        for meter, entries in _consumption(journal).items():
            yield from _check_chain(entries)
            yield from _check_end(journal, meter, entries)
            if meter in installs:
                yield from _check_truth(journal, meter, entries, installs[meter])


def _consumption(journal: Journal) -> dict[str, list[Entry]]:
    by_meter: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in journal.entries:
        if entry.kind == "consumption" and entry.meter is not None:
            by_meter[entry.meter].append(entry)
    return by_meter


def _by_meter(installs: tuple[Install, ...]) -> dict[str, list[Install]]:
    by_meter: defaultdict[str, list[Install]] = defaultdict(list)
    for install in installs:
        by_meter[install.meter].append(install)
    return by_meter


def _check_chain(entries: list[Entry]) -> Iterator[Finding]:
    previous_wh: int | None = None
    for entry in entries:
        start_wh, end_wh = entry.register_from_wh, entry.register_to_wh
        if start_wh is None or end_wh is None:
            yield Finding(Figure.REGISTERS_APART, entry.entry, "consumption without its registers")
            continue
        if (end_wh - start_wh) % REGISTER_WRAP_WH != entry.energy_wh:
            yield Finding(
                Figure.REGISTERS_APART,
                entry.entry,
                f"{entry.energy_wh} Wh billed from {start_wh} to {end_wh} Wh on meter {entry.meter}",
            )
        if previous_wh is not None and start_wh != previous_wh:
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


def _check_end(journal: Journal, meter: str, entries: list[Entry]) -> Iterator[Finding]:
    """The store's own note of what is billed must be the end of the chain, and not beyond what was read."""
    end_wh, settled_wh = entries[-1].register_to_wh, journal.settled_wh.get(meter)
    if settled_wh is not None and end_wh is not None and settled_wh != end_wh:
        yield Finding(
            Figure.REGISTERS_APART,
            meter,
            f"{journal.gateway} notes {settled_wh} Wh as billed, its last entry {entries[-1].entry} ends at {end_wh} Wh",
        )


def _check_truth(
    journal: Journal, meter: str, entries: list[Entry], installs: list[Install]
) -> Iterator[Finding]:
    """Billed + still to bill = true energy since the first entry's register, within one step of the register."""
    first_wh, last = entries[0].register_from_wh, installs[-1]
    if len(installs) > 1 or first_wh is None:
        return
    billed_wh = sum(entry.energy_wh for entry in entries)
    before_wh = (first_wh - last.register_start_wh) % REGISTER_WRAP_WH
    pending_wh = (last.register_now_wh - (entries[-1].register_to_wh or 0)) % REGISTER_WRAP_WH
    if pending_wh > REGISTER_WRAP_WH // 2:
        yield Finding(
            Figure.ENERGY_UNTRUE,
            meter,
            f"billed up to {entries[-1].register_to_wh} Wh, but the meter has only reached {last.register_now_wh} Wh",
        )
        return
    difference_wh = before_wh + billed_wh + pending_wh - last.true_wh_now
    if abs(difference_wh) > REGISTER_STEP_WH:
        yield Finding(
            Figure.ENERGY_UNTRUE,
            meter,
            f"{before_wh} Wh before the first bill + {billed_wh} billed + {pending_wh} to bill = {difference_wh:+d} Wh "
            f"against {last.true_wh_now} Wh that flowed",
        )
