"""The loss bench itself, on made-up households: it finds a tap, keeps quiet without one, and says when the traces are missing."""

import random
from pathlib import Path

import pytest

from tests.bench import bench_loss
from tests.bench.bench_loss import watch
from tests.bench.simulated_building import HOURS, BuildingHours, Tap, buildings, day_balances, rule_of

DAYS, ROOMS = 35, 12


@pytest.fixture(scope="module")
def building() -> BuildingHours:
    dice = random.Random(7)
    shape = [
        80,
        60,
        50,
        50,
        60,
        90,
        150,
        200,
        150,
        100,
        100,
        150,
        200,
        150,
        120,
        120,
        150,
        250,
        350,
        400,
        350,
        250,
        150,
        100,
    ]
    households = [
        [round(hour * dice.uniform(0.6, 1.4)) for _ in range(DAYS) for hour in shape] for _ in range(ROOMS)
    ]  # fmt: skip
    (one,) = buildings(households, ROOMS, 1, seed=3)
    return one


def test_the_building_balances_but_for_its_technical_loss(building: BuildingHours) -> None:
    whole = [rows[-1] for _, rows in day_balances(building, Tap(), rule_of(ROOMS, 50_000))]
    lost = sum(day.loss_wh for day in whole) / sum(day.master_wh for day in whole)
    assert 0.0 < lost < 0.04
    assert len(whole) == DAYS


def test_hours_add_up_to_their_day(building: BuildingHours) -> None:
    for _, rows in day_balances(building, Tap(0.03, 10), rule_of(ROOMS, 50_000)):
        assert len(rows) == HOURS + 1
        assert sum(row.master_wh for row in rows[:-1]) == rows[-1].master_wh
        assert sum(row.subs_wh for row in rows[:-1]) == rows[-1].subs_wh


def test_a_tap_is_found_by_the_calibrated_rule_and_nothing_without_one(building: BuildingHours) -> None:
    assert watch(building, Tap()).raised["calibrated"] == []
    found = watch(building, Tap(0.05, 20)).raised["calibrated"]
    assert len(found) == 1
    assert 20 <= found[0] < 23


def test_missing_traces_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench_loss", "--data", str(tmp_path)])
    assert bench_loss.main() == 2
    assert "is missing" in capsys.readouterr().out
