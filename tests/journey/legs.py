"""The three legs, computed afterwards from what the databases and the meters' truth hold; nothing is timed by the parts themselves.

Money needs no clock to be judged: the register at which the credit ended follows from the entry behind the cut, exactly.
"""

import json
import sqlite3
from bisect import bisect_left
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

UWS_PER_WH = 3_600_000_000
MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Restoring:
    """Payment committed -> relay read back closed."""

    meter: str
    moved_ms: int
    """Until the contact really closed, by the meter itself."""
    read_back_ms: int


@dataclass(frozen=True, slots=True)
class Cutting:
    """Credit gone by true energy -> relay read back open."""

    meter: str
    overrun_wh: float
    """True energy used beyond the credit when the contact opened; below zero: cut early."""
    moved_ms: float
    read_back_ms: float


def rows(path: Path, query: str) -> list[tuple]:
    """Read-only, beside running programs."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a meter."""

    at_ms: int
    row: tuple


def by_meter(found: list[tuple]) -> dict[str, list[Moment]]:
    """Group rows (meter, at_ms, ...) by meter in order of time."""
    moments: dict[str, list[Moment]] = {}
    for meter, at_ms, *rest in sorted(found, key=lambda row: row[1]):
        moments.setdefault(meter, []).append(Moment(at_ms, tuple(rest)))
    return moments


def first_after(moments: list[Moment], at_ms: int) -> Moment | None:
    """The first moment at or after an instant."""
    index = bisect_left(moments, at_ms, key=lambda moment: moment.at_ms)
    return moments[index] if index < len(moments) else None


READ_BACKS = """
SELECT meter, at_ms FROM telemetry_relayevent WHERE verdict = 'confirmed' AND observed_closed = {closed}
"""
PAYMENTS = """
SELECT campus_meter.meter_no, desk_payment.at_ms FROM desk_payment
JOIN campus_binding ON campus_binding.account_id = desk_payment.account_id
JOIN campus_meter ON campus_meter.id = campus_binding.meter_id
"""
MOVES = """
SELECT meter, at_ms, energy_wh, energy_rest_uws, register_start_centi_kwh FROM samples
WHERE cause = 'relay' AND contact_closed = {closed}
"""
POWER_BEFORE = "SELECT meter, max(power_mw) FROM samples GROUP BY meter"
CUTS = """
SELECT meter, at_ms, register_to_wh, lines, micro_yuan_per_kwh FROM link_gatewayentry
WHERE kind = 'consumption' AND cause = 'decision'
"""


def restorings(central: Path, telemetry: Path, truth: Path) -> list[Restoring]:
    """Match every payment for a room that was cut with the next move and the next read-back of its relay."""
    opened = by_meter(rows(truth, MOVES.format(closed=0)))
    moves, read_backs = (
        by_meter(rows(truth, MOVES.format(closed=1))),
        by_meter(rows(telemetry, READ_BACKS.format(closed=1))),
    )
    found = []
    for meter, paid in by_meter(rows(central, PAYMENTS)).items():
        for payment in paid:
            cut = opened.get(meter)
            if not cut or cut[0].at_ms > payment.at_ms:
                continue  # the first credit, paid while the room was still supplied
            move = first_after(moves.get(meter, []), payment.at_ms)
            read_back = move and first_after(read_backs.get(meter, []), move.at_ms)
            if move and read_back:
                found.append(Restoring(meter, move.at_ms - payment.at_ms, read_back.at_ms - payment.at_ms))
    return found


def cuttings(central: Path, telemetry: Path, truth: Path) -> list[Cutting]:
    """Match every cut with the instant at which the true energy used up the credit.

    The entry behind a cut says how far the balance was below zero at which register; that many watt-hours earlier the credit
    ended. The meter's own register is finer than the 10 Wh that it shows.
    """
    moves, read_backs = (
        by_meter(rows(truth, MOVES.format(closed=0))),
        by_meter(rows(telemetry, READ_BACKS.format(closed=0))),
    )
    power_mw = dict(rows(truth, POWER_BEFORE))
    found = []
    for meter, cuts in by_meter(rows(central, CUTS)).items():
        for cut in cuts:
            register_wh, lines, price = cut.row
            move = first_after(moves.get(meter, []), cut.at_ms)
            read_back = move and first_after(read_backs.get(meter, []), move.at_ms)
            if move and read_back:
                below = -sum(line[3] for line in json.loads(lines))
                credit_end_wh = register_wh - Fraction(below * 1000, price)
                found.append(_cutting(meter, move, read_back, credit_end_wh, power_mw[meter]))
    return found


def _cutting(meter: str, move: Moment, read_back: Moment, credit_end_wh: Fraction, power_mw: int) -> Cutting:
    energy_wh, rest_uws, start_centi_kwh = move.row
    true_register_wh = start_centi_kwh * 10 + energy_wh + Fraction(rest_uws, UWS_PER_WH)
    overrun_wh = true_register_wh - credit_end_wh
    used_up_ms = move.at_ms - overrun_wh * MS_PER_HOUR * 1000 / power_mw
    return Cutting(
        meter, float(overrun_wh), float(move.at_ms - used_up_ms), float(read_back.at_ms - used_up_ms)
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 99th percentile and worst of some figures."""

    count: int
    median: float
    p99: float
    worst: float


def spread(figures: list[float]) -> Spread:
    """Summarise; nearest rank, so that every figure shown was really measured."""
    ordered = sorted(figures)
    rank = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731 - two uses below
    return Spread(len(ordered), rank(0.5), rank(0.99), ordered[-1])
