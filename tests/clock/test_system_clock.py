"""The gateway's clock: one boot's instants compare, a bench's time runs faster, doubt shows in each instant."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.adapters.system_clock import BenchTime, NotABenchFile, RealTime, SystemClock, read_bench_file
from gateway.domain.clock_trust import RELEASED_MS, ClockDoubt


@dataclass
class SetTime(RealTime):
    """The machine's clocks, set by the test."""

    wall: int = RELEASED_MS + 1_000_000
    monotonic: int = 50_000

    def wall_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.monotonic

    def pass_ms(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.monotonic += milliseconds


def test_two_daemons_of_one_boot_tell_comparable_instants() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.boot == second.boot
    assert second.monotonic_ms >= first.monotonic_ms
    assert first.trusted


def test_a_machine_without_a_boot_id_gets_one_per_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.adapters.system_clock.KERNEL_BOOT_ID", Path("/nonexistent"))
    assert SystemClock().boot != SystemClock().boot


def test_the_wall_is_doubted_and_believed_again_as_central_says() -> None:
    time = SetTime()
    clock = SystemClock(source=time)
    assert clock.now().trusted
    clock.heard_central(time.wall + 3_600_000)
    assert (clock.now().trusted, clock.doubt) == (False, ClockDoubt.DISAGREES_WITH_CENTRAL)
    clock.heard_central(time.wall + 1_000)
    assert (clock.now().trusted, clock.doubt) == (True, None)


def test_what_the_store_holds_is_the_floor() -> None:
    time = SetTime()
    clock = SystemClock(source=time)
    clock.know_stored(time.wall + 3_600_000)
    assert clock.now().trusted is False
    assert clock.doubt is ClockDoubt.BEFORE_LAST_STORED


def test_bench_time_runs_at_its_rate_on_both_clocks() -> None:
    time = SetTime()
    bench = BenchTime(demo_epoch_ms=RELEASED_MS + 10_000_000, real_epoch_ms=time.wall, rate=60)
    clock = SystemClock(bench=bench, source=time)
    before = clock.now()
    time.pass_ms(1_000)
    after = clock.now()
    assert before.wall_ms == bench.demo_epoch_ms
    assert after.wall_ms - before.wall_ms == after.monotonic_ms - before.monotonic_ms == 60_000
    assert after.trusted
    assert clock.real_ms(60_000) == 1_000
    assert clock.is_bench


def test_wires_and_relays_are_waited_for_in_the_worlds_time() -> None:
    time = SetTime()
    clock = SystemClock(bench=BenchTime(RELEASED_MS + 10_000_000, time.wall, 60), source=time)
    before = clock.line_now()
    time.pass_ms(1_000)
    after = clock.line_now()
    assert after.monotonic_ms - before.monotonic_ms == 1_000
    assert after.wall_ms - before.wall_ms == 60_000
    assert after.boot == before.boot != clock.now().boot
    plain = SystemClock(source=time)
    assert plain.line_now() == plain.now()


def test_instants_of_a_bench_never_compare_with_others() -> None:
    benches = [None, BenchTime(1, 2, 60), BenchTime(1, 2, 61)]
    assert len({SystemClock(bench=bench).boot for bench in benches}) == 3


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"demo_epoch_ms": 1}',
        '{"demo_epoch_ms": 1, "real_epoch_ms": 1, "rate": 0}',
        '{"demo_epoch_ms": 1, "real_epoch_ms": 1, "rate": -5}',
        '{"demo_epoch_ms": 1, "real_epoch_ms": 1, "rate": 1e9}',
        '{"demo_epoch_ms": "now", "real_epoch_ms": 1, "rate": 1}',
    ],
)
def test_a_wrong_bench_file_says_what_is_wrong(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content)
    with pytest.raises(NotABenchFile, match=r"bench\.json"):
        read_bench_file(path)


def test_a_missing_bench_file_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(NotABenchFile, match="It should hold"):
        read_bench_file(tmp_path / "none.json")


def test_a_bench_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(
        '{"demo_epoch_ms": 1, "real_epoch_ms": 2, "rate": 60, "note": "unknown fields are tolerated"}'
    )
    assert read_bench_file(path) == BenchTime(1, 2, 60)
