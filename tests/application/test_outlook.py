"""How far each room is from its end: the plan reads by it, so it must say exactly what the next reading will decide."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract.facts import DecisionKind
from gateway.contract.rules import Billing, CutOff
from tests.application.site import PRICE, Site, room, use

START_WH = 1_000_000
PRICE_PER_WH = PRICE.micro_yuan_per_kwh / 1000


def supplied(site: Site, micro_yuan: int, **rule: object) -> None:
    """Configure one room with credit, read for the first time."""
    site.configure(room(**rule))
    site.grant("g1", micro_yuan)
    site.read(START_WH)


@settings(max_examples=40, deadline=None)
@given(micro_yuan=st.integers(1_000, 5_000_000), overdraft=st.integers(0, 1_000_000))
def test_the_end_is_where_the_outlook_said(micro_yuan: int, overdraft: int) -> None:
    """One watt-hour before it nothing is asked; at it, the reading asks for its second look."""
    site = Site()
    supplied(site, micro_yuan, overdraft=overdraft)
    site.wait(60_000)
    left_wh = site.look(START_WH, step_wh=1).outlook.to_cut_wh
    assert left_wh is not None
    assert left_wh >= 1
    site.wait(3_600_000)
    before = site.look(START_WH + left_wh - 1, step_wh=1)
    assert (before.confirm, before.outlook.to_cut_wh) == (False, 1)
    site.wait(60_000)
    at = site.look(START_WH + left_wh, step_wh=1)
    assert (at.confirm, at.outlook.to_cut_wh) == (True, 0)
    site.journal.close()


NOTHING_AHEAD = {
    "protected": {"protected": True},
    "no-cut-off": {"cut_off": CutOff.NONE},
    "monthly": {"billing": Billing.MONTHLY},
    "card": {"billing": Billing.CARD},
}


@pytest.mark.parametrize("rule", NOTHING_AHEAD.values(), ids=NOTHING_AHEAD.keys())
def test_who_is_never_cut_has_no_end_ahead(rule: dict[str, object]) -> None:
    site = Site()
    supplied(site, 1_000_000, **rule)
    assert use(site, START_WH + 100).outlook.to_cut_wh is None


def test_a_room_that_is_cut_has_nothing_ahead_until_it_is_paid_for() -> None:
    site = Site()
    supplied(site, 100_000)
    cut = use(site, START_WH + 1_000)
    assert site.state().decision is DecisionKind.OPEN
    assert cut.outlook.to_cut_wh is None
    assert use(site, START_WH + 1_000).outlook.to_cut_wh is None
    site.grant("g2", 2_000_000)
    ahead = use(site, START_WH + 1_000).outlook.to_cut_wh
    assert ahead == pytest.approx(site.balance() / PRICE_PER_WH, abs=2)


def test_the_next_warning_level_is_ahead_and_those_behind_are_not() -> None:
    site = Site()
    supplied(site, 3_000_000, warn_at=[2_000_000, 1_000_000])
    first = use(site, START_WH + 10).outlook.to_warning_wh
    assert first == pytest.approx(1_000_000 / PRICE_PER_WH - 10, abs=2)
    second = use(site, START_WH + 2_500).outlook.to_warning_wh
    assert second == pytest.approx(2_000_000 / PRICE_PER_WH - 2_500, abs=2)
    assert use(site, START_WH + 4_500).outlook.to_warning_wh is None


def test_a_meter_that_bills_no_account_has_nothing_ahead() -> None:
    site = Site()
    site.configure(room())
    posted = site.read(5_000, "master")
    assert (posted.outlook.to_cut_wh, posted.outlook.to_warning_wh) == (None, None)
