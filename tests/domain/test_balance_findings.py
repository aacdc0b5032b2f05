"""Bad input is named and never a loss; what is measured adds up however it is cut (R-4.2.3, R-B2)."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.balance_findings import FindingKind, of_figures, of_topology, unmetered_load
from central.domain.instant_balance import (
    HOUR_MS,
    Figures,
    Moment,
    Source,
    Total,
    figures_of,
    together,
    within,
)
from central.domain.loss_judgement import LossVerdict, judge_day, judge_period, learn, worst
from gateway.contract.rules import GroupKind, GroupRule
from gateway.domain.loss import Balance

F1 = GroupRule("f1", GroupKind.FLOOR, "t1", ["a", "b"], fixed_loss_ppm=20_000)
F2 = GroupRule("f2", GroupKind.FLOOR, "t2", ["c"])
ALL = GroupRule("all", GroupKind.BUILDING, "t", [], ["f1", "f2"])
DAY_MS = 24 * HOUR_MS


def moment(hour: int, epoch: str = "e1", *, doubled: str = "", **totals: int) -> Moment:
    return Moment(
        hour * HOUR_MS + 900,
        epoch,
        True,
        {meter: Total(wh, 0) for meter, wh in totals.items()},
        frozenset(doubled),
    )


def kinds(figures: Figures) -> list[FindingKind]:
    return [one.kind for one in of_figures(figures)]


def day(*moments: Moment, hours: int = 3) -> Figures:
    return figures_of([F1], "f1", moments, 0, hours * HOUR_MS)


def test_two_lives_that_speak_at_one_time_overlap_and_nothing_of_it_is_counted() -> None:
    found = day(
        moment(0, t1=100, a=50, b=50),
        moment(1, "e0", t1=9_000, a=1, b=1),
        moment(2, t1=200, a=90, b=90),
        moment(3, t1=300, a=140, b=140),
    )
    assert FindingKind.OVERLAPPING in kinds(found)
    assert found.hours == (1, 3)


def test_two_lives_that_speak_at_one_and_the_same_instant_leave_a_gap_there() -> None:
    found = day(
        moment(0, t1=100, a=50, b=50),
        moment(1, t1=200, a=90, b=90),
        moment(1, "e2", t1=9_000, a=1, b=1),
        moment(2, "e2", t1=9_100, a=50, b=51),
        moment(3, "e2", t1=9_200, a=99, b=101),
    )
    assert FindingKind.BEGUN_ANEW in kinds(found)
    assert [(run.from_ms // HOUR_MS, run.until_ms // HOUR_MS) for run in found.runs] == [(2, 3)]
    assert (found.balance.master_wh, found.balance.subs_wh) == (100, 99)


def test_a_meter_told_twice_is_unknown_then() -> None:
    found = day(
        moment(0, t1=100, a=50, b=50),
        moment(1, doubled="a", t1=150, b=60),
        moment(2, t1=200, a=90, b=90),
        hours=2,
    )
    assert kinds(found) == [FindingKind.DOUBLED]
    assert found.doubled == ("a",)
    assert found.hours == (2, 2)


def test_a_total_that_falls_is_no_use() -> None:
    found = day(moment(0, t1=100, a=50, b=50), moment(1, t1=200, a=40, b=90), hours=1)
    assert kinds(found)[0] is FindingKind.FELL
    assert found.balance is None
    assert judge_day(found, F1, None) is LossVerdict.NOTHING


def test_hours_that_nobody_measured_are_said_with_the_meters_that_were_not_heard() -> None:
    found = day(
        moment(0, t1=1, a=1, b=1), moment(1, t1=2, a=2, b=2), moment(2, t1=3, a=3), moment(3, t1=4, a=4)
    )
    (missing,) = of_figures(found)
    assert (missing.kind, missing.meters, dict(missing.figures)) == (
        FindingKind.MISSING_HOURS,
        ("b",),
        {"known": 1, "of": 3},
    )


def test_a_master_below_its_subs_is_of_wires() -> None:
    found = day(moment(0, t1=0, a=0, b=0), moment(24, t1=1_000, a=9_000, b=9_000), hours=24)
    assert kinds(found) == [FindingKind.MASTER_BELOW_SUBS]
    assert judge_day(found, F1, None) is judge_period(found) is LossVerdict.MASTER_BELOW_SUBS


@pytest.mark.parametrize(
    ("rules", "rooms", "said"),
    [
        ([ALL, F1, F2], "abc", []),
        ([ALL, F1, F2], "abcd", [(FindingKind.WITHOUT_GROUP, ("d",))]),
        ([ALL, F1, F2], "ab", [(FindingKind.WITHOUT_ROOM, ("c",))]),
        (
            [ALL, F1, msgspec.structs.replace(F2, subs=["b", "c"])],
            "abc",
            [(FindingKind.COUNTED_TWICE, ("b",))],
        ),
        ([msgspec.structs.replace(ALL, subs=["a"]), F1, F2], "abc", [(FindingKind.COUNTED_TWICE, ("a",))]),
        ([F1, GroupRule("other", GroupKind.RISER, "t9", ["a", "b", "c"])], "abc", []),
        ([], "abc", []),
    ],
)
def test_how_groups_are_set_up_is_looked_at(rules: list[GroupRule], rooms: str, said: list[object]) -> None:
    """The last but one: a riser beside a floor may count the same rooms; they stand behind different masters."""
    assert [(one.kind, one.meters) for one in of_topology(rules, rooms, 0)] == said


def test_a_circle_of_groups_is_named_and_ends() -> None:
    one, two = (
        msgspec.structs.replace(F1, sub_groups=["f2"]),
        msgspec.structs.replace(F2, sub_groups=["f1"]),
    )
    (found,) = of_topology([one, two], "abc", 0)
    assert (found.kind, found.groups) == (FindingKind.LOOP, ("f1", "f2"))


def a_day(night_w: int, rest_w: int, use_wh: int = 1_000) -> Figures:
    """A day of rooms' use by day, with what is lost by night and by day."""
    totals, moments = {"t1": 0, "a": 0, "b": 0}, []
    for hour in range(25):
        moments.append(moment(hour, **totals))
        is_night = 1 <= hour < 5
        used = use_wh // 10 if is_night else use_wh
        lost = night_w if is_night else rest_w
        totals = {"t1": totals["t1"] + 2 * used + lost, "a": totals["a"] + used, "b": totals["b"] + used}
    return figures_of([F1], "f1", moments, 0, DAY_MS)


