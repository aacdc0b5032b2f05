"""Monthly allowances that roll over, and rooms without a meter, on a running gateway (R-B1, R-4.3.5, C-1, C-4, C-16)."""

import msgspec

from gateway.application.settle_due import settle_due
from gateway.application.status import room_statuses
from gateway.contract.commands import BillGap, TakeBack
from gateway.contract.facts import CommandOutcome, Decision, DecisionKind
from gateway.contract.rules import BucketRule, PriceRule, SoftwareControlRule
from gateway.domain.calendar import month_of, month_starts_ms
from tests.application.site import HOUR_MS, PAID, PRICE, YUAN, Site, room, tie, use
from tests.application.test_calendar_rules import last

DAY_MS = 24 * HOUR_MS
ROLLING = BucketRule("subsidy", "kwh", 1, False, rollover_max=5_000)


def month_end(site: Site, months: int = 1) -> int:
    return month_starts_ms(month_of(site.wall_ms, 480) + months, 480)


def allowed(rule: BucketRule, granted_wh: int = 8_000) -> Site:
    """A room with nothing but this month's allowance, on the month's last evening, supplied."""
    site = Site()
    site.wait(month_end(site) - HOUR_MS - site.wall_ms)
    site.configure(room(buckets=[rule, PAID]))
    site.grant("month", granted_wh, bucket="subsidy", expires_ms=month_end(site))
    site.read(50_000)
    return site


def test_what_is_left_of_a_month_rolls_over_up_to_its_greatest() -> None:
    kinds = []
    for rule in (ROLLING, msgspec.structs.replace(ROLLING, rollover_max=0)):
        site = allowed(rule)
        next_end = month_end(site, 2)
        use(site, 51_000, minutes=60)
        site.do(settle_due)
        (expired,) = site.entries("expired")
        rolled = 5_000 if rule.rollover_max else 0
        assert [(line.bucket, line.amount) for line in expired.lines] == [("subsidy", rolled - 7_000)]
        held = site.ask(lambda journal: journal.buckets("a1"))
        assert {b.expires_ms: b.balance for b in held if b.balance} == ({next_end: 5_000} if rolled else {})
        site.read(51_000)
        kinds.append(site.facts(Decision)[-1].decision)
    assert kinds == [DecisionKind.CLOSE, DecisionKind.OPEN]


def test_where_all_of_it_rolls_over_no_line_moves_and_the_books_add_up() -> None:
    site = allowed(ROLLING, granted_wh=4_000)
    site.wait(HOUR_MS)
    site.do(settle_due)
    (expired,) = site.entries("expired")
    assert expired.lines == []
    assert site.balance(bucket="subsidy") == 4_000
    assert site.ask(lambda journal: journal.ledger_differences()) == []
    site.wait(35 * DAY_MS)
    site.do(settle_due)
    assert len(site.entries("expired")) == 2
    taken = site.command(TakeBack("t", "a1", "subsidy", 9_000)).result.taken
    assert [line.amount for line in taken] == [-4_000]


# --- a room whose meter is missing


def unmetered(site: Site, wh_per_day: int = 6_000) -> SoftwareControlRule:
    """The module went to the maker, and there is no spare."""
    rule = SoftwareControlRule(site.wall_ms, wh_per_day)
    site.configure(room(software=rule), bindings=[])
    return rule


def test_a_room_without_a_meter_is_supplied_flagged_and_estimated(site: Site) -> None:
    rule = unmetered(site)
    assert last(site) == ("close", "software-control")
    assert site.facts(Decision)[-1].facts == {"since_ms": rule.from_ms, "wh_per_day": 6_000}
    assert "software-control" in site.standing()
    site.wait(12 * HOUR_MS)
    (status,) = site.ask(room_statuses, site.now)
    assert (status.meter, status.estimated_wh, status.reason) == (None, 3_000, "software-control")
    assert status.balance == site.balance(), "an estimate bills nothing"
    site.wait(60 * DAY_MS)
    site.do(settle_due)
    assert site.entries("consumption") == []
    assert DecisionKind.OPEN not in {d.decision for d in site.facts(Decision)}


def test_a_broken_meter_that_still_answers_cuts_nobody_under_software_control(site: Site) -> None:
    site.configure(room(software=SoftwareControlRule(site.wall_ms, 6_000)))
    use(site, 75_000)
    use(site, 75_000)
    assert last(site) == ("close", "software-control")


def back(site: Site, energy_wh: int, days_to_pay: int = 7) -> BillGap:
    """A new meter is tied, and the difference is agreed."""
    began = site.wall_ms
    unmetered(site)
    site.wait(10 * DAY_MS)
    site.configure(room(), bindings=[tie("a1", "m2", site.wall_ms)])
    site.read(0, meter="m2")
    gap = BillGap("gap1", "a1", energy_wh, began, site.wall_ms, site.wall_ms + days_to_pay * DAY_MS)
    assert site.command(gap).result.outcome is CommandOutcome.APPLIED
    return gap


def test_the_agreed_difference_is_billed_once_and_there_is_time_to_pay(site: Site) -> None:
    gap = back(site, 40_000)
    cost = 40_000 * 558_300 // 1000
    (entry,) = site.entries("consumption")
    assert (entry.energy_wh, entry.meter, entry.source, entry.from_ms) == (40_000, None, "gap1", gap.from_ms)
    assert site.balance() == 10 * YUAN - cost
    assert "software-control" not in site.standing()
    assert site.command(gap).result.outcome is CommandOutcome.EXISTS
    site.read(0, meter="m2")
    assert last(site) == ("warn", "time-to-pay")
    assert site.facts(Decision)[-1].facts == {"limit": cost, "until_ms": gap.grace_until_ms}
    site.wait(7 * DAY_MS)
    site.read(0, meter="m2")
    assert last(site) == ("open", "credit-spent")


def test_the_time_to_pay_covers_the_difference_and_no_more(site: Site) -> None:
    back(site, 40_000)
    use(site, 17_000, meter="m2")
    assert last(site) == ("warn", "time-to-pay")
    use(site, 18_000, meter="m2")
    assert last(site) == ("open", "credit-spent")


def test_the_difference_costs_the_prices_of_its_time(site: Site) -> None:
    began = site.wall_ms
    dear = PriceRule("p2", "student", began + 5 * DAY_MS, 1_000_000)
    site.configure(prices=[PRICE, dear])
    back(site, 40_000)
    assert [(e.energy_wh, e.price_version) for e in site.entries("consumption")] == [
        (20_000, "p1"),
        (20_000, "p2"),
    ]
    assert site.ask(lambda journal: journal.ledger_differences()) == []


def test_a_gap_that_makes_no_sense_is_refused(site: Site) -> None:
    now_ms = site.wall_ms
    for gap, detail in (
        (BillGap("g1", "a1", -1, now_ms - 5, now_ms, 0), "below zero"),
        (BillGap("g2", "a1", 1, now_ms, now_ms - 5, 0), "below zero"),
        (BillGap("g3", "a1", 1, now_ms, now_ms + 5, 0), "not over"),
    ):
        done = site.command(gap).result
        assert done.outcome is CommandOutcome.REFUSED
        assert detail in done.detail
    assert site.command(BillGap("g4", "x", 1, 0, 1, 0)).result.outcome is CommandOutcome.UNKNOWN_ACCOUNT
    assert site.entries("consumption") == []
