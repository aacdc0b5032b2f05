"""Several metering points on one account's money (C-4, R-B1): one balance, one decision, every kWh with its own meter and price."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.application.accounts import quarantine
from gateway.application.alarms import station
from gateway.application.decide import approve_cuts
from gateway.application.grant import apply_voucher
from gateway.application.release import release_account
from gateway.application.settle_due import settle_due
from gateway.application.status import room_statuses
from gateway.contract.commands import BillGap, CloseAccount, DrawEmergency, Grant, Opening, TakeBack
from gateway.contract.facts import Balance, CommandOutcome, Decision, DecisionKind
from gateway.contract.rules import EmergencyRule, PolicyRule, PriceRule, SoftwareControlRule
from gateway.domain.relay import Rest, Send
from tests.application.site import PRICE, START_MS, YUAN, Site, room, tie, use

SHOP_PRICE = PriceRule("p-shop", "shop", 0, 1_000_000)
START_WH = 1_000_000
METERS = ("m1", "m2", "m3")


def three(**changes: Any) -> list[Any]:
    """Room a1 pays; a2 and the shop a3, at a price of its own, pay from it."""
    rooms = [room("a1"), room("a2", pays_from="a1"), room("a3", pays_from="a1", tariff="shop")]
    return [room(r.account, **{**_fields(r), **changes.get(r.account, {})}) for r in rooms]


def _fields(rule: Any) -> dict[str, Any]:
    return {"pays_from": rule.pays_from, "tariff": rule.tariff}


def configure(site: Site, rooms: list[Any] | None = None, **named: Any) -> Any:
    return site.configure(*(rooms or three()), prices=[PRICE, SHOP_PRICE], **named)


@pytest.fixture
def site() -> Iterator[Site]:
    """Three rooms on 10 yuan of the first, each read once."""
    made = Site()
    configure(made)
    made.grant("g1", 10 * YUAN)
    for meter in METERS:
        made.read(START_WH, meter)
    yield made
    made.journal.close()


def decisions(site: Site) -> dict[str, tuple[DecisionKind | None, str]]:
    return {name: (site.state(name).decision, site.state(name).reason) for name in ("a1", "a2", "a3")}


def shown(site: Site) -> set[int]:
    """The balances that a technician sees of the three rooms."""
    return {status.balance for status in site.do(room_statuses)}


def test_all_rooms_use_up_one_balance_each_at_its_own_price(site: Site) -> None:
    for number, meter in enumerate(METERS, start=1):
        use(site, START_WH + number * 1_000, meter=meter, minutes=61)
    left = 10 * YUAN - 3 * 558_300 - 3 * 1_000_000
    assert shown(site) == {left}, "estimated alike for all, before it is settled"
    site.do(settle_due)
    assert site.balance("a1") == left
    assert site.balance("a2") == site.balance("a3") == 0
    found = {(e.account, e.used_by, e.meter): e.energy_wh for e in site.entries("consumption")}
    assert found == {
        ("a1", None, "m1"): 1_000,
        ("a1", "a2", "m2"): 2_000,
        ("a1", "a3", "m3"): 3_000,
    }
    assert site.ask(lambda journal: journal.ledger_differences()) == []


def test_spent_by_one_each_is_cut_on_a_second_look_at_its_own_meter(site: Site) -> None:
    cut = use(site, START_WH + 11_000, meter="m3")
    assert decisions(site)["a3"] == (DecisionKind.OPEN, "credit-spent")
    assert {decisions(site)[name][0] for name in ("a1", "a2")} == {DecisionKind.CLOSE}
    assert {meter: outlook.to_cut_wh for meter, outlook in cut.others.items()} == {"m1": 0, "m2": 0}
    once = site.look(START_WH, "m1")
    assert once.confirm
    assert decisions(site)["a1"][0] is DecisionKind.CLOSE, "not on one reading (C-16)"
    site.look(START_WH, "m1", confirming=True)
    site.read(START_WH, "m2")
    assert {decision for decision, _why in decisions(site).values()} == {DecisionKind.OPEN}
    assert [site.drive(True, meter) for meter in METERS] == [False, False, False]


def test_one_grant_restores_all_and_is_followed_by_a_look_at_each(site: Site) -> None:
    use(site, START_WH + 11_000, meter="m3")
    for meter in METERS:
        site.read(START_WH + (11_000 if meter == "m3" else 0), meter)
        site.drive(True, meter)
    taken = site.grant("g2", 5 * YUAN)
    assert set(taken.relay) == set(taken.read) == set(METERS)
    assert {why for _kind, why in decisions(site).values()} == {"credit-left"}
    assert [site.drive(False, meter) for meter in METERS] == [True, True, True]


def test_a_warning_reaches_every_room_with_the_shared_balance(site: Site) -> None:
    configure(site, three(a1={"warn_at": [5 * YUAN]}))
    use(site, START_WH + 6_000, meter="m3")
    assert set(decisions(site).values()) == {(DecisionKind.WARN, "credit-low-1")}
    told = site.facts(Decision)[-3:]
    assert {fact.account for fact in told} == {"a1", "a2", "a3"}
    assert {(fact.balance, fact.facts["level"]) for fact in told} == {(4 * YUAN, 5 * YUAN)}


NOT_CUT = {
    "protected": ({"protected": True}, None, "spent-protected"),
    "in doubt": ({}, "doubt", "meter-in-doubt"),
    "quarantined": ({}, "quarantine", "account-quarantined"),
    "without a meter": ({"software": SoftwareControlRule(START_MS, 5_000)}, None, "software-control"),
}


@pytest.mark.parametrize(("rule", "trouble", "reason"), NOT_CUT.values(), ids=NOT_CUT.keys())
def test_who_is_not_cut_holds_nobody_else_up(
    site: Site, rule: dict[str, Any], trouble: str | None, reason: str
) -> None:
    configure(site, three(a2=rule))
    if trouble == "doubt":
        for _ in range(5):
            site.look(START_WH - 500, "m2")
    if trouble == "quarantine":
        site.do(quarantine, "a2", "its entries don't add up")
    use(site, START_WH + 11_000, meter="m3")
    site.read(START_WH, "m1")
    site.look(START_WH - 500 if trouble == "doubt" else START_WH, "m2", confirming=True)
    assert {name: decisions(site)[name][0] for name in ("a1", "a3")} == {
        "a1": DecisionKind.OPEN,
        "a3": DecisionKind.OPEN,
    }
    assert decisions(site)["a2"][1] == reason
    assert site.relay("m2").desired_closed is True


def test_a_member_in_quarantine_is_not_billed_and_the_others_are(site: Site) -> None:
    site.do(quarantine, "a2", "its entries don't add up")
    use(site, START_WH + 2_000, meter="m2")
    use(site, START_WH + 1_000, meter="m3")
    site.do(settle_due)
    assert site.balance("a1") == 9 * YUAN
    site.do(release_account, "a2")
    site.read(START_WH + 2_000, "m2")
    site.do(settle_due)
    use(site, START_WH + 2_000, meter="m2", minutes=61)
    site.do(settle_due)
    assert site.balance("a1") == 9 * YUAN - 2 * 558_300, "nothing of its energy was lost"


def test_the_payer_in_quarantine_holds_all_and_bills_nobody(site: Site) -> None:
    site.do(quarantine, "a1", "its entries don't add up")
    use(site, START_WH + 20_000, meter="m3")
    assert set(decisions(site).values()) == {(DecisionKind.HOLD, "account-quarantined")}
    assert site.entries("consumption") == []


def test_each_cut_of_a_shared_credit_counts_for_the_guard(site: Site) -> None:
    configure(site, policy=PolicyRule(new_account_grace_s=0, cut_guard_count=2))
    use(site, START_WH + 11_000, meter="m3")
    site.read(START_WH, "m1")
    site.read(START_WH, "m2")
    assert decisions(site)["a2"] == (DecisionKind.HOLD, "cut-guard")
    assert not site.look(START_WH, "m2").confirm
    site.do(approve_cuts, 1, site.wall_ms + 60_000, "dean")
    site.read(START_WH, "m2")
    assert decisions(site)["a2"] == (DecisionKind.OPEN, "credit-spent")


def test_limits_and_leeway_are_the_payers(site: Site) -> None:
    emergency = EmergencyRule(limit=2 * YUAN)
    configure(site, three(a1={"overdraft": YUAN, "emergency": emergency}, a3={"overdraft": 50 * YUAN}))
    use(site, START_WH + 10_500, meter="m3")
    assert decisions(site)["a3"][0] is DecisionKind.CLOSE, "within the payer's overdraft"
    use(site, START_WH + 11_500, meter="m3")
    assert decisions(site)["a3"] == (DecisionKind.OPEN, "credit-spent")
    refused = site.command(DrawEmergency("d1", "a3", "resident"))
    assert (refused.result.outcome, refused.result.detail) == (
        CommandOutcome.REFUSED,
        "account a3 pays from a1: ask it of that one",
    )
    assert site.command(DrawEmergency("d2", "a1", "resident")).relay == ("m3",)
    assert decisions(site)["a3"] == (DecisionKind.WARN, "emergency")


def test_credit_for_a_member_is_refused_by_name_on_either_carrier(site: Site) -> None:
    grant = Grant("g9", "a2", "paid", "yuan", YUAN)
    refused = site.command(grant).result
    assert (refused.outcome, refused.detail) == (
        CommandOutcome.REFUSED,
        "account a2 pays from a1: ask it of that one",
    )
    assert site.do(apply_voucher, grant).outcome is CommandOutcome.REFUSED
    configure(site, [room("a1"), room("a2"), three()[2]])
    assert site.do(apply_voucher, grant).outcome is CommandOutcome.APPLIED, "its id was not used up"


def test_what_a_member_holds_itself_waits_until_it_pays_for_itself_again() -> None:
    site = Site()
    configure(site, [room("a1"), room("a2"), room("a3", tariff="shop")])
    site.grant("g1", 10 * YUAN)
    site.grant("g2", 3 * YUAN, "a2")
    for meter in METERS:
        site.read(START_WH, meter)
    use(site, START_WH + 1_000, meter="m2")
    configure(site)
    assert site.balance("a2") == 3 * YUAN - 558_300, "settled with whom it had before"
    use(site, START_WH + 3_000, meter="m2")
    taken = site.command(TakeBack("t1", "a2", "paid", YUAN)).result
    assert taken.outcome is CommandOutcome.APPLIED
    assert site.balance("a1") == 10 * YUAN - 2 * 558_300
    configure(site, [room("a1"), room("a2"), three()[2]])
    use(site, START_WH + 4_000, meter="m2", minutes=61)
    site.do(settle_due)
    assert site.balance("a2") == 2 * YUAN - 2 * 558_300
    assert [(e.account, e.used_by, e.energy_wh) for e in site.entries("consumption")] == [
        ("a2", None, 1_000), ("a1", "a2", 2_000), ("a2", None, 1_000),
    ]  # fmt: skip
    site.journal.close()


def test_a_payer_closes_only_when_nobody_pays_from_it_any_more(site: Site) -> None:
    refused = site.command(CloseAccount("a1", True, "moves out")).result
    assert (refused.outcome, refused.detail) == (
        CommandOutcome.REFUSED,
        "a2, a3 pay from it: end that first",
    )
    use(site, START_WH + 1_000, meter="m2")
    closing = site.command(CloseAccount("a2", False, "moves out"))
    assert closing.result.outcome is CommandOutcome.PENDING
    assert use(site, START_WH + 1_500, meter="m2").closed
    assert site.balance("a1") == 10 * YUAN - 558_300 * 3 // 2, "its last kWh were paid for by whom it had"
    configure(site, [room("a1"), room("a2", pays_from="a1"), room("a3", tariff="shop")])
    assert site.command(CloseAccount("a1", False, "moves out")).result.outcome is CommandOutcome.PENDING
    joining = configure(site).result
    assert joining.outcome is CommandOutcome.REFUSED
    assert joining.detail == "account a3: a1, which it would pay from, is closed or being closed"


def test_a_gap_is_billed_to_the_payer_who_gets_the_time_to_pay(site: Site) -> None:
    configure(site, three(a3={"software": SoftwareControlRule(START_MS, 5_000)}))
    site.wait(3_600_000)
    body = BillGap("gap1", "a3", 12_000, START_MS, START_MS + 1_800_000, START_MS + 7_200_000)
    assert site.command(body).result.outcome is CommandOutcome.APPLIED
    assert site.balance("a1") == -2 * YUAN
    entry = site.entries("consumption")[-1]
    assert (entry.account, entry.used_by, entry.meter) == ("a1", "a3", None)
    site.read(START_WH, "m2")
    assert decisions(site)["a2"] == (DecisionKind.WARN, "time-to-pay")


def test_a_price_learnt_late_is_adjusted_with_whom_paid_and_for_whom(site: Site) -> None:
    use(site, START_WH + 1_000, meter="m2")
    use(site, START_WH + 1_000, meter="m3")
    site.do(settle_due)
    configure(site, [room("a1"), room("a2"), three()[2]])
    late = PriceRule("p2", "student", START_MS, 658_300)
    site.configure(room("a1"), room("a2"), three()[2], prices=[PRICE, SHOP_PRICE, late])
    adjusted = site.entries("adjustment")
    assert [(e.account, e.used_by, e.lines[0].amount) for e in adjusted] == [("a1", "a2", -100_000)]


def test_what_was_billed_on_an_untrusted_clock_is_trued_up_with_the_payer() -> None:
    site = Site(trusted=False)
    peak = PriceRule("p2", "student", START_MS, 758_300)
    rooms = [room("a1"), room("a2", pays_from="a1")]
    site.configure(*rooms, prices=[PRICE, peak])
    site.grant("g1", 10 * YUAN)
    site.read(START_WH, "m1")
    site.read(START_WH, "m2")
    use(site, START_WH + 1_000, meter="m2", minutes=61)
    site.do(settle_due)
    assert site.balance("a1") == 10 * YUAN - 558_300
    site.trusted = True
    site.do(settle_due)
    assert site.balance("a1") == 10 * YUAN - 758_300
    assert [(e.account, e.used_by) for e in site.entries("adjustment")] == [("a1", "a2")]
    site.journal.close()


def test_what_is_trued_up_for_a_point_that_is_gone_is_settled_with_who_paid() -> None:
    site = Site(trusted=False)
    peak = PriceRule("p2", "student", START_MS, 758_300)
    site.configure(room("a1"), room("a2", pays_from="a1"), prices=[PRICE, peak])
    site.grant("g1", 10 * YUAN)
    site.read(START_WH, "m2")
    use(site, START_WH + 1_000, meter="m2", minutes=61)
    site.do(settle_due)
    site.configure(room("a1"), prices=[PRICE, peak])
    site.trusted = True
    site.do(settle_due)
    assert site.balance("a1") == 10 * YUAN - 758_300
    assert [(e.account, e.used_by) for e in site.entries("adjustment")] == [("a1", "a2")]
    site.journal.close()


MISTAKES = {
    "unknown": (
        {"a2": {"pays_from": "b7"}},
        "account a2: there is no account b7 here to pay from (a merged balance lives on one gateway)",
    ),
    "chain": ({"a3": {"pays_from": "a2"}}, "account a3: a2 pays from a1 itself, so name that one"),
    "itself": ({"a2": {"pays_from": "a2"}}, "account a2 pays from itself"),
    "ring": ({"a1": {"pays_from": "a3"}}, "account a1 pays from itself"),
    "unit": (
        {"a2": {"unit": "kwh"}},
        "account a2: kept in kwh, but a1, which it pays from, in yuan",
    ),
    "payer not prepaid": (
        {"a1": {"billing": "monthly"}},
        "account a2 pays from a1, but a1 is not prepaid",
    ),
    "member not prepaid": ({"a2": {"billing": "card"}}, "account a2 pays from a1, but a2 is not prepaid"),
}


@pytest.mark.parametrize(("changes", "mistake"), MISTAKES.values(), ids=MISTAKES.keys())
def test_who_can_t_share_is_refused_by_name(site: Site, changes: dict[str, Any], mistake: str) -> None:
    refused = configure(site, three(**changes)).result
    assert refused.outcome is CommandOutcome.REFUSED
    assert mistake in refused.detail.split("; ")
    assert site.ask(lambda journal: journal.record(type(room()), "a3")).pays_from == "a1", "nothing was taken"


def test_a_payer_needs_no_meter_of_its_own() -> None:
    site = Site()
    rooms = three()
    configure(site, rooms, bindings=[tie("a2", "m2"), tie("a3", "m3")])
    site.grant("g1", 2 * YUAN)
    site.read(START_WH, "m2")
    site.read(START_WH, "m3")
    use(site, START_WH + 3_000, meter="m3")
    site.read(START_WH, "m2")
    assert decisions_of(site, "a2", "a3") == [DecisionKind.OPEN, DecisionKind.OPEN]
    assert set(site.grant("g2", 5 * YUAN).relay) == {"m2", "m3"}
    site.journal.close()


def decisions_of(site: Site, *accounts: str) -> list[DecisionKind | None]:
    return [site.state(name).decision for name in accounts]


def test_c_10_restoring_all_rooms_of_one_credit_is_staggered(site: Site) -> None:
    configure(site, policy=PolicyRule(new_account_grace_s=0, restore_gap_ms=5_000))
    use(site, START_WH + 11_000, meter="m3")
    for meter in METERS:
        site.read(START_WH + (11_000 if meter == "m3" else 0), meter)
        site.drive(True, meter)
    site.grant("g2", 5 * YUAN)
    steps = [site.step(meter) for meter in METERS]
    assert isinstance(steps[0], Send)
    assert steps[1:] == [Rest(5_000), Rest(5_000)]


def test_c_11_a_rebuilt_store_goes_on_with_the_shared_credit_where_the_old_one_ended() -> None:
    site = Site()
    epoch = site.ask(station).epoch
    registers = {"m1": START_WH, "m2": START_WH + 500, "m3": START_WH}
    configure(site, opening=Opening(epoch, [Balance("a1", "paid", "yuan", 7 * YUAN)], registers, []))
    for meter in METERS:
        use(site, START_WH + 1_000, meter=meter, minutes=61)
    site.do(settle_due)
    assert site.balance("a1") == 7 * YUAN - 1_000 * 5583 // 10 - 500 * 5583 // 10 - YUAN
    assert {(e.used_by, e.energy_wh) for e in site.entries("consumption")} == {
        (None, 1_000),
        ("a2", 500),
        ("a3", 1_000),
    }
    site.journal.close()