@pytest.mark.parametrize(
    ("night_w", "rest_w", "proposed"),
    [(80, 120, 74), (0, 40, None), (400, 40, None), (5, 45, None), (4, 40 + 300, None)],
)
def test_a_constant_load_without_a_meter_is_told_from_a_thief(
    night_w: int, rest_w: int, proposed: int | None
) -> None:
    """80 W at night over 4 Wh/h technical, 120 W by day over 40: lamps. Taken only at night, or by day: none."""
    found = unmetered_load(F1, [a_day(night_w, rest_w) for _n in range(7)])
    assert (found and found.figures["proposed_w"]) == proposed
    assert unmetered_load(F1, [a_day(night_w, rest_w) for _n in range(6)]) is None, "too few nights"


def test_an_older_gateways_figures_are_said_to_be_its_own() -> None:
    known = a_day(10, 10)
    assert FindingKind.GATEWAY_FIGURES in kinds(
        msgspec.convert(msgspec.to_builtins(known) | {"source": Source.GATEWAY}, Figures)
    )


def test_figures_survive_being_kept() -> None:
    known = a_day(10, 10)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(known)), Figures) == known


def test_what_was_usual_begins_anew_with_other_wires() -> None:
    days = [a_day(10, 40 + n % 3) for n in range(20)]
    assert learn(days).days[-1] is not None
    assert learn(days, [n > 12 for n in range(20)]).days[-1] is None


def test_the_worst_verdict_is_shown() -> None:
    assert worst(["balanced", "unusual", "nothing"]) == "unusual"


USES = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 200)), min_size=2, max_size=30
)


@given(USES, st.sets(st.integers(0, 30)), st.data())
def test_what_is_measured_adds_up_however_it_is_cut(
    uses: list[tuple[int, int, int]], deaf: set[int], data: st.DataObject
) -> None:
    totals, moments = {"t1": 0, "a": 0, "b": 0}, []
    for hour, (a, b, lost) in enumerate([*uses, (0, 0, 0)]):
        heard = {meter: wh for meter, wh in totals.items() if not (meter == "b" and hour in deaf)}
        moments.append(moment(hour, **heard))
        totals = {"t1": totals["t1"] + a + b + lost, "a": totals["a"] + a, "b": totals["b"] + b}
    hours = len(uses)
    cuts = [0, *sorted(data.draw(st.sets(st.integers(1, hours - 1)))), hours]
    whole = figures_of([F1], "f1", moments, 0, hours * HOUR_MS)
    parts = [
        figures_of([F1], "f1", moments, first * HOUR_MS, last * HOUR_MS) for first, last in pairwise(cuts)
    ]
    runs = within([run for part in parts for run in part.runs], 0, hours * HOUR_MS)
    assert sum(run.until_ms - run.from_ms for run in runs) == whole.known_ms
    made = together(run.balance for run in runs)
    assert (made is None) == (whole.balance is None)
    if made is not None and whole.balance is not None:
        assert (made.master_wh, made.subs_wh) == (whole.balance.master_wh, whole.balance.subs_wh)
        assert abs(made.technical_wh - whole.balance.technical_wh) <= len(runs)
        assert made.uncertainty_wh >= whole.balance.uncertainty_wh - len(runs) - 1
        _adds_up(whole.balance)


def _adds_up(made: Balance) -> None:
    assert made.master_wh == made.subs_wh + made.own_use_wh + made.technical_wh + made.unexplained_wh
