"""Commands down and epochs (C-3 to C-11): numbers in order, credit once on any carrier, money out after the answer."""

import msgspec
import pytest

from central.campus.import_plan import plan_import
from central.campus.models import Account, Bucket, Building, CustomerClass, MeteringPoint, Price
from central.campus.operations import CampusRefusal, bind_meter, open_account, publish_price, set_protected
from central.desk.operations import pay
from central.desk.paying_out import pay_out_closed_account, pay_out_credit_back
from central.desk.refusals import DeskRefusal
from central.desk.refusals import Refused as DeskRefused
from central.ingest.take_message import MessageTaker
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link import operations, outbox
from central.link.configuration import ConfigurationTooBig, publish_config, publish_if_changed
from central.link.models import (
    Alarm,
    Closing,
    Command,
    Delivery,
    Gateway,
    GatewayEntry,
    GatewayEpoch,
    MirrorBalance,
    QuarantinedRow,
    TakeBackRequest,
    WatermarkCheck,
)
from central.link.openings import by_expiry
from central.link.operations import LinkRefusal
from central.link.resending import resend_grant
from central.link.signing import public_key_hex
from central.link.vouchers import VOUCHER, voucher_file
from gateway.contract import commands, rules, topics
from gateway.contract.commands import CENTRAL, RelayWish, decode_command
from gateway.contract.envelope import Sealed, body_of, keyring_from_hex, unseal
from gateway.contract.facts import Answer, CommandOutcome, EntryCause, EntryKind, EntryLine
from gateway.contract.rules import PolicyRule
from gateway.domain.configuration import mistakes
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin
from tests.central.steps import held


def opened(raw: bytes, kind: str = topics.DOWN, recipient: str = "gw-1") -> Sealed:
    sealed = unseal(raw, keyring_from_hex([public_key_hex()]), kind=kind, sender=CENTRAL, recipient=recipient)
    assert isinstance(sealed, Sealed)
    return sealed


def last(kind: str) -> Command:
    return Command.objects.filter(kind=kind).order_by("-pk").first()


def order(command: Command):
    return decode_command(bytes(command.body))


def up(taker, twin, *reported):
    return taker.take(twin.topic("up"), twin.batch(*reported), NOW_MS)


def born(taker, twin, **changes):
    twin.now_ms += 1000
    taker.take(twin.topic("birth"), twin.birth(**changes), NOW_MS)


def answered(taker, twin, command, outcome=CommandOutcome.APPLIED, **changes):
    return up(taker, twin, twin.result(command.number, command.command_id, outcome, **changes))


def test_c_3_the_configuration_is_the_campus(taker, twin):
    configure = order(last("configure"))
    assert [rule.account for rule in configure.accounts] == ["1-301.1", "1-302.1"]
    rule = configure.accounts[0]
    assert (rule.room, rule.tariff, rule.unit, rule.overdraft) == ("1-301", "dormitory", "yuan", 0)
    assert [(b.name, b.refundable) for b in rule.buckets] == [("subsidy", False), ("paid", True)]
    assert [(b.meter, b.account) for b in configure.bindings] == [("m-301", "1-301.1"), ("m-302", "1-302.1")]
    assert [p.micro_yuan_per_kwh for p in configure.prices] == [558_000]
    sealed = opened(bytes(last("configure").sealed))
    assert (sealed.number, sealed.id) == (1, last("configure").command_id)


