"""One meter's energy is billed once, to one account, whatever bindings come, go and come back (C-3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.application.settle_due import settle_due
from gateway.contract.commands import Opening
from gateway.contract.facts import Entry
from gateway.contract.meter_facts import MeterBound
from gateway.domain.reading import DLT645_SPAN_WH, MeterState
from tests.application.site import HOUR_MS, YUAN, Site, room, tie, use


def settled(site: Site) -> None:
    site.wait(2 * HOUR_MS)
    for meter in ("m1", "m2"):
        found = site.ask(lambda journal, m=meter: journal.record(MeterState, m))
        if found is not None and found.register_wh is not None:
            site.read(found.register_wh, meter=meter)
    site.do(settle_due)


@pytest.mark.parametrize("baseline_wh", [None, 0])
def test_c_3_an_accounts_newest_binding_wins_and_the_old_meter_does_not_take_it_back(
    baseline_wh: int | None,
) -> None:
    site = Site()
    site.configure(room(), bindings=[tie(), tie("a1", "m2", from_ms=1_000, baseline_wh=baseline_wh)])
    site.grant("g", 1_000 * YUAN)
    for step in range(1, 6):
        use(site, 50_000 + step * 1_000, 60)
        site.read(100 + step * 1_000, meter="m2")
    settled(site)
    assert site.state().meter == "m2"
    assert {entry.meter for entry in site.entries("consumption")} == {"m2"}
    assert site.billed_wh() == (5_100 if baseline_wh == 0 else 4_000)


def test_c_3_a_meter_that_comes_back_to_an_account_is_not_billed_again() -> None:
    site = Site()
    first = tie("a1", "m1", baseline_wh=0)
    site.configure(room(), bindings=[first])
    site.grant("g", 1_000 * YUAN)
    for step in range(1, 11):
        use(site, step * 10_000, 600)
    site.configure(room(), room("a2"), bindings=[first, tie("a2", "m1", from_ms=site.wall_ms)])
    site.grant("g2", 1_000 * YUAN, account="a2")
    for step in range(11, 21):
        use(site, step * 10_000, 600)
    site.configure(room(), bindings=[first])
    use(site, 210_000, 600)
    settled(site)
    assert site.billed_wh("a1") + site.billed_wh("a2") == 210_000


@pytest.mark.parametrize("gap_wh", [0, 1_900])
def test_c_12_a_meter_that_rolled_over_since_its_recorded_register_loses_nothing_when_it_is_bound_again(
    gap_wh: int,
) -> None:
    """A central restored from before a swap takes the binding away, hears of the swap by rows sent again, and gives it back."""
    site = Site()
    bound = tie(from_ms=site.wall_ms, baseline_wh=DLT645_SPAN_WH - 500)
    site.configure(bindings=[bound])
    site.grant("g", 1_000 * YUAN)
    use(site, DLT645_SPAN_WH - 400, 60)
    use(site, 34_400, 24 * 60)
    site.configure(bindings=[])
    use(site, 34_400 + gap_wh)
    site.configure(bindings=[bound])
    use(site, 36_380, 60)
    settled(site)
    assert "binding-baseline" not in site.standing()
    moved = [(entry.register_from_wh, entry.register_to_wh) for entry in site.entries("consumption")]
    assert moved[0][0] == DLT645_SPAN_WH - 500
    assert moved[-1][1] == 36_380
    assert [to for _, to in moved[:-1]] == [since for since, _ in moved[1:]], "one register follows the other"
    assert site.billed_wh() == 500 + 36_380


moves = st.lists(st.tuples(st.sampled_from(["m1", "m2"]), st.sampled_from(["a1", "a2", "gone"])), max_size=6)


@settings(max_examples=60, deadline=None)
@given(moves=moves, baseline_wh=st.sampled_from([None, 0]))
def test_c_3_no_order_of_bindings_bills_more_than_the_registers_moved(
    moves: list[tuple[str, str]], baseline_wh: int | None
) -> None:
    site = Site()
    registers = {"m1": 0, "m2": 0}
    bindings = []
    for meter, account in moves:
        if account == "gone":
            bindings = [one for one in bindings if one.meter != meter]
        else:
            bindings.append(tie(account, meter, from_ms=site.wall_ms, baseline_wh=baseline_wh))
        site.configure(room(), room("a2"), bindings=list(bindings))
        for _ in range(2):
            site.wait(HOUR_MS)
            for name in registers:
                registers[name] += 700
                site.read(registers[name], meter=name)
        site.wait(60_000)
    settled(site)
    per_meter: dict[str, int] = {}
    for entry in site.entries("consumption"):
        assert entry.energy_wh > 0
        per_meter[entry.meter] = per_meter.get(entry.meter, 0) + entry.energy_wh
    assert all(wh <= registers[meter] for meter, wh in per_meter.items())


def test_c_11_a_binding_is_told_with_its_register_so_that_a_new_card_goes_on_there() -> None:
    site = Site()
    site.configure(room(), room("a2"), bindings=[tie()])
    site.read(50_000)
    site.grant("g", 10 * YUAN)
    use(site, 50_700, 60)
    site.configure(room(), room("a2"), bindings=[tie(), tie("a2", "m1", from_ms=site.wall_ms)])
    use(site, 50_900, 60)
    facts = [fact for fact in site.facts(MeterBound, Entry) if getattr(fact, "meter", None)]
    ((first_at, first), (second_at, second)) = (
        (place, fact) for place, fact in enumerate(facts) if isinstance(fact, MeterBound)
    )
    assert (first.account, first.register_wh) == ("a1", 50_000)
    assert (second.account, second.register_wh, second.at.trusted) == ("a2", 50_900, True)
    assert {fact.register_to_wh for fact in facts[:second_at] if isinstance(fact, Entry)} >= {50_900}
    assert first_at < second_at
    new = Site()
    opening = Opening(
        new.booted.epoch, [], {"m1": second.register_wh}, [], billed_ms={"m1": second.at.wall_ms}
    )
    new.configure(room(), room("a2"), bindings=[tie("a2")], opening=opening)
    new.read(51_400)
    new.wait(2 * HOUR_MS)
    new.read(51_400)
    new.do(settle_due)
    assert new.billed_wh("a2") == 500
    assert not new.facts(MeterBound), "central said it"
