"""The theft bench itself, on made-up households: meters balance, scores count right, runs find who stole, no traces: said."""

from pathlib import Path

import numpy as np
import pytest

from tests.bench import bench_theft, sgcc_users, theft_lists, theft_runs
from tests.bench.rankings import Score
from tests.bench.stolen_energy import (
    HOURS,
    QUARTERS_PER_DAY,
    Array,
    Building,
    Kind,
    Registers,
    Theft,
    Thief,
    building_of,
    show,
)
from tests.bench.theft_baselines import BASELINES

ROOMS = 16


@pytest.fixture(scope="module")
def households() -> Array:
    dice = np.random.default_rng(3)
    quarters = 49 * QUARTERS_PER_DAY
    habit = 40 + 60 * np.sin(np.arange(quarters) / QUARTERS_PER_DAY * 6.28)[:, None] * dice.uniform(
        0, 0.6, (1, ROOMS)
    )
    return np.asarray(habit * dice.uniform(0.5, 1.5, habit.shape) + 300 * (dice.random(habit.shape) < 0.05))


@pytest.fixture(scope="module")
def building(households: Array) -> Building:
    return building_of(households, ROOMS, 28, np.random.default_rng(1))


@pytest.mark.parametrize("registers", list(Registers))
def test_the_building_balances_but_for_its_technical_loss(building: Building, registers: Registers) -> None:
    shown = show(building, Theft(), registers)
    lost = (shown.master_wh.sum() - shown.subs_wh.sum()) / shown.master_wh.sum()
    assert 0.0 < lost < 0.035
    assert shown.subs_wh.shape == (28 * HOURS, ROOMS)
    assert shown.subs_wh.min() >= 0
    assert set(np.unique(shown.subs_wh % 10)) == {0.0}


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_steals_from_its_day_on_what_the_meter_does_not_show(
    building: Building, kind: Kind
) -> None:
    honest = show(building, Theft(), Registers.FROZEN)
    shown = show(building, Theft((Thief(2, kind, 10),)), Registers.FROZEN)
    stolen = shown.stolen_wh[:, 2]
    assert stolen[: 10 * HOURS].sum() == 0 < stolen[10 * HOURS :].sum()
    missing = honest.subs_wh[:, 2].sum() - shown.subs_wh[:, 2].sum()
    assert missing == pytest.approx(stolen.sum() * building.gains[2], abs=20)
    assert np.abs(honest.master_wh - shown.master_wh).max() == 0


def test_halves_are_made_of_different_weeks(households: Array) -> None:
    double = building_of(households, 2 * ROOMS, 28, np.random.default_rng(1)).true_wh
    alike = np.corrcoef(double.T) > 0.999
    assert alike.sum() == 2 * ROOMS


def test_scores_count_right() -> None:
    score = Score()
    score.add([5, 4, 3, 2, 1], [True, False, True, False, False])
    assert score.top_k == 0.5
    assert score.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert score.auc == pytest.approx(5 / 6)


def test_the_runs_find_who_stole_and_nobody_else(households: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theft_runs, "THIEVES", 2)
    named = theft_runs.Named()
    theft_runs.attributions(households, 2, 1, ROOMS, 21, (Kind.FACTOR,), Registers.ALIGNED, named)
    assert (named.buildings, named.thieves, named.false) == (2, 4, 0)
    assert named.recall >= 0.75
    assert named.ranking.auc > 0.8
    assert set(named.beside) == set(BASELINES)


def test_taps_and_lists_are_counted(households: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (theft_runs, theft_lists):
        monkeypatch.setattr(module, "ROOMS", ROOMS)
    monkeypatch.setattr(theft_lists, "LIST_THIEVES", 2)
    monkeypatch.setattr(theft_lists, "KIND_THIEVES", 1)
    taps = theft_runs.Taps()
    theft_runs.corridor_taps(households, 1, 1, 0.1, Registers.FROZEN, taps)
    assert (taps.buildings, taps.named, taps.called) == (1, 0, 1)
    assert taps.told_share == pytest.approx(0.1 / 1.1, rel=0.2)
    lists = theft_lists.Lists()
    theft_lists.monthly_lists(households, 1, 1, Registers.FROZEN, lists)
    assert lists.both.auc > 0.9
    days = theft_lists.days_to_detect({"all": households}, 1, 1, Kind.BYPASS, Registers.FROZEN)
    assert days.thieves == 1
    assert days.within(21) == 1.0


def test_the_small_model_learns_what_is_there() -> None:
    dice = np.random.default_rng(0)
    use = dice.uniform(1, 5, (400, 26))
    label = (np.arange(400) % 4 == 0).astype(float)
    use[label == 1, 13:] *= 0.3
    features = sgcc_users._features(use)
    score = features[200:] @ sgcc_users._fit(features[:200], label[:200])
    assert sgcc_users._auc(score, label[200:]) > 0.95


def test_missing_traces_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench_theft", "--data", str(tmp_path)])
    assert bench_theft.main() == 2
    assert "is missing" in capsys.readouterr().out
