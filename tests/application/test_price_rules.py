"""Prices of the time and of the month's steps on a running gateway: what is billed, when, and what it decides (C-9, C-14, R-B1)."""

from pathlib import Path

from gateway.application.settle_due import next_price_edge, settle_due
from gateway.contract.facts import CommandOutcome, Decision, DecisionKind, EntryCause
from gateway.contract.rules import PriceRule, PriceStep, PriceWindow, WeekWindow
from gateway.domain.calendar import day_starts_ms, local_day, month_of, month_starts_ms
from gateway.domain.reading import DLT645_SPAN_WH
from tests.application.site import HOUR_MS, YUAN, Site, use

DAILY = [1, 2, 3, 4, 5, 6, 7]
DAY_MS = 24 * HOUR_MS


def midnight(site: Site) -> int:
    """The next local midnight."""
    return day_starts_ms(local_day(site.wall_ms, 480) + 1, 480)


def site_with(
    price: PriceRule, credit: int = 10 * YUAN, trusted: bool = True, path: Path | str = ":memory:"
) -> Site:
    """A room with a meter at 50 kWh, an hour before local midnight."""
    site = Site(path, trusted=trusted)
    site.wait(midnight(site) - HOUR_MS - site.wall_ms)
    site.configure(prices=[price])
    site.grant("opening", credit)
    site.read(50_000)
    return site


VALLEY = PriceRule("tou", "student", 0, 800_000, windows=[PriceWindow(WeekWindow(DAILY, 0, 420), 300_000)])


def test_c9_the_night_price_is_billed_from_its_minute_on() -> None:
    site = site_with(VALLEY)
    edge = midnight(site)
    assert site.ask(next_price_edge, site.now) == edge
    use(site, 50_500, minutes=50)
    use(site, 51_500, minutes=20)
    split = site.entries("consumption")
    assert [(e.energy_wh, e.price_micro_yuan_per_kwh, e.price_version, e.cause) for e in split] == [
        (500, 800_000, "tou", EntryCause.PRICE_EDGE),
        (500, 800_000, "tou", EntryCause.PRICE_EDGE),
        (500, 300_000, "tou", EntryCause.PRICE_EDGE),
    ]
    assert split[1].at.wall_ms == edge == split[2].from_ms
    assert site.balance() == 10 * YUAN - 800_000 - 150_000


def test_c12_a_register_that_rolls_over_behind_a_price_edge_is_told_at_the_edge_too() -> None:
    """Central goes on from the last register it has: with none at the edge, a card lost there would be billed twice."""
    site = Site()
    site.wait(midnight(site) - HOUR_MS - site.wall_ms)
    site.configure(prices=[VALLEY])
    site.grant("opening", 10 * YUAN)
    site.read(DLT645_SPAN_WH - 900)
    use(site, DLT645_SPAN_WH - 800, minutes=50)
    use(site, 200, minutes=20)
    told = [(e.register_from_wh, e.register_to_wh) for e in site.entries("consumption")]
    edge_wh = DLT645_SPAN_WH - 300
    assert told == [
        (DLT645_SPAN_WH - 900, DLT645_SPAN_WH - 800),
        (DLT645_SPAN_WH - 800, edge_wh),
        (edge_wh, 200),
    ]


