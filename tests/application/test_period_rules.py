"""At a period's closing instant each meter's register is told and its account's energy split there, or late (R-4.1.9)."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.application.accounts import quarantine
from gateway.application.close_period import OwnRegister, note_own_register, to_compare
from gateway.application.settle_due import settle_due
from gateway.contract.meter_facts import PeriodMethod, PeriodRegister
from gateway.contract.rules import PolicyRule, PriceRule
from gateway.domain.period import next_closing_ms
from gateway.domain.reading import DLT645_SPAN_WH
from tests.application.site import HOUR_MS, PRICE, YUAN, Site, room, tie

POLICY = PolicyRule(new_account_grace_s=0)


def near(site: Site, before_ms: int = HOUR_MS // 2) -> int:
    """Let the time be so long before the next closing instant; give it."""
    closing = next_closing_ms(site.wall_ms + before_ms, POLICY)
    site.wait(closing - before_ms - site.wall_ms)
    return closing


def told(site: Site) -> list[PeriodRegister]:
    return site.facts(PeriodRegister)


def test_the_register_at_the_instant_is_interpolated_with_its_error_and_the_entry_ends_there(
    site: Site,
) -> None:
    closing = near(site)
    site.read(52_000)
    site.wait(HOUR_MS)
    site.read(53_000)
    (fact,) = told(site)
    assert (fact.meter, fact.account, fact.period_ms, fact.register_wh) == ("m1", "a1", closing, 52_500)
    assert fact.method is PeriodMethod.INTERPOLATED
    assert 500 <= fact.uncertainty_wh <= 501
    assert (fact.from_ms, fact.to_ms) == (closing - HOUR_MS // 2, closing + HOUR_MS // 2)
    site.wait(2 * HOUR_MS)
    site.read(53_000)
    site.do(settle_due)
    ended = [e for e in site.entries("consumption") if e.cause == "closing-instant"]
    assert [(e.register_to_wh, e.at.wall_ms, e.at.trusted) for e in ended] == [(52_500, closing, True)]
    assert site.billed_wh() == 3_000
    after = next(e for e in site.entries("consumption") if e.register_from_wh == 52_500)
    assert after.from_ms == closing


def test_where_nothing_was_used_it_is_read_and_exact(site: Site) -> None:
    near(site)
    site.read(52_000)
    site.wait(HOUR_MS)
    site.read(52_000)
    (fact,) = told(site)
    assert (fact.method, fact.register_wh, fact.uncertainty_wh) == (PeriodMethod.READ, 52_000, 0)


def test_a_master_that_bills_nobody_has_its_register_too_once(site: Site) -> None:
    near(site)
    site.read(900_000, meter="m0")
    site.wait(HOUR_MS)
    site.read(910_000, meter="m0")
    site.wait(HOUR_MS)
    site.read(920_000, meter="m0")
    assert [(f.meter, f.account, f.register_wh) for f in told(site)] == [("m0", None, 905_000)]


def test_a_gateway_that_was_off_over_two_instants_tells_both(site: Site) -> None:
    first = near(site)
    site.read(52_000)
    second = next_closing_ms(first, POLICY)
    site.wait(second - site.wall_ms + HOUR_MS)
    site.restart_clock()
    site.read(152_000)
    assert [fact.period_ms for fact in told(site)] == [first, second]
    assert 52_000 < told(site)[0].register_wh < told(site)[1].register_wh < 152_000
    assert all(fact.uncertainty_wh > 0 for fact in told(site))


def test_a_register_that_wrapped_meanwhile_is_told_below_its_edge() -> None:
    site = Site()
    site.configure()
    site.grant("g", 100 * YUAN)
    near(site)
    site.read(DLT645_SPAN_WH - 1_000)
    site.wait(HOUR_MS)
    site.read(500)
    assert told(site)[0].register_wh == DLT645_SPAN_WH - 250
    site = Site()
    site.configure()
    site.grant("g", 100 * YUAN)
    near(site)
    site.read(DLT645_SPAN_WH - 100)
    site.wait(HOUR_MS)
    site.read(900)
    assert told(site)[0].register_wh == 400


def test_on_an_untrusted_clock_nothing_is_closed_and_it_is_told_late_with_both_dates(site: Site) -> None:
    closing = near(site)
    site.read(52_000)
    site.trusted = False
    for register_wh in (52_200, 53_000):
        site.wait(HOUR_MS)
        site.read(register_wh)
        site.do(settle_due)
    assert told(site) == []
    site.trusted = True
    site.wait(HOUR_MS)
    site.read(54_000)
    (fact,) = told(site)
    assert (fact.method, fact.period_ms) == (PeriodMethod.LATE, closing)
    assert fact.at.wall_ms > closing + 2 * HOUR_MS
    assert (fact.from_ms, fact.to_ms) == (closing - HOUR_MS // 2, closing + 3 * HOUR_MS // 2)
    assert site.standing() == set()
    assert 52_000 <= fact.register_wh <= 53_000
    assert fact.register_wh - fact.uncertainty_wh <= 52_100 <= fact.register_wh + fact.uncertainty_wh
    site.wait(2 * HOUR_MS)
    site.read(54_000)
    site.do(settle_due)
    assert site.billed_wh() == 4_000


def test_late_across_a_boot_without_a_clock(site: Site) -> None:
    closing = near(site)
    site.read(52_000)
    site.trusted = False
    site.restart_clock()
    site.wait(HOUR_MS)
    site.read(53_000)
    site.restart_clock()
    site.trusted = True
    site.wait(HOUR_MS)
    site.read(54_000)
    (fact,) = told(site)
    assert (fact.method, fact.period_ms) == (PeriodMethod.LATE, closing)
    assert fact.register_wh - fact.uncertainty_wh <= 52_500 <= fact.register_wh + fact.uncertainty_wh


def test_a_quarantined_accounts_meter_is_told_and_nothing_is_billed(site: Site) -> None:
    near(site)
    site.read(52_000)
    site.do(lambda journal, now: quarantine(journal, "a1", "a bug", now))
    billed = site.billed_wh()
    site.wait(HOUR_MS)
    site.read(53_000)
    assert len(told(site)) == 1
    assert site.billed_wh() == billed


def test_the_day_is_a_setting_and_one_that_no_month_has_is_refused() -> None:
    site = Site()
    site.configure(policy=msgspec.structs.replace(POLICY, period_day=10, period_minute=12 * 60))
    site.grant("g", 100 * YUAN)
    closing = next_closing_ms(site.wall_ms, PolicyRule(period_day=10, period_minute=720))
    site.wait(closing - site.wall_ms - 1)
    site.read(52_000)
    site.wait(1)
    site.read(52_000)
    assert [fact.period_ms for fact in told(site)] == [closing]
    refused = site.configure(policy=msgspec.structs.replace(POLICY, period_day=31))
    assert (refused.result.outcome.value, "day 31" in refused.result.detail) == ("refused", True)


def test_a_mended_clock_that_ran_ahead_keeps_no_later_instant_from_being_told(site: Site) -> None:
    site.read(50_000)
    site.wall_ms += 400 * 24 * HOUR_MS
    site.read(50_000)
    ahead = len(told(site))
    assert ahead > 0
    site.wall_ms -= 400 * 24 * HOUR_MS
    site.read(50_000)
    closing = near(site)
    site.read(52_000)
    site.wait(HOUR_MS)
    site.read(52_000)
    assert [fact.period_ms for fact in told(site)[ahead:]] == [closing]


def own(register_wh: int, day: int = 26, off_s: int = 0) -> OwnRegister:
    return OwnRegister(register_wh, day, 0, off_s, 10)


@pytest.mark.parametrize(
    ("kept", "own_wh", "differs"),
    [
        (own(52_500), 52_500, False),
        (own(53_020), 53_020, False),
        (own(53_021), 53_021, True),
        (own(51_900), 51_900, True),
        (own(53_100, off_s=-360), 53_100, False),
        (own(40_000, day=1), None, False),
        (None, None, False),
    ],
)
def test_the_meters_own_register_is_compared_where_it_is_of_that_instant(
    site: Site, kept: OwnRegister | None, own_wh: int | None, differs: bool
) -> None:
    near(site)
    site.read(52_000)
    site.wait(HOUR_MS)
    site.read(53_000)
    assert site.ask(lambda journal: to_compare(journal, site.now, HOUR_MS)) == []
    site.wait(HOUR_MS)
    assert site.ask(lambda journal: to_compare(journal, site.now, HOUR_MS)) == ["m1"]
    for _ in range(2):
        site.do(lambda journal, now: note_own_register(journal, "m1", kept, now))
    assert site.ask(lambda journal: to_compare(journal, site.now, HOUR_MS)) == []
    assert [fact.own_wh for fact in told(site)] == ([None] if own_wh is None else [None, own_wh])
    assert ("period-register-differs" in site.standing()) is differs


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 900)), min_size=2, max_size=12),
    price_edge=st.booleans(),
)
def test_whatever_the_readings_the_energy_is_billed_once_and_periods_join(
    steps: list[tuple[int, int]], price_edge: bool
) -> None:
    site = Site()
    closing = next_closing_ms(site.wall_ms + 2 * HOUR_MS, POLICY)
    edge = [PriceRule("p2", "student", closing + 600_000, 900_000)] if price_edge else []
    site.configure(room(), bindings=[tie()], prices=[PRICE, *edge])
    site.grant("g", 10_000 * YUAN)
    near(site, HOUR_MS)
    register_wh = 50_000
    site.read(register_wh)
    for minutes, used in steps:
        site.wait(minutes * 60_000)
        register_wh += used
        site.read(register_wh)
    site.wait(3 * HOUR_MS)
    site.read(register_wh)
    site.do(settle_due)
    assert site.billed_wh() == register_wh - 50_000
    (fact,) = told(site)
    before = sum(e.energy_wh for e in site.entries("consumption") if e.at.wall_ms <= closing)
    assert fact.register_wh == 50_000 + before
