"""The watch itself: each of its rules names what breaks it, and is silent about what does not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from gateway.contract.facts import (
    Alarm,
    Decision,
    DecisionKind,
    Entry,
    EntryCause,
    EntryKind,
    EntryLine,
    Instant,
)
from tests.simulate.decisions import decision_faults, late_price_faults, loss_faults
from tests.simulate.invariants import LATE_FROM_MS, Watch
from tests.simulate.tariffs import (
    DAY_MS,
    HOUR_MS,
    PEAK,
    PRICES,
    START_MS,
    STEP_BASE,
    USUAL,
    base_price,
    desk_is_closed,
    is_dark,
    step_cost,
)

NIGHT_MS = START_MS + 15 * HOUR_MS
"""23:00 in the campus."""
EVENING_MS = START_MS + 10 * HOUR_MS
"""18:00."""


def at(wall_ms: int, trusted: bool = True) -> Instant:
    return Instant("b", 0, wall_ms, trusted)


def cut(room: str, reason: str, when: Instant, balance: int = 0) -> Decision:
    return Decision(f"a{room}", DecisionKind.OPEN, reason, when, balance)


@pytest.mark.parametrize(
    ("decision", "faults"),
    [
        (cut("2", "lights-out", at(NIGHT_MS)), 0),
        (cut("2", "lights-out", at(NIGHT_MS, trusted=False)), 1),
        (cut("1", "lights-out", at(NIGHT_MS)), 1),
        (cut("5", "credit-spent", at(NIGHT_MS), -1_000_000), 1),
        (cut("5", "credit-spent", at(EVENING_MS), -1), 0),
        (cut("5", "credit-spent", at(EVENING_MS, trusted=False), -1), 1),
        (cut("5", "credit-spent", at(NIGHT_MS), -2_000_000), 0),
        (cut("1", "credit-spent", at(NIGHT_MS), -1), 1),
        (cut("1", "credit-spent", at(NIGHT_MS), -3_000_000), 0),
        (cut("1", "credit-spent", at(NIGHT_MS + 2 * DAY_MS), -1), 0),
        (cut("3", "high-power", at(NIGHT_MS)), 0),
        (cut("6", "power-cap", at(NIGHT_MS)), 1),
    ],
)
def test_decisions(decision: Decision, faults: int) -> None:
    assert len(list(decision_faults([decision], [at(NIGHT_MS - HOUR_MS)]))) == faults


def test_loss_alarms() -> None:
    told = Alarm("x", "energy-loss", "building", True, at(NIGHT_MS))
    other = msgspec.structs.replace(told, what="meter-silent")
    assert len(list(loss_faults([told, other, msgspec.structs.replace(told, raised=False)]))) == 1


def used(room: str, from_ms: int, to_ms: int, energy_wh: int, price: int, **more: Any) -> Entry:
    given = {
        "entry": f"g.e.{from_ms}", "account": f"a{room}", "entry_kind": EntryKind.CONSUMPTION,
        "cause": EntryCause.HOUR, "at": at(to_ms), "lines": [], "carried_nano_yuan": 0, "energy_wh": energy_wh,
        "from_ms": from_ms, "price_micro_yuan_per_kwh": price,
    }  # fmt: skip
    return Entry(**{**given, **more})


def test_a_late_price_is_made_up_for_to_the_nano_yuan() -> None:
    rise = PRICES[2][2] - PRICES[1][2]
    late = used("1", LATE_FROM_MS, LATE_FROM_MS + HOUR_MS, 1_000, PRICES[1][2], price_version=PRICES[1][0])
    made_up = used("1", 0, LATE_FROM_MS + DAY_MS, 0, 0, entry_kind=EntryKind.ADJUSTMENT, source=PRICES[3][0])
    right = msgspec.structs.replace(made_up, lines=[EntryLine("paid", "yuan", -rise, 0)])
    short = msgspec.structs.replace(made_up, lines=[EntryLine("paid", "yuan", -rise - 1, 0)])
    assert list(late_price_faults([late, right], True)) == []
    assert len(list(late_price_faults([late, short], True))) == 1
    assert list(late_price_faults([late], False)) == []


@pytest.mark.parametrize(
    ("entry", "faults"),
    [
        (used("3", EVENING_MS, EVENING_MS + HOUR_MS, 10, PEAK), 0),
        (used("3", EVENING_MS, EVENING_MS + HOUR_MS, 10, USUAL), 1),
        (used("3", EVENING_MS - 1, EVENING_MS + HOUR_MS, 10, PEAK), 1),
        (used("5", EVENING_MS, EVENING_MS + HOUR_MS, 10, STEP_BASE, month_wh=19_000), 0),
        (used("5", EVENING_MS, EVENING_MS + HOUR_MS, 1_001, STEP_BASE, month_wh=19_000), 1),
        (used("5", EVENING_MS, EVENING_MS + HOUR_MS, 10, STEP_BASE, month_wh=20_000), 1),
        (used("5", EVENING_MS, EVENING_MS + HOUR_MS, 10, STEP_BASE + 150_000, month_wh=20_000), 0),
        (used("1", EVENING_MS, EVENING_MS + HOUR_MS, 10, PRICES[0][2]), 0),
        (used("1", LATE_FROM_MS + HOUR_MS, LATE_FROM_MS + 2 * HOUR_MS, 10, PRICES[1][2]), 1),
    ],
)
def test_the_price_of_the_time(entry: Entry, faults: int) -> None:
    world = SimpleNamespace(now_ms=lambda: EVENING_MS)
    watch = Watch(Path(), world, SimpleNamespace(), learnt=True, learnt_ms=0)  # type: ignore[arg-type]
    watch._check_price(entry, watch.accounts[entry.account])
    assert len(watch.faults) == faults


def test_the_truth_of_prices_and_times_by_hand() -> None:
    assert [base_price("by-time", EVENING_MS + n) for n in (-1, 0)] == [USUAL, PEAK]
    assert base_price("by-time", EVENING_MS + 4 * DAY_MS) == USUAL, "a Saturday has no peak"
    assert is_dark(NIGHT_MS)
    assert not is_dark(NIGHT_MS + 5 * DAY_MS), "an exam week"
    assert [desk_is_closed(EVENING_MS + n * HOUR_MS) for n in (-1, 3, 4)] == [False, False, True]
    assert step_cost(30_000, 1) == 10_000 * 150_000
    assert step_cost(90_000, 1) == 60_000 * 150_000 + 10_000 * 350_000
