"""A day and a half of the simulated building; and that its watch sees what it should."""

import msgspec
import pytest

from gateway.application import decide, post_reading
from tests.simulate.run import simulate


@pytest.fixture(autouse=True)
def _own_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """A life makes the loops' periods coarser; they are put back afterwards."""
    from tests.simulate.gateway_life import COARSER

    for module, name in COARSER:
        monkeypatch.setattr(module, name, getattr(module, name))


def test_a_day_and_a_half_break_no_invariant() -> None:
    tally = simulate(days=1.5, seed=1)
    assert tally.counts["ledger entries"] > 50
    assert tally.counts["requests on the wires"] > 2_000
    assert tally.faults == []


def test_the_same_seed_is_the_same_building() -> None:
    first, second = simulate(days=0.5, seed=2), simulate(days=0.5, seed=2)
    assert first.counts == second.counts
    assert first.faults == second.faults == []


def test_a_gateway_that_cuts_too_early_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = decide.balance_of_all
    monkeypatch.setattr(decide, "balance_of_all", lambda points, now: honest(points, now) - 7_000_000)
    faults = simulate(days=1, seed=1, sought="truly left").faults
    assert any("truly left" in fault for fault in faults)


def test_a_gateway_that_bills_twice_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = post_reading.advance

    def counting_double(before, reading, judgement, now):  # type: ignore[no-untyped-def]
        after = honest(before, reading, judgement, now)
        return msgspec.structs.replace(after, total_wh=after.total_wh + judgement.delta_wh)

    monkeypatch.setattr(post_reading, "advance", counting_double)
    faults = simulate(days=1, seed=1, sought="truly used").faults
    assert any("truly used" in fault for fault in faults)
