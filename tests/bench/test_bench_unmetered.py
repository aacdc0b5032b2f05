"""The bench of unmetered intervals itself, on made-up rooms: what is the same every week is found to the watt-hour."""

import random
from pathlib import Path

import pytest

from tests.bench import bench_unmetered
from tests.bench.bench_unmetered import BUILDING, HOURS, LEAST_PAST, bias, hide, kwh_off, off


def test_rooms_that_follow_their_building_are_estimated_better_than_by_their_last_days() -> None:
    dice = random.Random(3)
    weather = [dice.uniform(0.5, 1.5) for _ in range(49)]
    rooms = [
        [round(size * weather[day] * (1 + hour % 3)) for day in range(49) for hour in range(HOURS)]
        for size in (dice.randrange(40, 400) for _ in range(BUILDING))
    ]
    found = list(hide(rooms, LEAST_PAST, 1, seed=1))
    ours = [(one.wh, one.true_wh) for one in found]
    naive = [(one.naive_wh, one.true_wh) for one in found]
    assert len(found) == BUILDING
    assert off(ours) < 0.05 < off(naive)
    assert kwh_off(ours) < 0.05
    assert abs(bias(ours)) < 0.03


def test_missing_traces_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench_unmetered", "--data", str(tmp_path)])
    assert bench_unmetered.main() == 2
    assert "is missing" in capsys.readouterr().out
