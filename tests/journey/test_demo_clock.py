"""The campus's time: stands still while stopped, never goes back, even when nobody noted the end."""

import json

from firmware_tools.campus import demo_clock
from firmware_tools.campus.demo_clock import DemoClock


class World:
    """The world's time, in a test's hand."""

    def __init__(self, monkeypatch) -> None:
        self.now_ms = 1_700_000_000_000
        monkeypatch.setattr(demo_clock, "real_now_ms", lambda: self.now_ms)


def test_time_runs_at_its_rate_and_stands_still_while_stopped(tmp_path, monkeypatch):
    world = World(monkeypatch)
    clock = DemoClock.resume(tmp_path, rate=60, first_ms=1_000_000)
    world.now_ms += 10_000
    assert clock.now_ms() == 1_600_000
    clock.stop()
    world.now_ms += 86_400_000
    assert DemoClock.resume(tmp_path, rate=1, first_ms=0).now_ms() == 1_600_000
    assert json.loads((tmp_path / "clock.json").read_text()) == {
        "demo_epoch_ms": 1_600_000,
        "real_epoch_ms": world.now_ms,
        "rate": 1,
    }


def test_time_never_goes_back_when_the_supervisor_was_killed(tmp_path, monkeypatch):
    world = World(monkeypatch)
    clock = DemoClock.resume(tmp_path, rate=60, first_ms=1_000_000)
    clock.keep()
    world.now_ms += 2_900
    reached_ms = clock.now_ms()
    assert DemoClock.resume(tmp_path, rate=60, first_ms=0).now_ms() >= reached_ms