def test_c_3_a_classs_limits_and_a_buildings_policy_are_in_the_configuration(taker, twin):
    windows = [{"window": {"days": [1], "from_minute": 0, "to_minute": 420}, "micro_yuan_per_kwh": 300_000}]
    steps = [{"above_wh": 200_000, "add_micro_yuan_per_kwh": 50_000}]
    night = {"calendar": "night", "windows": [windows[0]["window"]]}
    Building.objects.update(policy={"calendars": [night], "isolated_after_s": 14_400})
    Price.objects.update(windows=windows, steps=steps)
    CustomerClass.objects.update(
        limits={"no_cut_extra": 5_000_000, "lights_out": "night", "high_power": {"step_w": 800}}
    )
    MeteringPoint.objects.filter(code="1-301").update(
        limits={"lights_out": "", "software": {"from_ms": 5, "wh_per_day": 6_000}}
    )
    Bucket.objects.filter(name="subsidy").update(rollover_max=5_000)
    configure = order(publish_config("gw-1", NOW_MS))
    assert configure.policy == PolicyRule(
        calendars=[msgspec.convert(night, rules.CalendarRule)], isolated_after_s=14_400
    )
    assert msgspec.to_builtins((configure.prices[0].windows, configure.prices[0].steps)) == (windows, steps)
    first, second = configure.accounts
    assert (first.lights_out, second.lights_out, second.no_cut_extra) == ("", "night", 5_000_000)
    assert (first.software, second.software) == (rules.SoftwareControlRule(5, 6_000), None)
    assert second.high_power == rules.HighPowerRule(800)
    assert [b.rollover_max for b in first.buckets] == [5_000, 0]
    assert mistakes(configure, []) == []


def test_r_4_3_5_a_gap_and_an_emergency_are_asked_once(taker, twin):
    asked = operations.ask_emergency("d1", "1-301.1", actor="desk", now_ms=NOW_MS)
    assert order(asked) == commands.DrawEmergency("d1", "1-301.1", "desk")
    assert operations.ask_emergency("d1", "1-301.1", actor="desk", now_ms=NOW_MS) == asked
    gap = {"grace_until_ms": 50, "actor": "boss", "note": "", "now_ms": NOW_MS}
    billed = operations.ask_gap("g1", "1-301.1", 9_000, 5, 6, **gap)
    assert order(billed) == commands.BillGap("g1", "1-301.1", 9_000, 5, 6, 50)
    assert operations.ask_gap("g1", "1-301.1", 9_001, 5, 6, **gap).why is LinkRefusal.EXISTS_WITH_DIFFERENT
    assert operations.ask_gap("g2", "1-301.1", 0, 5, 6, **gap).why is LinkRefusal.NOT_POSITIVE
    assert operations.ask_emergency("d2", "x", actor="desk", now_ms=NOW_MS).why is LinkRefusal.UNKNOWN_ACCOUNT
    answered(taker, twin, billed)
    billed.refresh_from_db()
    assert billed.outcome == "applied"


def test_c_3_a_change_is_published_once_with_a_higher_version(taker, twin):
    assert publish_if_changed("gw-1", NOW_MS) is None
    set_protected("1-301", True, actor="boss", why="pump", now_ms=NOW_MS)
    command = publish_if_changed("gw-1", NOW_MS)
    assert order(command).version == 2
    assert order(command).accounts[0].protected
    assert publish_if_changed("gw-1", NOW_MS) is None
    answered(taker, twin, command)
    assert Gateway.objects.get().applied_config_version == 2


def test_a_building_beyond_one_message_is_said_so(taker, monkeypatch):
    monkeypatch.setattr("central.link.configuration.MAX_BYTES", 2_500)
    with pytest.raises(ConfigurationTooBig, match="split the building"):
        publish_config("gw-1", NOW_MS)


def test_c_3_a_meter_does_not_go_back_to_the_account_before_when_its_own_is_closed(taker):
    bind_meter("m-301", "1-302.1", NOW_MS, None, actor="boss", now_ms=NOW_MS)
    tied = lambda: [(b.meter, b.account) for b in order(publish_config("gw-1", NOW_MS)).bindings]  # noqa: E731
    assert ("m-301", "1-301.1") in tied()
    Account.objects.filter(code="1-302.1").update(state=Account.State.CLOSED)
    assert tied() == []


