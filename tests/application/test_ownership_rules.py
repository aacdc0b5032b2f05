"""Who owns which fact, C-1 to C-4: the gateway's side of the contract on a real journal."""

import pytest

from gateway.application.settle_due import settle_due, write_watermark
from gateway.contract.commands import Grant
from gateway.contract.facts import (
    CommandOutcome,
    Decision,
    DecisionKind,
    EntryCause,
    Watermark,
)
from gateway.contract.rules import Billing, CutOff
from tests.application.site import HOUR_MS, YUAN, Site, room, tie, use


def test_c1_the_same_grant_again_is_exists_and_credits_nothing(site: Site) -> None:
    again = site.command(Grant("opening", "a1", "paid", "yuan", 10 * YUAN))
    assert again.result.outcome is CommandOutcome.EXISTS
    assert site.balance() == 10 * YUAN


def test_c1_the_same_grant_with_other_content_is_an_alarm(site: Site) -> None:
    again = site.command(Grant("opening", "a1", "paid", "yuan", 11 * YUAN))
    assert again.result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT
    assert site.balance() == 10 * YUAN
    assert "exists-with-different" in site.standing()


def test_c1_entry_ids_are_the_gateways_own_and_unique(site: Site) -> None:
    use(site, 51_000, minutes=61)
    site.do(settle_due)
    names = [entry.entry for entry in site.entries()]
    assert len(names) == len(set(names)) > 1
    assert all(name.startswith(f"g1.{site.booted.epoch}.") for name in names)


def test_c2_a_watermark_carries_the_balances_of_its_own_row(site: Site) -> None:
    use(site, 52_000)
    site.do(settle_due)
    site.do(write_watermark)
    mark = site.facts()[-1]
    assert isinstance(mark, Watermark)
    assert mark.last_command == site.number
    mirrored: dict[tuple[str, str], int] = {}
    for entry in site.entries():
        for line in entry.lines:
            key = (entry.account, line.bucket)
            mirrored[key] = mirrored.get(key, 0) + line.amount
            assert mirrored[key] == line.balance_after
    assert {(b.account, b.bucket): b.amount for b in mark.balances} == mirrored


def test_c2_a_watermark_follows_every_configuration(site: Site) -> None:
    assert any(isinstance(fact, Watermark) for fact in site.facts())


def test_c3_a_binding_takes_effect_at_the_first_good_reading_from_its_instant() -> None:
    site = Site()
    site.configure(bindings=[tie(from_ms=site.wall_ms + HOUR_MS)])
    use(site, 10_000)
    assert site.billed_wh() == 0
    use(site, 12_000, minutes=31)
    use(site, 15_000)
    site.wait(HOUR_MS)
    site.read(15_000)
    site.do(settle_due)
    assert site.billed_wh() == 3_000


def test_c3_a_recorded_baseline_bills_from_it_on() -> None:
    site = Site()
    site.configure(bindings=[tie(from_ms=site.wall_ms, baseline_wh=9_000)])
    use(site, 10_000)
    site.do(settle_due)
    site.wait(HOUR_MS)
    site.read(10_000)
    site.do(settle_due)
    assert site.billed_wh() == 1_000


def test_c3_an_impossible_baseline_is_told_and_not_billed() -> None:
    site = Site()
    site.configure(bindings=[tie(from_ms=site.wall_ms, baseline_wh=0)])
    use(site, 90_000_000)
    assert "binding-baseline" in site.standing()
    assert site.state().settled_register_wh == 90_000_000


def test_c3_a_room_change_bills_each_account_its_own_part(site: Site) -> None:
    use(site, 51_000)
    site.configure(room(), room("a2"), bindings=[tie(), tie("a2", "m1", from_ms=site.wall_ms + 60_000)])
    use(site, 53_000)
    use(site, 57_000)
    site.wait(HOUR_MS)
    site.read(57_000)
    site.do(settle_due)
    assert (site.billed_wh("a1"), site.billed_wh("a2")) == (3_000, 4_000)
    assert [e.cause for e in site.entries("consumption") if e.account == "a1"][-1] is EntryCause.BINDING


def test_c3_a_new_meter_goes_on_billing_the_account(site: Site) -> None:
    use(site, 51_000)
    site.configure(room(), bindings=[tie(), tie("a1", "m9", from_ms=site.wall_ms)])
    use(site, 7_000, meter="m9")
    use(site, 9_000, meter="m9")
    site.wait(HOUR_MS)
    site.read(9_000, meter="m9")
    site.do(settle_due)
    assert site.billed_wh() == 1_000 + 2_000


def test_c4_buckets_are_used_in_order_and_paid_goes_below_zero() -> None:
    site = Site()
    site.configure(room(overdraft=5 * YUAN))
    site.read(0)
    site.grant("s", 1_500, bucket="subsidy")
    site.grant("p", 1 * YUAN)
    use(site, 4_000)
    site.wait(HOUR_MS)
    site.read(4_000)
    site.do(settle_due)
    assert site.balance(bucket="subsidy") == 0
    assert site.balance() == 1 * YUAN - 2_500 * 558_300 // 1000


def test_c4_the_earlier_expiry_is_used_first_and_what_is_left_lapses() -> None:
    site = Site()
    site.configure()
    site.read(0)
    site.grant("late", 2_000, bucket="subsidy", expires_ms=site.wall_ms + 9 * HOUR_MS)
    site.grant("soon", 2_000, bucket="subsidy", expires_ms=site.wall_ms + 2 * HOUR_MS)
    use(site, 500)
    site.wait(3 * HOUR_MS)
    site.do(settle_due)
    expired = site.entries("expired")
    assert [line.amount for entry in expired for line in entry.lines] == [-1_500]
    assert site.balance(bucket="subsidy") == 2_000


@pytest.mark.parametrize(
    "changes", [{"billing": Billing.MONTHLY}, {"billing": Billing.CARD}, {"cut_off": CutOff.NONE}]
)
def test_c4_monthly_card_and_uncut_accounts_are_billed_and_not_cut(changes: dict[str, object]) -> None:
    site = Site()
    site.configure(room(**changes))
    site.read(0)
    use(site, 5_000)
    assert DecisionKind.OPEN not in [d.decision for d in site.facts(Decision)]
    site.wait(HOUR_MS)
    site.read(5_000)
    site.do(settle_due)
    assert site.billed_wh() == 5_000
