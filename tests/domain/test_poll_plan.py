"""Which meter is asked next: who comes before whom, that none starves, and that no room's end is overlooked."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.poll_plan import (
    FLOOR_MS,
    NO_OUTLOOK,
    SUDDEN_LOAD_W,
    Outlook,
    PollPlan,
    energy_mwh,
    is_pressing,
    worth_mwh,
)
from tests.bench.balance_skew import measure

STEP_WH = 10
SECOND_MS = 1_000
MINUTE_MS = 60_000


@dataclass
class Load:
    """A room's true energy and what its register shows of it."""

    power_w: int
    energy_mwh: int

    def use(self, ms: int) -> None:
        self.energy_mwh += energy_mwh(self.power_w, ms)

    @property
    def total_wh(self) -> int:
        return self.energy_mwh // (STEP_WH * 1000) * STEP_WH


def watched(power_w: int, to_cut_wh: int | None, **outlook: int) -> PollPlan:
    """A plan with one meter `m` that told its power a moment ago."""
    plan = PollPlan(0)
    plan.read("m", 0, power_w, Outlook(to_cut_wh, **outlook), 0, STEP_WH)
    return plan


BEFORE: dict[str, tuple[tuple[int, int | None], tuple[int, int | None]]] = {
    "near its end before far from it": ((500, 20), (500, 5_000)),
    "any end before none": ((500, 30), (5_000, None)),
    "the higher power at the same end": ((3_000, 20), (300, 20)),
    "near its end before a high power far away": ((200, 10), (4_000, 50_000)),
}


@pytest.mark.parametrize(("first", "second"), BEFORE.values(), ids=BEFORE.keys())
def test_who_comes_first(first: tuple[int, int | None], second: tuple[int, int | None]) -> None:
    plan = PollPlan(0)
    for meter, (power_w, to_cut_wh) in {"second": second, "first": first}.items():
        plan.read(meter, 0, power_w, Outlook(to_cut_wh, ceiling_w=60_000), 0, STEP_WH)
    assert plan.choose(["second", "first"], 30 * SECOND_MS) == "first"


def test_where_nothing_happens_the_one_longest_not_asked_comes_first() -> None:
    plan = PollPlan(0)
    for place, meter in enumerate(("c", "a", "b")):
        plan.read(meter, 0, 100, NO_OUTLOOK, place, STEP_WH)
    assert plan.choose(["a", "b", "c"], MINUTE_MS) == "c"
    assert plan.choose([], MINUTE_MS) is None


def test_a_meter_not_read_yet_comes_before_those_with_nothing_ahead_and_after_a_room_that_may_use_more() -> (
    None
):
    plan = PollPlan(0)
    plan.read("idle", 0, 100, NO_OUTLOOK, 0, STEP_WH)
    assert plan.choose(["idle", "new"], SECOND_MS) == "new"
    plan.read("near", 0, 5_000, Outlook(10), 0, STEP_WH)
    assert plan.choose(["near", "new"], SECOND_MS) == "new"
    assert plan.choose(["near", "new"], 20 * SECOND_MS) == "near"


def test_a_meter_whose_relay_moved_comes_before_idle_ones_once() -> None:
    plan = PollPlan(0)
    for meter in ("a", "b"):
        plan.read(meter, 0, 100, NO_OUTLOOK, 0, STEP_WH)
    plan.want("b")
    assert plan.choose(["a", "b"], SECOND_MS) == "b"
    plan.asked("b", SECOND_MS)
    plan.read("b", 0, 100, NO_OUTLOOK, SECOND_MS, STEP_WH)
    assert plan.choose(["a", "b"], 2 * SECOND_MS) == "a"


def test_a_meter_that_gives_no_reading_stands_back() -> None:
    plan = PollPlan(0)
    plan.read("near", 0, 5_000, Outlook(10), 0, STEP_WH)
    plan.read("idle", 0, 100, NO_OUTLOOK, 0, STEP_WH)
    plan.asked("near", 10 * SECOND_MS)
    assert plan.choose(["near", "idle"], 11 * SECOND_MS) == "idle"
    assert plan.choose(["near", "idle"], 13 * SECOND_MS) == "near"
    plan.asked("near", 13 * SECOND_MS)
    assert plan.choose(["near", "idle"], 16 * SECOND_MS) == "idle"


def test_a_room_is_pressing_from_the_moment_its_end_is_possible() -> None:
    watch = watched(3_600, 100).watch("m")
    assert not is_pressing(watch, 81 * SECOND_MS)
    assert is_pressing(watch, 82 * SECOND_MS)
    assert not is_pressing(watched(3_600, None).watch("m"), 10 * MINUTE_MS)