def test_c_9_a_price_has_an_instant_and_is_never_changed(taker):
    price = publish_price("dormitory", "0.5583", NOW_MS + 1, actor="boss", now_ms=NOW_MS)
    assert price.micro_yuan_per_kwh == 558_300
    again = publish_price("dormitory", "0.6", NOW_MS + 1, actor="boss", now_ms=NOW_MS)
    assert again.why == CampusRefusal.PRICE_EXISTS
    for wrong in ("0.55831", "abc", "-1", "1e3000", "NaN"):
        assert (
            publish_price("dormitory", wrong, NOW_MS + 2, actor="x", now_ms=NOW_MS).why
            == CampusRefusal.NOT_A_PRICE
        )
    assert len(order(publish_if_changed("gw-1", NOW_MS)).prices) == 2


def test_c_4_a_merged_balance_lives_on_one_gateway(taker):
    assert bind_meter("m-302", "1-301.1", NOW_MS, None, actor="boss", now_ms=NOW_MS).account.code == "1-301.1"
    refused = bind_meter("m-101", "1-301.1", NOW_MS, None, actor="boss", now_ms=NOW_MS)
    assert (refused.why, refused.what) == (CampusRefusal.ACROSS_GATEWAYS, "m-101 / 1-301.1")


def test_c_5_numbers_are_in_order_and_a_gap_is_sent_again_from_there(taker, twin, cashier):
    for index in range(3):
        pay(f"p{index}", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    sent = outbox.to_send(NOW_MS, 5_000)
    assert [c.number for c in sent] == [1, 2, 3, 4]
    outbox.mark_sent(sent, NOW_MS)
    assert outbox.to_send(NOW_MS + 4_000, 5_000) == []
    taker.take(twin.topic("answer"), twin.sealed("answer", Answer(4, "gap", 3)), NOW_MS)
    again = outbox.to_send(NOW_MS + 4_000, 5_000)
    assert [c.number for c in again] == [3, 4]
    assert bytes(again[0].sealed) == bytes(sent[2].sealed), "the same bytes: EXISTS at the gateway"


def test_c_5_without_an_answer_it_is_sent_again_whatever_the_broker_says(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    outbox.mark_sent(outbox.to_send(NOW_MS, 5_000), NOW_MS)
    assert len(outbox.to_send(NOW_MS + 5_000, 5_000)) == 2
    taker.take(twin.topic("state"), msgspec.json.encode({"online": False, "boot": "boot-1"}), NOW_MS)
    assert len(outbox.to_send(NOW_MS + 5_000, 5_000)) == 2, "the state is not signed: nothing follows from it"
    Gateway.objects.update(last_seen_ms=NOW_MS - 600_000)
    assert outbox.to_send(NOW_MS + 5_000, 5_000) == [], "not heard for long: at a slower pace"
    assert len(outbox.to_send(NOW_MS + 120_000, 5_000)) == 2
    born(taker, twin, last_command=1)
    assert [c.number for c in outbox.to_send(NOW_MS, 5_000)] == [2], "a birth is sent what it lacks"


def test_what_was_sent_while_the_clock_was_ahead_is_sent_again(taker, twin):
    """A server whose clock battery is dead may start a year late or early: a payment must not wait for that year."""
    ahead_ms = NOW_MS + 365 * 86_400_000
    sent = outbox.to_send(ahead_ms, 5_000)
    outbox.mark_sent(sent, ahead_ms)
    assert outbox.to_send(NOW_MS, 5_000) == sent
    outbox.mark_sent(sent, NOW_MS)
    assert outbox.to_send(NOW_MS, 5_000) == []


def test_c_5_an_answered_command_is_not_sent_again_and_a_refusal_is_an_alarm(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    answered(taker, twin, last("configure"))
    answered(taker, twin, last("grant"), CommandOutcome.UNKNOWN_ACCOUNT, detail="1-301.1")
    assert outbox.to_send(NOW_MS, 5_000) == []
    assert Delivery.objects.get().refused == "unknown-account"
    assert Alarm.objects.get(what="command-refused").cleared_ms is None
    resend_grant("p-p1", actor="boss", now_ms=NOW_MS)
    assert (last("grant").number, Delivery.objects.get().refused) == (3, "")
    answered(taker, twin, last("grant"))
    assert Alarm.objects.get(what="command-refused").cleared_ms is not None


def test_an_answer_to_a_command_never_sent_is_quarantined(taker, twin):
    up(taker, twin, twin.result(7, "c-unknown", CommandOutcome.APPLIED))
    assert "never sent" in QuarantinedRow.objects.get().reason


def test_c_5_a_relay_wish_expires_and_credit_does_not(taker, twin, cashier):
    command = operations.set_relay("m-301", RelayWish.LOCK_OUT, actor="eli", why="work", now_ms=NOW_MS)
    assert opened(bytes(command.sealed)).expires_ms == NOW_MS + operations.RELAY_WISH_LASTS_MS
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    assert opened(bytes(last("grant").sealed)).expires_ms is None
    assert (
        operations.set_relay("m-9", RelayWish.OPEN, actor="e", why="w", now_ms=1).why
        == LinkRefusal.UNKNOWN_METER
    )
    assert (
        operations.set_relay("m-301", RelayWish.OPEN, actor="e", why=" ", now_ms=1).why
        == LinkRefusal.NO_REASON
    )
    assert (
        operations.set_relay("m-101", RelayWish.OPEN, actor="e", why="w", now_ms=1).why
        == LinkRefusal.NO_GATEWAY
    )


def test_c_10_a_second_signature_is_passed_on_with_its_end(taker):
    command = operations.approve_cuts(
        "gw-1", 30, NOW_MS + 60_000, second_key="ab", second_signature="cd", actor="boss", now_ms=NOW_MS
    )
    assert order(command) == commands.ApproveCuts(30, NOW_MS + 60_000, "ab", "cd")
    assert opened(bytes(command.sealed)).expires_ms == NOW_MS + 60_000


def test_c_6_a_voucher_carries_the_same_grant_as_the_command(taker, twin, cashier):
    for name in ("p1", "p2"):
        pay(name, "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted("p-p1", "1-301.1", 50_000_000))
    listed, envelope = voucher_file("gw-1", actor="anna", now_ms=NOW_MS).strip().split(b"\n\n")
    assert body_of(opened(listed, VOUCHER), commands.VoucherList).grants == ["p-p2"]
    sealed = opened(envelope, VOUCHER)
    assert sealed.number == 0
    assert bytes(sealed.body) == bytes(Command.objects.get(subject="p-p2").body)
    up(
        taker,
        twin,
        twin.granted("p-p2", "1-301.1", 50_000_000),
        twin.result(0, "p-p2", CommandOutcome.APPLIED),
    )
    assert voucher_file("gw-1", actor="anna", now_ms=NOW_MS) == b""
    assert not QuarantinedRow.objects.exists()


def ask_back(amount=30_000_000, request_id="r1"):
    return operations.ask_credit_back(
        request_id, "1-301.1", "paid", amount, actor="boss", why="wrong room", now_ms=NOW_MS
    )


def with_credit(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted("p-p1", "1-301.1", 50_000_000))


@pytest.mark.parametrize("left", [30_000_000, 12_345_678, 0])
def test_c_7_credit_is_asked_back_and_only_what_was_taken_is_paid_out(taker, twin, cashier, left):
    with_credit(taker, twin, cashier)
    request = ask_back()
    assert ask_back() == request
    assert ask_back(31_000_000).why == LinkRefusal.EXISTS_WITH_DIFFERENT
    assert order(last("take-back")) == commands.TakeBack("r1", "1-301.1", "paid", 30_000_000)
    assert balance(chart.take_back_pending("yuan")) == 30_000_000
    assert pay_out_credit_back("r1", cashier, now_ms=NOW_MS) == DeskRefused(DeskRefusal.NOT_FINAL)
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == 50_000_000, "asked is not done"
    lines = [EntryLine("paid", "yuan", -left, 0)] if left else []
    if left:
        up(
            taker,
            twin,
            twin.entry(EntryKind.TAKEN_BACK, "1-301.1", -left, source="r1", cause=EntryCause.COMMAND),
        )
    outcome = CommandOutcome.APPLIED if left == 30_000_000 else CommandOutcome.PARTLY
    answered(taker, twin, last("take-back"), outcome, taken=lines)
    request.refresh_from_db()
    assert (request.state, request.taken) == (TakeBackRequest.State.SETTLED, left)
    assert balance(chart.take_back_pending("yuan")) == 0
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == 50_000_000 - left
    paid_out = pay_out_credit_back("r1", cashier, now_ms=NOW_MS)
    if left == 0:
        assert paid_out == DeskRefused(DeskRefusal.NOTHING_LEFT)
        return
    assert paid_out.amount_fen == left // 10_000
    assert pay_out_credit_back("r1", cashier, now_ms=NOW_MS).existed
    assert balance(chart.cash()) == 50_000_000 - left // 10_000 * 10_000
    assert balance(chart.rounding()) == left % 10_000
    assert not Alarm.objects.filter(what="take-back-differs").exists()
    assert [c.fault for c in verify_books()] == [""] * 4


def test_c_7_a_refused_request_books_nothing(taker, twin, cashier):
    with_credit(taker, twin, cashier)
    request = ask_back()
    answered(taker, twin, last("take-back"), CommandOutcome.UNKNOWN_ACCOUNT)
    request.refresh_from_db()
    assert request.state == TakeBackRequest.State.REFUSED
    assert balance(chart.take_back_pending("yuan")) == 0
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == 50_000_000


def test_c_7_an_answer_that_differs_from_the_entries_is_an_alarm(taker, twin, cashier):
    with_credit(taker, twin, cashier)
    ask_back()
    answered(taker, twin, last("take-back"), taken=[EntryLine("paid", "yuan", -5, 0)])
    assert Alarm.objects.filter(what="take-back-differs", cleared_ms=None).exists()


def closed(taker, twin):
    closing = operations.ask_closing("1-301.1", actor="boss", why="moves out", now_ms=NOW_MS)
    command = last("close-account")
    answered(taker, twin, command, CommandOutcome.PENDING)
    closing.refresh_from_db()
    assert closing.state == Closing.State.PENDING
    return closing, command


def test_c_8_final_register_and_lock_out_first_then_money_leaves(taker, twin, cashier):
    with_credit(taker, twin, cashier)
    closing, command = closed(taker, twin)
    assert operations.ask_closing("1-301.1", actor="boss", why="again", now_ms=NOW_MS) == closing
    assert pay("p2", "1-301.1", 100, cashier, now_ms=NOW_MS) == DeskRefused(DeskRefusal.ACCOUNT_NOT_OPEN)
    assert pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS) == DeskRefused(
        DeskRefusal.NOT_FINAL
    )
    assert open_account("1-301", [], NOW_MS, actor="b", now_ms=NOW_MS).why == CampusRefusal.ACCOUNT_NOT_CLOSED
    used = twin.consumption("1-301.1", 10_000, 10_000, cause=EntryCause.CLOSING)
    rest = twin.entry(
        EntryKind.TAKEN_BACK, "1-301.1", -44_420_000, cause=EntryCause.CLOSING, source=command.command_id
    )
    up(taker, twin, used, rest)
    answered(taker, twin, command, final_register_wh=10_000, taken=rest.lines)
    closing.refresh_from_db()
    assert (closing.state, closing.final_register_wh) == (Closing.State.FINAL, 10_000)
    assert closing.left == [["paid", "yuan", 44_420_000]]
    paid_out = pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS)
    assert (paid_out.amount_fen, paid_out.existed) == (4_442, False)
    assert pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS).existed
    assert balance(chart.cash()) == 5_580_000
    new = open_account("1-301", [("8", "Sun")], NOW_MS, actor="boss", now_ms=NOW_MS)
    assert new.code == "1-301.2"
    configure = order(publish_if_changed("gw-1", NOW_MS))
    assert "1-301.1" not in [rule.account for rule in configure.accounts]
    assert ("m-301", "1-301.2") in [(b.meter, b.account) for b in configure.bindings]
    assert [c.fault for c in verify_books()] == [""] * 4


def test_c_8_what_was_a_gift_lapses_and_what_is_owed_is_kept_back(taker, twin, cashier):
    with_credit(taker, twin, cashier)
    closing, command = closed(taker, twin)
    entries = [
        twin.entry(EntryKind.ADJUSTMENT, "1-301.1", 3_000_000, bucket="subsidy"),
        twin.entry(EntryKind.TAKEN_BACK, "1-301.1", -3_000_000, bucket="subsidy", cause=EntryCause.CLOSING),
        twin.consumption("1-301.1", 100_000, 100_000),
    ]
    up(taker, twin, *entries)
    answered(taker, twin, command, final_register_wh=100_000)
    assert balance(chart.lapsed("yuan")) == 3_000_000
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == 0
    assert balance(chart.owed("1-301.1", "yuan")) == 5_800_000, "what it was below zero is owed, by entries"
    refused = pay_out_closed_account(closing.request_id, cashier, now_ms=NOW_MS)
    assert refused == DeskRefused(DeskRefusal.NOTHING_LEFT)


def test_c_8_a_refused_closing_opens_the_account_again(taker, twin):
    closing, command = closed(taker, twin)
    answered(taker, twin, command, CommandOutcome.REFUSED)
    closing.refresh_from_db()
    assert closing.state == Closing.State.REFUSED
    assert Account.objects.get(code="1-301.1").state == Account.State.OPEN


def test_c_11_a_birth_said_again_changes_nothing(taker, twin):
    up(taker, twin, twin.reading(1), twin.reading(2))
    old = twin.birth(last_seq=0)
    taker.take(twin.topic("birth"), old, NOW_MS)
    taker.take(twin.topic("birth"), twin.birth(boot="boot-2", last_seq=2), NOW_MS)
    taker.take(twin.topic("birth"), old, NOW_MS)
    assert not Gateway.objects.get().awaits_epoch
    assert Gateway.objects.get().boot == "boot-2"


def restored(taker, twin, cashier):
    """A gateway with credit and use, whose card then goes back to before both."""
    with_credit(taker, twin, cashier)
    up(taker, twin, twin.consumption("1-301.1", 10_000, 10_000))
    pay("p2", "1-301.1", 1_000, cashier, now_ms=NOW_MS)
    twin.now_ms += 10_000
    twin.seq, twin.last_command, twin.boot = 0, 1, "boot-2"
    born(taker, twin)


def test_c_11_a_restored_card_begins_a_new_epoch_before_anything_else(taker, twin, cashier):
    restored(taker, twin, cashier)
    gateway = Gateway.objects.get()
    assert (gateway.awaits_epoch, gateway.stream, gateway.next_number) == (True, 2, 3)
    waiting = Command.objects.filter(state="queued")
    assert [(c.kind, c.number) for c in waiting] == [("begin-epoch", 2)]
    pay("p3", "1-301.1", 700, cashier, now_ms=NOW_MS)
    assert Command.objects.filter(state="queued").count() == 1, (
        "nothing is numbered before the epoch is opened"
    )
    assert operations.set_relay("m-301", RelayWish.OPEN, actor="e", why="w", now_ms=NOW_MS).why == (
        LinkRefusal.GATEWAY_BEING_RESTORED
    )
    before = balance(chart.customer("1-301.1", "paid", "yuan"))
    up(taker, twin, twin.consumption("1-301.1", 99_000, 99_000))
    assert QuarantinedRow.objects.get().reason == "epoch-went-back"
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == before


def test_c_11_the_new_epoch_opens_with_centrals_books(taker, twin, cashier):
    restored(taker, twin, cashier)
    twin.seq, twin.entries, twin.epoch, twin.last_command = 0, 0, "e2", 2
    born(taker, twin)
    configure = Command.objects.get(kind="configure", stream=3)
    opening = order(configure).opening
    assert opening.epoch == "e2"
    assert opening.balances == [commands.Balance("1-301.1", "paid", "yuan", 44_420_000, 0)]
    assert opening.registers_wh == {"m-301": 10_000}
    assert held(opening) == ["p-p1"]
    queued = Command.objects.filter(state="queued").order_by("number")
    assert [(c.number, c.kind, c.subject) for c in queued] == [(4, "configure", "2"), (5, "grant", "p-p2")]
    assert opened(bytes(configure.sealed)).number == 4
    early = twin.consumption("1-301.1", 60_000, 60_000)
    adopted = twin.entry(EntryKind.OPENING, "1-301.1", 1)
    up(taker, twin, early, adopted, twin.result(4, configure.command_id, CommandOutcome.APPLIED))
    assert list(GatewayEntry.objects.filter(epoch="e2").values_list("booked", flat=True)) == [False, False]
    assert GatewayEpoch.objects.get(epoch="e2").opened
    twin.balances = {("1-301.1", "paid", "yuan"): 44_420_000}
    twin.last_command = 5
    up(
        taker,
        twin,
        twin.granted("p-p2", "1-301.1", 10_000_000),
        twin.consumption("1-301.1", 1_000, 11_000),
        twin.watermark(),
    )
    assert WatermarkCheck.objects.get().differences == []
    assert balance(chart.customer("1-301.1", "paid", "yuan")) == 50_000_000 + 10_000_000 - 558 * 11_000


def test_c_11_the_ordered_epoch_may_show_itself_by_its_first_batch(taker, twin, cashier):
    restored(taker, twin, cashier)
    twin.seq, twin.epoch = 0, "e2"
    assert up(taker, twin, twin.reading(1)) is not None
    assert Gateway.objects.get().epoch == "e2"
    assert order(last("configure")).opening.epoch == "e2"


def test_c_11_a_rebuilt_gateway_goes_on_from_centrals_books_above_the_old_lifes_numbers(taker, twin, cashier):
    with_credit(taker, twin, cashier)
    pay("p2", "1-301.1", 1_000, cashier, now_ms=NOW_MS)
    twin.seq, twin.entries, twin.epoch, twin.last_command, twin.boot = 0, 0, "e9", 0, "boot-9"
    born(taker, twin)
    queued = Command.objects.filter(state="queued").order_by("number")
    assert [(c.number, c.kind) for c in queued] == [(4, "configure"), (5, "grant")]
    assert held(order(queued[0]).opening) == ["p-p1"]
    assert Alarm.objects.filter(what="gateway-new-epoch", cleared_ms=None).exists()


def test_c_11_until_it_is_taken_each_configuration_carries_the_opening(taker, twin, cashier):
    with_credit(taker, twin, cashier)
    twin.seq, twin.entries, twin.epoch, twin.last_command, twin.boot = 0, 0, "e9", 0, "boot-9"
    born(taker, twin)
    first = last("configure")
    taker.take(twin.topic("answer"), twin.sealed("answer", Answer(3, "exists-with-different", 9)), NOW_MS)
    again = last("configure")
    assert (again.number, order(again).opening) == (9, order(first).opening)
    set_protected("1-301", True, actor="boss", why="pump", now_ms=NOW_MS)
    assert order(publish_if_changed("gw-1", NOW_MS)).opening.epoch == "e9"
    answered(taker, twin, again)
    assert GatewayEpoch.objects.get(epoch="e9").opened, "whichever came first opened it"
    assert order(publish_config("gw-1", NOW_MS)).opening is None


def test_c_11_a_first_epoch_is_opened_too_and_nothing_is_numbered_before_its_birth(twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    assert not Command.objects.exists()
    taker = MessageTaker(on_bench=False)
    taker.take(twin.topic("birth"), twin.birth(), NOW_MS)
    queued = Command.objects.order_by("number")
    assert [(c.number, c.kind) for c in queued] == [(1, "configure"), (2, "grant")]
    serial = Delivery.objects.get().serial
    assert order(queued[0]).opening == commands.Opening("e1", [], {}, [], serial, [serial])
    answered(taker, twin, queued[0])
    assert order(publish_config("gw-1", NOW_MS)).opening is None


def test_c_11_a_row_that_differs_orders_a_new_epoch_even_without_a_birth(taker, twin, cashier):
    up(taker, twin, twin.reading(1), twin.reading(2))
    twin.seq = 0
    up(taker, twin, twin.reading(77))
    assert Gateway.objects.get().awaits_epoch
    assert order(last("begin-epoch")).seen_epoch == "e1"


def test_c_11_a_restored_central_numbers_above_the_gateway(taker, twin, cashier):
    pay("p1", "1-301.1", 5_000, cashier, now_ms=NOW_MS)
    born(taker, twin, last_command=40)
    queued = Command.objects.filter(state="queued").order_by("number")
    assert [(c.number, c.kind) for c in queued] == [(41, "configure"), (42, "grant")]
    assert Alarm.objects.filter(what="central-behind", cleared_ms=None).exists()
    taker.take(twin.topic("answer"), twin.sealed("answer", Answer(41, "exists-with-different", 44)), NOW_MS)
    queued = Command.objects.filter(state="queued").order_by("number")
    assert [(c.number, c.kind) for c in queued] == [(44, "configure"), (45, "grant")]
    assert order(operations.ask_resend("gw-1", "e1", 3, actor="test", now_ms=NOW_MS)) == commands.Resend(
        "e1", 3
    )


def test_c_11_what_is_left_belongs_to_the_grants_that_expire_last():
    mirror = MirrorBalance(account="a", bucket="subsidy", unit="kwh", amount=70)
    given = {1: 50, 2: 50, 0: 10}
    assert [(b.expires_ms, b.amount) for b in by_expiry(mirror, given)] == [(0, 10), (1, 10), (2, 50)]
    mirror.amount = -5
    assert [(b.expires_ms, b.amount) for b in by_expiry(mirror, given)] == [(0, -5)]


def test_enrolment_refuses_by_name(campus):
    key = GatewayTwin().public_key

    def enrol(gateway_id, building, public_key=key):
        return operations.enrol_gateway(gateway_id, building, public_key, actor="boss", now_ms=NOW_MS)

    assert enrol("gw/1", "1").why == LinkRefusal.BAD_ID
    assert enrol("gw-1", "1", "zz").why == LinkRefusal.BAD_KEY
    assert enrol("gw-1", "77").why == LinkRefusal.UNKNOWN_BUILDING
    assert enrol("gw-1", "1").public_key == key
    assert enrol("gw-2", "1").why == LinkRefusal.BUILDING_HAS_GATEWAY
    assert enrol("gw-1", "2").why == LinkRefusal.GATEWAY_EXISTS
    other = GatewayTwin().public_key
    assert enrol("gw-1", "1", other).public_key == other


def test_reimporting_the_campus_moves_the_revision(taker):
    before = Building.objects.get(code="1").revision
    plan = plan_import(b"building,room,class,meter\n1,303,dormitory,m-303\n")
    from central.campus.operations import carry_out

    carry_out(plan, actor="boss", now_ms=NOW_MS)
    assert Building.objects.get(code="1").revision > before
    assert MeteringPoint.objects.filter(code="1-303").exists()
    assert len(order(publish_if_changed("gw-1", NOW_MS)).accounts) == 3
