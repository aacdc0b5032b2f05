"""Who? A thief is named with his amount, a tap in the corridor accuses nobody, and no data whatever makes the rules fall over."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.domain.attributed import Pattern
from central.domain.attribution import Attribution, Verdict, attribute
from central.domain.group_hours import GroupHours
from central.domain.usual_loss import learn
from tests.domain.made_up_rooms import MIDNIGHT_MS, group, honest, loads, robbed, with_gaps


def names(found: Attribution) -> list[str]:
    return [one.meter for one in found.suspects]


def test_nobody_is_named_where_nobody_steals() -> None:
    for seed in range(4):
        found = attribute(honest(seed=seed))
        assert found.verdict == Verdict.NOTHING_UNUSUAL
        assert found.suspects == ()
        assert len(found.ranked) == 14


def test_a_thief_is_first_and_his_amount_is_right() -> None:
    hours, stolen = robbed({3: 0.5})
    found = attribute(hours)
    assert found.verdict == Verdict.UNDER_READING
    assert names(found) == ["r03"]
    thief = found.suspects[0]
    assert abs(thief.missing_wh - stolen[3]) <= thief.uncertainty_wh
    assert 0 < thief.uncertainty_wh < stolen[3] / 4
    assert thief.confidence > 0.99
    assert thief.share > 0.8
    assert thief.pattern == Pattern.SHARE
    assert all(
        isinstance(value, int) for value in (thief.missing_wh, thief.uncertainty_wh, found.unattributed_wh)
    )


def test_several_thieves_are_named_and_nobody_else() -> None:
    hours, stolen = robbed({1: 0.3, 6: 0.6, 12: 0.8})
    found = attribute(hours)
    assert set(names(found)) == {"r01", "r06", "r12"}
    for one in found.suspects:
        assert abs(one.missing_wh - stolen[int(one.meter[1:])]) <= 1.5 * one.uncertainty_wh


@pytest.mark.parametrize("evenings", [False, True], ids=["steady", "evenings"])
def test_a_tap_accuses_nobody_and_is_told_with_its_amount(evenings: bool) -> None:
    true = loads(14, 28, 5)
    tap = np.full(len(true), 0.04 * true.sum(axis=1).mean())
    if evenings:
        tap *= 4 * (np.arange(len(true)) % 24 >= 18)
    tap[: 14 * 24] = 0.0
    whole = group(true, true, tap)
    quiet, after = cut(whole, 0, 14), cut(whole, 14, 28)
    found = attribute(replace(after, usual=learn(quiet)))
    assert found.verdict == Verdict.CORRIDOR_TAP
    assert found.suspects == ()
    assert abs(found.unattributed_wh - tap.sum()) <= max(
        2 * found.unattributed_uncertainty_wh, 0.1 * tap.sum()
    )


def test_a_thief_beside_a_tap_is_both() -> None:
    true = loads(14, 28, 6)
    shown = true.copy()
    shown[14 * 24 :, 4] *= 0.4
    tap = np.where(np.arange(len(true)) < 14 * 24, 0.0, 0.05 * true.sum(axis=1).mean())
    whole = group(true, shown, tap)
    found = attribute(replace(cut(whole, 14, 28), usual=learn(cut(whole, 0, 14))))
    assert found.verdict == Verdict.BOTH
    assert names(found) == ["r04"]


def test_a_meter_that_is_bypassed_for_hours_is_found_by_its_silence() -> None:
    true = loads(14, 21, 7)
    shown = true.copy()
    dice = np.random.default_rng(0)
    for day in range(21):
        begin = 24 * day + int(dice.integers(16))
        shown[begin : begin + 8, 9] = 0.0
    found = attribute(group(true, shown))
    assert names(found) == ["r09"]
    assert found.suspects[0].pattern == Pattern.ZEROS


def test_a_hidden_boiler_does_not_accuse_the_room_that_has_one_too() -> None:
    true = loads(14, 21, 11)
    dice = np.random.default_rng(2)
    heats = (np.arange(len(true)) % 24 < 4) * np.repeat(dice.random(21) < 0.7, 24)
    true[:, 6] += 900 * heats
    found = attribute(group(true, true, 700 * heats * dice.uniform(0.8, 1.2, len(true))))
    assert found.suspects == ()
    room = next(one for one in found.ranked if one.meter == "r06")
    assert room.confidence <= 0.5


def test_a_stranger_on_the_line_weakens_all_suspicion() -> None:
    true = loads(15, 21, 12)
    whole = group(true, true)
    hidden = replace(whole, subs_wh={room: row for room, row in whole.subs_wh.items() if room != "r14"})
    assert attribute(hidden).suspects == ()


def cut(hours: GroupHours, from_day: int, to_day: int) -> GroupHours:
    part = slice(24 * from_day, 24 * to_day)
    return replace(
        hours,
        from_ms=MIDNIGHT_MS + from_day * 86_400_000,
        master_wh=hours.master_wh[part],
        subs_wh={room: row[part] for room, row in hours.subs_wh.items()},
    )


def test_gaps_cost_little_and_accuse_nobody() -> None:
    hours, _ = robbed({3: 0.5})
    dice = np.random.default_rng(1)
    for room in hours.subs_wh:
        hours = with_gaps(hours, room, [int(at) for at in np.flatnonzero(dice.random(14 * 24) < 0.03)])
    master = [None if at % 50 == 7 else value for at, value in enumerate(hours.master_wh)]
    found = attribute(replace(hours, master_wh=master))
    assert names(found) == ["r03"]
    assert found.intervals < 14 * 24


def test_a_swapped_meter_is_unknown_at_its_jump_and_no_thief() -> None:
    hours = honest(seed=2)
    swapped = with_gaps(hours, "r05", range(100, 112))
    assert attribute(swapped).suspects == ()
    backwards = replace(
        hours,
        subs_wh={
            **hours.subs_wh,
            "r05": [*hours.subs_wh["r05"][:100], -900_000, *hours.subs_wh["r05"][101:]],
        },
    )
    assert attribute(backwards).suspects == ()


def test_a_room_that_was_hardly_read_is_not_judged() -> None:
    hours = with_gaps(honest(), "r02", range(200))
    found = attribute(hours)
    assert found.not_judged == ("r02",)
    assert "r02" not in [one.meter for one in found.ranked]


def test_a_room_known_to_be_empty_is_not_suspected_for_its_zeros() -> None:
    true = loads(14, 21, 8)
    shown = true.copy()
    shown[10 * 24 :, 9] = 0.0  # the tap that begins then isn't this room's
    hours = group(true, shown)
    assert "r09" in names(attribute(hours))
    told = replace(hours, empty={"r09": [at >= 10 * 24 for at in range(21 * 24)]})
    assert "r09" not in names(attribute(told))


def without_subs(hours: GroupHours) -> GroupHours:
    return replace(hours, subs_wh={})


def without_master(hours: GroupHours) -> GroupHours:
    return replace(hours, master_wh=())


def master_never_read(hours: GroupHours) -> GroupHours:
    return replace(hours, master_wh=[None] * len(hours.master_wh))


def few_hours(hours: GroupHours) -> GroupHours:
    return cut(hours, 0, 3)


def swapped_phase(hours: GroupHours) -> GroupHours:
    return replace(hours, master_wh=[None if value is None else value // 2 for value in hours.master_wh])


def nothing_read(hours: GroupHours) -> GroupHours:
    return replace(hours, subs_wh={room: [None] * len(row) for room, row in hours.subs_wh.items()})


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (without_subs, Verdict.NO_SUBS),
        (without_master, Verdict.NO_MASTER),
        (master_never_read, Verdict.NO_MASTER),
        (few_hours, Verdict.TOO_LITTLE_DATA),
        (nothing_read, Verdict.TOO_LITTLE_DATA),
        (swapped_phase, Verdict.MASTER_BELOW_SUBS),
    ],
)
def test_what_cannot_be_judged_is_named(spoil: Callable[[GroupHours], GroupHours], verdict: Verdict) -> None:
    found = attribute(spoil(honest()))
    assert found.verdict == verdict
    assert found.suspects == ()


def test_rooms_without_a_life_of_their_own_do_no_harm() -> None:
    true = loads(14, 14, 9)
    true[:, 0] = 100.0  # constant
    true[:, 1] = 0.0  # empty
    true[:, 2] = true[:, 3]  # two alike
    shown = true.copy()
    shown[:, 7] *= 0.5
    assert names(attribute(group(true, shown))) == ["r07"]


def test_of_two_rooms_that_are_alike_neither_is_sure() -> None:
    true = loads(14, 14, 10)
    true[:, 2] = true[:, 3]
    shown = true.copy()
    shown[:, 2] *= 0.4
    found = attribute(group(true, shown))
    assert all(one.confidence < 0.8 for one in found.ranked if one.meter in ("r02", "r03"))
    assert {one.meter for one in found.ranked[:2]} == {"r02", "r03"}


def test_a_group_of_one_room_is_judged() -> None:
    hours, _ = robbed({0: 0.6}, rooms=1)
    found = attribute(hours)
    assert found.verdict in (Verdict.UNDER_READING, Verdict.CORRIDOR_TAP, Verdict.BOTH)
    assert len(found.ranked) == 1


def test_the_usual_loss_is_learnt_as_it_is() -> None:
    usual = learn(honest(days=21))
    assert usual is not None
    assert abs(usual.share_ppm - 15_000) < 4 * usual.share_uncertainty_ppm
    assert learn(few_hours(honest())) is None
    assert learn(without_subs(honest())) is None
    assert learn(without_master(honest())) is None
    assert learn(swapped_phase(honest())) is None


WH = st.one_of(st.none(), st.integers(-10, 5_000), st.just(0), st.just(10**9))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_rubbish_makes_it_fall_over(data: st.DataObject) -> None:
    rooms, hours = data.draw(st.integers(1, 4)), data.draw(st.sampled_from([0, 1, 170, 200]))
    seeds = data.draw(st.lists(WH, min_size=7, max_size=7))

    def row(shift: int) -> list[int | None]:
        return [seeds[(at * (shift + 1) + shift) % 7] for at in range(hours)]

    told = GroupHours(
        0,
        row(5),
        {
            f"r{place}": row(place)[: hours - data.draw(st.integers(0, min(hours, 3)))]
            for place in range(rooms)
        },
        own_use_wh=[3] * data.draw(st.integers(0, hours + 3)),
        scatter_wh=[data.draw(st.integers(0, 300))] * data.draw(st.integers(0, hours + 3)),
        master_step_wh=data.draw(st.sampled_from([0, 1, 400])),
    )
    found = attribute(told)
    assert found.verdict in Verdict
    assert len(found.ranked) + len(found.not_judged) in (0, rooms)
    for one in found.ranked:
        assert 0.0 <= one.confidence <= 1.0
        assert 0.0 <= one.share <= 1.0
        assert np.isfinite(one.t)
        assert np.isfinite(one.evidence)