def test_a_warning_counts_less_than_a_cut() -> None:
    cut, warning = watched(1_000, 10), watched(1_000, None, to_warning_wh=10)
    now_ms = MINUTE_MS
    assert 0 < worth_mwh(warning.watch("m"), now_ms) < worth_mwh(cut.watch("m"), now_ms)


@pytest.mark.parametrize(("before_w", "after_w"), [(100, 4_000), (4_000, 100), (0, 2_500)])
def test_a_new_load_is_known_after_two_readings(before_w: int, after_w: int) -> None:
    plan, load = PollPlan(0), Load(before_w, 0)
    for second in range(0, 400, 20):
        if second == 300:
            load.power_w = after_w
        plan.read("m", load.total_wh, None, NO_OUTLOOK, second * SECOND_MS, STEP_WH)
        load.use(20 * SECOND_MS)
    watch = plan.watch("m")
    assert watch.low_w <= after_w <= watch.high_w
    assert abs((watch.low_w + watch.high_w) // 2 - after_w) < 500


readings = st.lists(st.integers(1, 120), min_size=1, max_size=40)


@settings(max_examples=300)
@given(
    power_w=st.integers(0, SUDDEN_LOAD_W),
    phase_mwh=st.integers(0, STEP_WH * 1000 - 1),
    credit_wh=st.integers(1, 3_000),
    gaps_s=readings,
    tells_power=st.booleans(),
)
def test_a_register_never_reaches_the_end_of_credit_unforeseen(
    power_w: int, phase_mwh: int, credit_wh: int, gaps_s: list[int], tells_power: bool
) -> None:
    """Under a steady load the plan's bounds hold the truth: whenever the next reading would cut, the room was pressing."""
    plan, load, now_ms = PollPlan(0), Load(power_w, phase_mwh), 0
    for gap_s in gaps_s:
        left_wh = credit_wh - load.total_wh
        told_w = power_w if tells_power else None
        plan.read("m", load.total_wh, told_w, Outlook(left_wh), now_ms, STEP_WH)
        watch = plan.watch("m")
        assert watch.low_w <= power_w <= watch.high_w
        load.use(gap_s * SECOND_MS)
        now_ms += gap_s * SECOND_MS
        if load.total_wh >= credit_wh:
            assert is_pressing(watch, now_ms)
            return


@settings(max_examples=60, deadline=None)
@given(
    rooms=st.lists(
        st.tuples(st.integers(0, SUDDEN_LOAD_W), st.one_of(st.none(), st.integers(1, 2_000))),
        min_size=1,
        max_size=12,
    ),
    exchange_ms=st.integers(500, 5_000),
    silent=st.sets(st.integers(0, 11)),
)
def test_no_meter_starves(rooms: list[tuple[int, int | None]], exchange_ms: int, silent: set[int]) -> None:
    """However near the others are to their end, and whoever is silent, each is asked within the floor and one turn of all."""
    plan = PollPlan(0)
    last_ms = dict.fromkeys(range(len(rooms)), 0)
    for now_ms in range(0, 4 * FLOOR_MS, exchange_ms):
        meter = plan.choose([str(number) for number in range(len(rooms))], now_ms)
        assert meter is not None
        plan.asked(meter, now_ms)
        last_ms[int(meter)] = now_ms
        assert now_ms - min(last_ms.values()) <= FLOOR_MS + exchange_ms * (len(rooms) + 1)
        if int(meter) not in silent:
            power_w, to_cut_wh = rooms[int(meter)]
            plan.read(meter, 0, power_w, Outlook(to_cut_wh), now_ms, STEP_WH)


def test_meters_of_a_balance_are_read_one_behind_the_other_in_their_order() -> None:
    plan = PollPlan(0)
    meters = ["idle", "sub2", "master", "sub1"]
    for meter in meters:
        plan.read(meter, 0, 100, NO_OUTLOOK, 0, STEP_WH)
    plan.together("master", "sub1", "sub2")
    order = []
    for now_ms in range(SECOND_MS, 5 * SECOND_MS, SECOND_MS):
        meter = plan.choose(meters, now_ms)
        assert meter is not None
        order.append(meter)
        assert (meter in plan.pressing(meters, now_ms)) is (meter != "idle")
        plan.asked(meter, now_ms)
        plan.read(meter, 0, 100, NO_OUTLOOK, now_ms, STEP_WH)
    assert order == ["master", "sub1", "sub2", "idle"]


def test_a_balance_never_delays_a_room_whose_end_is_possible_nor_one_whose_relay_moved() -> None:
    plan = PollPlan(0)
    for meter, outlook in {"near": Outlook(10), "moved": NO_OUTLOOK, "sub": NO_OUTLOOK}.items():
        plan.read(meter, 0, 5_000, outlook, 0, STEP_WH)
    plan.together("sub")
    plan.want("moved")
    now_ms = 20 * SECOND_MS
    assert plan.choose(["sub", "moved", "near"], now_ms) == "near"
    assert plan.choose(["sub", "moved"], now_ms) == "moved"
    assert plan.pressing(["sub", "near"], now_ms) == ["near", "sub"]


def test_a_silent_meter_of_a_balance_stands_back_and_is_still_waited_for() -> None:
    plan = PollPlan(0)
    for meter in ("silent", "sub"):
        plan.read(meter, 0, 100, NO_OUTLOOK, 0, STEP_WH)
    plan.together("silent", "sub")
    plan.asked("silent", SECOND_MS)
    assert plan.choose(["silent", "sub"], 2 * SECOND_MS) == "sub"
    assert plan.choose(["silent", "sub"], 4 * SECOND_MS) == "silent"


def test_read_together_a_groups_skew_and_uncertainty_are_a_fraction_and_no_room_near_its_end_waits_longer() -> (
    None
):
    """On a line of 208 meters at 2400 baud; `make bench-loss` prints the figures."""
    apart, together = measure(together=False), measure(together=True)
    assert together.apart_ms * 3 < apart.apart_ms
    assert together.made.scatter_wh * 2 < apart.made.scatter_wh
    assert together.near_waited_ms <= apart.near_waited_ms


def shared(powers_w: dict[str, int], to_cut_wh: int) -> PollPlan:
    """Meters that use up one credit, all read a moment ago."""
    plan = PollPlan(0)
    for meter, power_w in powers_w.items():
        beside = tuple(other for other in powers_w if other != meter)
        plan.read(meter, 0, power_w, Outlook(to_cut_wh, beside=beside), 0, STEP_WH)
    return plan


def presses_after_s(plan: PollPlan, meter: str) -> int:
    return next(s for s in range(1, 10_000) if plan.is_pressing(meter, s * SECOND_MS))


def test_the_end_of_one_credit_comes_with_the_sum_of_all_powers() -> None:
    alone_s = presses_after_s(shared({"a": 1_000}, 1_000), "a")
    three_s = presses_after_s(shared({"a": 1_000, "b": 1_000, "c": 1_000}, 1_000), "a")
    assert three_s <= alone_s // 3 + 1
    idle_beside = shared({"a": 6_000, "b": 0}, 1_000)
    assert presses_after_s(idle_beside, "b") == presses_after_s(idle_beside, "a"), (
        "all are read when worth it"
    )


def test_what_one_meter_used_is_known_to_those_beside_it() -> None:
    plan = shared({"a": 100, "b": 100}, 5_000)
    assert not plan.is_pressing("b", 10 * SECOND_MS)
    plan.read("a", 4_990, 100, Outlook(10, beside=("b",)), 10 * SECOND_MS, STEP_WH)
    plan.renew({"b": Outlook(10, beside=("a",))})
    assert plan.is_pressing("b", 10 * SECOND_MS)
    plan.renew({"b": Outlook(5_000, beside=("a",))})
    assert not plan.is_pressing("b", 10 * SECOND_MS), "paid for meanwhile"


@pytest.mark.parametrize("silent_h", [0, 2, 24])
@pytest.mark.parametrize("silent", [None, "m0"], ids=["all answer", "one is silent"])
def test_a_silent_meter_of_one_credit_takes_no_turns_from_other_rooms(
    silent: str | None, silent_h: int
) -> None:
    plan, credit = PollPlan(0), [f"m{number}" for number in range(4)]
    rooms = [f"r{number}" for number in range(20)]

    def read(meter: str, now_ms: int) -> None:
        beside = tuple(other for other in credit if other != meter) if meter in credit else ()
        plan.read(meter, 0, 1_500, Outlook(10_000 if beside else 60, beside=beside), now_ms, STEP_WH)

    for meter in credit + rooms:
        read(meter, 0)
    now_ms = silent_h * 60 * MINUTE_MS
    asked = dict.fromkeys(credit + rooms, 0)
    for meter in asked:
        plan.asked(meter, now_ms)
        if meter != silent:
            read(meter, now_ms)
    for _ in range(1_000):
        now_ms += 300
        chosen = plan.choose(asked, now_ms)
        assert chosen is not None
        asked[chosen] += 1
        plan.asked(chosen, now_ms)
        if chosen != silent:
            read(chosen, now_ms)
    assert sum(asked[meter] for meter in rooms) > 800, "their share of the turns"