def test_the_hour_of_the_day_decides_whether_a_room_is_cut() -> None:
    """0.5 yuan last for 1 kWh at night and not by day."""
    kinds = []
    for wait_h in (0, 2):
        site = site_with(VALLEY, credit=YUAN // 2)
        site.wait(wait_h * HOUR_MS)
        site.read(50_000)
        use(site, 51_000, minutes=20)
        kinds.append(site.facts(Decision)[-1].decision)
    assert kinds == [DecisionKind.OPEN, DecisionKind.CLOSE]


def test_c14_an_untrusted_night_costs_the_night_price_and_is_trued_up() -> None:
    site = site_with(VALLEY, trusted=False)
    use(site, 51_000, minutes=120)
    site.do(settle_due)
    (entry,) = site.entries("consumption")
    assert (entry.provisional, entry.price_micro_yuan_per_kwh) == (True, 300_000)
    assert site.ask(next_price_edge, site.now) is None
    site.trusted = True
    site.do(settle_due)
    (adjustment,) = site.entries("adjustment")
    assert [line.amount for line in adjustment.lines] == [-500 * 500_000 // 1000]
    assert adjustment.source == entry.entry


STEPPED = PriceRule(
    "steps", "student", 0, 500_000, steps=[PriceStep(1_000, 100_000), PriceStep(3_000, 400_000)]
)


def test_consumption_that_crosses_a_step_is_two_entries_also_across_a_restart(tmp_path: Path) -> None:
    site = site_with(STEPPED, path=tmp_path / "journal.db")
    use(site, 50_700, minutes=60)
    site.do(settle_due)
    use(site, 51_500, minutes=60)
    site.do(settle_due)
    assert [(e.energy_wh, e.price_micro_yuan_per_kwh, e.month_wh) for e in site.entries("consumption")] == [
        (700, 500_000, 0), (300, 500_000, 700), (500, 600_000, 1_000),
    ]  # fmt: skip
    assert site.balance() == 10 * YUAN - 500_000 - 300_000
    assert site.reopen().quarantined == ()
    use(site, 54_000, minutes=60)
    site.do(settle_due)
    assert [e.price_micro_yuan_per_kwh for e in site.entries("consumption")][3:] == [600_000, 900_000]


def test_a_step_makes_the_last_yuan_run_out_earlier() -> None:
    kinds = []
    for add in (0, 900_000):
        site = site_with(PriceRule("p", "student", 0, 500_000, steps=[PriceStep(500, add)]), credit=YUAN)
        use(site, 51_600, minutes=30)
        kinds.append(site.facts(Decision)[-1].decision)
    assert kinds == [DecisionKind.CLOSE, DecisionKind.OPEN]


def test_the_month_begins_below_all_steps_and_its_beginning_is_read() -> None:
    site = site_with(STEPPED)
    edge = month_starts_ms(month_of(site.wall_ms, 480) + 1, 480)
    use(site, 52_000, minutes=30)
    assert site.ask(next_price_edge, site.now) == edge
    site.wait(edge - site.wall_ms - HOUR_MS)
    site.read(52_000)
    use(site, 52_400, minutes=120)
    assert [(e.energy_wh, e.price_micro_yuan_per_kwh) for e in site.entries("consumption")][-2:] == [
        (200, 600_000), (200, 500_000),
    ]  # fmt: skip


def test_c9_steps_learnt_late_are_an_adjustment_by_the_place_in_the_month() -> None:
    flat = PriceRule("flat", "student", 0, 500_000)
    site = site_with(flat)
    began = site.wall_ms
    for register in (50_800, 51_600):
        use(site, register, minutes=60)
        site.do(settle_due)
    late = PriceRule("steps", "student", began, 500_000, steps=STEPPED.steps)
    site.configure(prices=[flat, late])
    (adjustment,) = site.entries("adjustment")
    assert [line.amount for line in adjustment.lines] == [-600 * 100_000 // 1000]


def test_c14_what_was_used_in_the_dark_takes_its_place_in_the_month() -> None:
    """Half is billed on a trusted clock, half not: together they cost what they would have cost in order."""
    site = site_with(STEPPED)
    use(site, 50_800, minutes=30)
    site.do(settle_due)
    site.trusted = False
    use(site, 51_600, minutes=30)
    site.do(settle_due)
    use(site, 51_600, minutes=40)
    site.do(settle_due)
    site.trusted = True
    site.do(settle_due)
    use(site, 51_700, minutes=60)
    site.do(settle_due)
    assert site.billed_wh() == 1_700
    assert site.balance() == 10 * YUAN - 500_000 - 700 * 600


def test_a_price_that_makes_no_sense_is_refused_whole() -> None:
    site = site_with(VALLEY)
    wrong = PriceRule(
        "w", "student", 1, 1,
        windows=[PriceWindow(WeekWindow([9], 0, 60), -1)],
        steps=[PriceStep(5, 1), PriceStep(5, -1)],
        utc_offset_minutes=10_000,
    )  # fmt: skip
    done = site.configure(prices=[VALLEY, wrong]).result
    assert done.outcome is CommandOutcome.REFUSED
    assert done.detail.count("price w") == 5
