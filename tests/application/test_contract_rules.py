"""Each rule of the link's contract that lies on the gateway, C-1 to C-17, on a real journal."""

import pytest

from gateway.application.apply_command import Repeated, Taken, approval_text
from gateway.application.decide import approve_cuts
from gateway.application.drive_relay import lock_out, relay_tasks, release_lock, set_override
from gateway.application.grant import apply_voucher
from gateway.application.outbox import AckOutcome, Position, acknowledge, marks, outbox_batch
from gateway.application.relay_state import CENTRAL, TECHNICIAN
from gateway.application.release import release_account
from gateway.application.settle_due import next_price_edge, settle_due, write_watermark
from gateway.application.status import room_statuses, station_status
from gateway.contract.commands import (
    Ack,
    ApproveCuts,
    BeginEpoch,
    Billing,
    CloseAccount,
    Configure,
    CutOff,
    Grant,
    Opening,
    PolicyRule,
    PriceRule,
    ReadNow,
    RelayWish,
    Resend,
    SetRelay,
    TakeBack,
    encode_command,
)
from gateway.contract.facts import (
    Answer,
    Balance,
    CommandOutcome,
    CommandResult,
    Decision,
    DecisionKind,
    EntryCause,
    ReadingOutcome,
    Readings,
    RelayReport,
    RelayVerdict,
    Watermark,
    decode_fact,
)
from gateway.domain.relay import (
    CommandAccepted,
    CommandRefused,
    CommandUnanswered,
    ObservedStatus,
    ReadBack,
    ReadBackUnanswered,
    Rest,
    Send,
    Settled,
)
from gateway.protocols.driver import RelayAction
from tests.application.site import HOUR_MS, PRICE, YUAN, Site, room, tie


@pytest.fixture
def site() -> Site:
    """One room that has 10 yuan and a meter at 50 kWh."""
    site = Site()
    site.configure()
    site.grant("opening", 10 * YUAN)
    site.read(50_000)
    return site


def use(site: Site, register_wh: int, minutes: int = 30, **named: object):
    site.wait(minutes * 60_000)
    return site.read(register_wh, **named)


# --- ownership


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


# --- down


def test_c5_a_gap_is_answered_with_the_number_expected(site: Site) -> None:
    answer = site.deliver(site.sealed(Grant("g9", "a1", "paid", "yuan", YUAN), site.number + 2))
    assert answer == Answer(site.number + 2, "gap", site.number + 1)
    assert site.balance() == 10 * YUAN


def test_c5_a_repeated_number_is_answered_from_the_inbox_and_not_done_again(site: Site) -> None:
    sealed = site.sealed(Grant("g2", "a1", "paid", "yuan", YUAN), site.number + 1)
    first = site.deliver(sealed)
    rows = len(site.facts())
    again = site.deliver(sealed)
    assert isinstance(first, Taken)
    assert again == Repeated(first.result)
    assert (site.balance(), len(site.facts())) == (11 * YUAN, rows)


def test_c5_a_number_taken_with_other_bytes_is_exists_with_different(site: Site) -> None:
    answer = site.deliver(site.sealed(ReadNow(), site.number))
    assert isinstance(answer, Answer)
    assert answer.reason == "exists-with-different"
    assert answer.expected == site.number + 1
    assert "exists-with-different" in site.standing()


def test_c5_a_command_that_is_not_known_uses_its_number_up(site: Site) -> None:
    taken = site.command(b'{"kind":"from-the-future"}')
    assert taken.result.outcome is CommandOutcome.UNSUPPORTED
    assert site.command(ReadNow()).result.outcome is CommandOutcome.APPLIED


def test_c5_relay_orders_expire_and_credit_does_not(site: Site) -> None:
    past = site.wall_ms - 1
    order = site.command(SetRelay("m1", RelayWish.OPEN, "li", "test"), expires_ms=past)
    assert order.result.outcome is CommandOutcome.EXPIRED
    late = site.command(Grant("g2", "a1", "paid", "yuan", YUAN), expires_ms=past)
    assert late.result.outcome is CommandOutcome.APPLIED


def test_c5_the_answer_and_the_deed_are_one_transaction(site: Site) -> None:
    site.grant("g2", YUAN)
    rows = site.facts()
    grants = [n for n, fact in enumerate(rows) if getattr(fact, "source", "") == "g2"]
    answers = [n for n, f in enumerate(rows) if isinstance(f, CommandResult) and f.number == site.number]
    assert len(grants) == len(answers) == 1


@pytest.mark.parametrize("voucher_first", [True, False])
def test_c6_voucher_and_command_credit_once_in_either_order(site: Site, voucher_first: bool) -> None:
    grant = Grant("v1", "a1", "paid", "yuan", 3 * YUAN)
    carriers = [lambda: site.do(apply_voucher, grant), lambda: site.command(grant).result]
    results = [carry() for carry in (carriers if voucher_first else carriers[::-1])]
    assert [result.outcome for result in results] == [CommandOutcome.APPLIED, CommandOutcome.EXISTS]
    assert site.balance() == 13 * YUAN


def test_c7_takes_min_of_asked_and_left(site: Site) -> None:
    use(site, 60_000)
    left = 10 * YUAN - 10_000 * 558_300 // 1000
    taken = site.command(TakeBack("t1", "a1", "paid", 9 * YUAN))
    assert taken.result.outcome is CommandOutcome.PARTLY
    assert [line.amount for line in taken.result.taken] == [-left]
    assert site.balance() == 0


def test_c7_takes_all_that_is_asked_and_answers_the_same_again(site: Site) -> None:
    first = site.command(TakeBack("t1", "a1", "paid", 4 * YUAN)).result
    again = site.command(TakeBack("t1", "a1", "paid", 4 * YUAN)).result
    assert (first.outcome, again.outcome) == (CommandOutcome.APPLIED, CommandOutcome.EXISTS)
    assert first.taken == again.taken
    assert site.balance() == 6 * YUAN


def test_c7_never_cuts_by_itself(site: Site) -> None:
    site.command(TakeBack("t1", "a1", "paid", 99 * YUAN))
    assert site.relay().desired_closed is True
    use(site, 50_010)
    assert site.relay().desired_closed is False


def test_c8_lock_out_is_read_back_then_the_final_register_then_money_leaves(site: Site) -> None:
    use(site, 51_000)
    pending = site.command(CloseAccount("a1", True, "moves out"))
    assert pending.result.outcome is CommandOutcome.PENDING
    use(site, 52_000)
    assert not site.state().closed
    assert site.drive(contact_closed=True) is False
    posted = use(site, 52_500)
    assert posted.closed
    end = next(
        r for r in site.facts(CommandResult) if r.number == pending.result.number and r.final_register_wh
    )
    left = 10 * YUAN - 2_500 * 558_300 // 1000
    assert (end.outcome, end.final_register_wh) == (CommandOutcome.APPLIED, 52_500)
    assert [line.amount for line in end.taken] == [-left]
    assert site.balance() == 0
    refused = site.grant("late", YUAN)
    assert refused.result.outcome is CommandOutcome.REFUSED


def test_c8_a_welded_relay_keeps_the_closing_pending(site: Site) -> None:
    site.command(CloseAccount("a1", True, "moves out"))
    step = site.step()
    assert isinstance(step, ReadBack)
    site.report(ObservedStatus(True, 900))
    site.report(CommandAccepted())
    site.wait(3_000)
    site.report(ObservedStatus(False, 900))
    use(site, 51_000)
    assert not site.state().closed
    assert "relay-contradicted" in site.standing()


def test_c8_without_lock_out_the_next_good_reading_is_final(site: Site) -> None:
    site.command(CloseAccount("a1", False, "room change"))
    assert use(site, 50_400).closed


def test_c8_without_a_meter_a_closing_ends_at_once() -> None:
    site = Site()
    site.configure(bindings=[])
    site.grant("g", YUAN)
    end = site.command(CloseAccount("a1", True, "never moved in")).result
    assert end.outcome is CommandOutcome.APPLIED
    assert [line.amount for line in end.taken] == [-YUAN]


def test_c9_an_interval_is_split_at_a_price_edge(site: Site) -> None:
    edge = site.wall_ms + HOUR_MS
    site.configure(prices=[PRICE, PriceRule("p2", "student", edge, 1_000_000)])
    assert site.ask(next_price_edge, site.now) == edge
    use(site, 50_100, minutes=50)
    use(site, 50_500, minutes=20)
    split = site.entries("consumption")
    assert [(e.energy_wh, e.price_version, e.cause) for e in split] == [
        (100, "p1", EntryCause.PRICE_EDGE),
        (200, "p1", EntryCause.PRICE_EDGE),
        (200, "p2", EntryCause.PRICE_EDGE),
    ]
    assert split[1].at.wall_ms == edge == split[2].from_ms
    assert [e.register_to_wh for e in split] == [50_100, 50_300, 50_500]


def test_c9_a_price_learnt_late_is_an_adjustment_and_nothing_is_priced_anew(site: Site) -> None:
    began = site.wall_ms
    use(site, 52_000, minutes=60)
    site.do(settle_due)
    before = site.entries("consumption")
    site.configure(prices=[PRICE, PriceRule("p2", "student", began + 30 * 60_000, 658_300)])
    assert site.entries("consumption") == before
    adjustment = site.entries("adjustment")
    assert [line.amount for e in adjustment for line in e.lines] == [-1_000 * 100_000 // 1000]
    assert site.balance() == 10 * YUAN - 1_000 * 558_300 // 1000 - 1_000 * 658_300 // 1000


def test_c9_a_price_version_never_changes_its_content(site: Site) -> None:
    taken = site.configure(prices=[PriceRule("p1", "student", 0, 1)])
    assert taken.result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT
    assert "exists-with-different" in site.standing()


def cut(site: Site) -> list[str]:
    return [d.account for d in site.facts(Decision) if d.decision is DecisionKind.OPEN]


def empty_guarded(limit: int = 2) -> Site:
    """Five rooms that run dry together after they were supplied."""
    site = Site()
    site.configure(*(room(f"a{n}") for n in range(5)), policy=PolicyRule(cut_guard_count=limit))
    for n in range(5):
        site.grant(f"g{n}", 1_000, account=f"a{n}")
        site.read(0, meter=f"m{n}")
    site.wait(600_000)
    for n in range(5):
        site.read(10, meter=f"m{n}")
    return site


def test_c10_more_cuts_than_the_guard_lets_through_are_held() -> None:
    site = empty_guarded()
    assert len(cut(site)) == 2
    held = [d for d in site.facts(Decision) if d.reason == "cut-guard"]
    assert [d.decision for d in held] == [DecisionKind.HOLD] * 3
    assert {"cut-guard", "account-held"} <= site.standing()
    assert not site.look(10, meter="m4").confirm


def test_c10_a_second_signature_lets_held_cuts_go_on() -> None:
    site = empty_guarded()
    until = site.wall_ms + HOUR_MS
    site.approves = lambda key, text, signature: (
        key == "k2" and text == approval_text("g1", 2, until) and signature == b"\x01"
    )
    refused = site.command(ApproveCuts(2, until, "k1", "01"))
    assert refused.result.outcome is CommandOutcome.NEEDS_SECOND_SIGNATURE
    assert site.command(ApproveCuts(2, until, "k2", "01")).result.outcome is CommandOutcome.APPLIED
    for n in range(5):
        site.read(10, meter=f"m{n}")
    assert len(cut(site)) == 4


def test_c10_a_person_on_site_lets_held_cuts_go_on() -> None:
    site = empty_guarded()
    site.do(lambda journal, now: approve_cuts(journal, 3, now.wall_ms + HOUR_MS, "technician", now))
    for n in range(5):
        site.read(10, meter=f"m{n}")
    assert len(cut(site)) == 5
    assert "account-held" not in site.standing()


def test_c10_the_guard_does_not_open_by_waiting() -> None:
    site = empty_guarded()
    site.wait(2 * 600_000)
    for n in range(5):
        site.read(10, meter=f"m{n}")
    assert len(cut(site)) == 2


def test_c10_restoring_is_staggered_against_inrush() -> None:
    site = Site()
    site.configure(room("a1"), room("a2"), policy=PolicyRule(restore_gap_ms=400))
    for n in (1, 2):
        site.read(0, meter=f"m{n}")
        site.grant(f"g{n}", YUAN, account=f"a{n}")
        assert isinstance(site.step(f"m{n}"), ReadBack)
    assert site.report(ObservedStatus(False, 0), "m1") == Send(close=True)
    assert site.report(ObservedStatus(False, 0), "m2") == Rest(400)
    site.wait(400)
    assert site.step("m2") == Send(close=True)


# --- up


def test_c11_rows_are_in_order_and_kept_until_acknowledged_and_after(site: Site) -> None:
    site.journal.commit()
    batch = site.ask(outbox_batch, 1)
    assert [row.seq for row in batch.rows] == [1]
    rest = site.ask(lambda journal: outbox_batch(journal, after=Position(batch.epoch, 1)))
    assert rest.rows[0].seq == 2
    last = rest.rows[-1].seq
    assert site.do(acknowledge, Ack(batch.epoch, last, 0)) is AckOutcome.TAKEN
    assert site.ask(outbox_batch) is None
    assert site.command(Resend(batch.epoch, 2)).result.outcome is CommandOutcome.APPLIED
    assert site.ask(outbox_batch).rows[0].seq == 2


def test_c11_a_gap_seen_by_central_sends_again_from_there(site: Site) -> None:
    epoch = site.booted.epoch
    site.do(acknowledge, Ack(epoch, 3, 0))
    assert site.do(acknowledge, Ack(epoch, 1, 0, expected=2)) is AckOutcome.SEND_AGAIN
    assert site.ask(outbox_batch).rows[0].seq == 2


def test_c11_acknowledged_rows_go_after_the_days_to_keep_and_not_before(site: Site) -> None:
    epoch = site.booted.epoch
    last = site.ask(lambda journal: journal.last_seq(epoch))
    site.do(acknowledge, Ack(epoch, last, 0))
    site.wait(34 * 86_400_000)
    site.do(settle_due)
    assert site.ask(lambda journal: journal.first_kept_seq(epoch)) == 1
    site.wait(2 * 86_400_000)
    site.do(settle_due)
    assert site.ask(lambda journal: journal.first_kept_seq(epoch)) == last + 1
    partly = site.command(Resend(epoch, 1)).result
    assert (partly.outcome, partly.detail) == (CommandOutcome.PARTLY, f"kept from {last + 1} on")


def test_c11_a_store_that_went_back_in_time_begins_a_new_epoch(site: Site) -> None:
    old = site.booted.epoch
    seen = site.ask(lambda journal: journal.last_seq(old)) + 40
    assert site.do(acknowledge, Ack(old, seen, 0)) is AckOutcome.AHEAD
    assert "store-behind" in site.standing()
    early = site.deliver(site.sealed(BeginEpoch(old, seen), site.number + 5))
    assert early == Answer(site.number + 5, "gap", site.number + 1)
    new = site.ask(station_status).epoch
    assert new != old
    assert [mark.epoch for mark in site.ask(marks)] == [old, new]
    batch = site.ask(outbox_batch)
    assert (batch.epoch, batch.rows[0].seq) == (new, 1)
    assert site.command(BeginEpoch(old, seen)).result.outcome is CommandOutcome.EXISTS
    assert "store-behind" not in site.standing()


def test_c11_a_rebuilt_store_goes_on_from_centrals_opening() -> None:
    site = Site()
    epoch = site.booted.epoch
    opening = Opening(
        epoch,
        [Balance("a1", "paid", "yuan", 7 * YUAN), Balance("a1", "subsidy", "kwh", 300)],
        {"m1": 80_000},
        ["old-grant"],
    )
    site.number = 56
    site.configure(opening=opening)
    assert (site.balance(), site.balance(bucket="subsidy")) == (7 * YUAN, 300)
    again = site.command(Grant("old-grant", "a1", "paid", "yuan", 5 * YUAN))
    assert again.result.outcome is CommandOutcome.EXISTS
    use(site, 81_000)
    site.wait(HOUR_MS)
    site.read(81_000)
    site.do(settle_due)
    assert site.billed_wh() == 1_000
    assert site.balance() == 7 * YUAN - 700 * 558_300 // 1000


def test_c11_an_opening_moves_a_restored_stores_balances_and_registers(site: Site) -> None:
    use(site, 52_000)
    site.do(settle_due)
    old = site.booted.epoch
    site.deliver(site.sealed(BeginEpoch(old, 9_999), site.number + 3))
    new = site.ask(station_status).epoch
    site.number += 3
    site.configure(opening=Opening(new, [Balance("a1", "paid", "yuan", 2 * YUAN)], {"m1": 55_000}, []))
    assert site.balance() == 2 * YUAN
    use(site, 55_500)
    site.wait(HOUR_MS)
    site.read(55_500)
    site.do(settle_due)
    consumption = [e for e in site.entries("consumption") if e.entry.startswith(f"g1.{new}")]
    assert sum(e.energy_wh for e in consumption) == 500
    assert site.balance() == 2 * YUAN - 500 * 558_300 // 1000


def test_c11_an_opening_for_another_epoch_is_not_adopted(site: Site) -> None:
    taken = site.configure(opening=Opening("elsewhere", [Balance("a1", "paid", "yuan", 0)], {}, []))
    assert "not adopted" in taken.result.detail
    assert site.balance() == 10 * YUAN


def test_c12_a_reading_is_not_an_entry_and_readings_travel_packed(site: Site) -> None:
    for n in range(1, 9):
        use(site, 50_000 + 10 * n, minutes=1)
    assert site.entries("consumption") == []
    packed = site.facts(Readings)[-1]
    assert [row.register_wh for row in packed.rows] == [50_000 + 10 * n for n in range(1, 9)]


def test_c12_the_hour_settles_and_keeps_the_raw_frame(site: Site) -> None:
    use(site, 51_000, minutes=61)
    site.do(settle_due)
    (entry,) = site.entries("consumption")
    assert (entry.energy_wh, entry.cause) == (1_000, EntryCause.HOUR)
    assert (entry.register_from_wh, entry.register_to_wh) == (50_000, 51_000)
    assert entry.raw_frame == "68" + (51_000).to_bytes(8, "big").hex()
    site.do(settle_due)
    assert len(site.entries("consumption")) == 1


def test_c13_decisions_grants_and_commands_want_a_commit_and_readings_do_not(site: Site) -> None:
    site.journal.commit()
    site.wait(60_000)
    site.journal.perform(lambda journal: None)
    site.look(50_010)
    assert not site.journal.commit_wanted
    assert site.journal.has_changes
    site.grant("g2", YUAN)
    assert not site.journal.has_changes


# --- time and failure


def test_c14_an_untrusted_clock_bills_the_lowest_price_and_is_trued_up() -> None:
    site = Site(trusted=False)
    edge = site.wall_ms + HOUR_MS
    site.configure(
        prices=[PRICE, PriceRule("p2", "student", edge, 1_000_000), PriceRule("old", "student", -5, 100_000)]
    )
    site.grant("g", 10 * YUAN)
    site.read(0)
    use(site, 2_000, minutes=120)
    site.do(settle_due)
    (entry,) = site.entries("consumption")
    assert entry.provisional
    assert (entry.price_version, site.balance()) == ("old", 10 * YUAN - 200_000)
    site.trusted = True
    site.do(settle_due)
    (adjustment,) = site.entries("adjustment")
    assert (adjustment.cause, adjustment.source) == (EntryCause.CLOCK, entry.entry)
    assert site.balance() == 10 * YUAN - 558_300 - 1_000_000
    site.do(settle_due)
    assert len(site.entries("adjustment")) == 1


def test_c14_after_a_restart_the_lowest_price_that_held_meanwhile_stands() -> None:
    site = Site()
    site.configure(prices=[PRICE, PriceRule("old", "student", -5, 100_000)])
    site.grant("g", 10 * YUAN)
    site.read(0)
    site.do(settle_due)
    site.restart_clock()
    site.trusted = False
    use(site, 1_000, minutes=61)
    site.do(settle_due)
    assert site.balance() == 10 * YUAN - 100_000
    site.restart_clock()
    site.trusted = True
    site.do(settle_due)
    assert site.balance() == 10 * YUAN - 558_300


def test_c14_no_expiry_and_no_edge_acts_on_an_untrusted_clock(site: Site) -> None:
    site.grant("s", 1_000, bucket="subsidy", expires_ms=site.wall_ms + 1)
    site.trusted = False
    site.wait(9 * HOUR_MS)
    site.do(settle_due)
    assert site.entries("expired") == []
    assert site.ask(next_price_edge, site.now) is None
    order = site.command(SetRelay("m1", RelayWish.OPEN, "li", "x"), expires_ms=1)
    assert order.result.outcome is CommandOutcome.APPLIED


def test_c14_the_high_water_mark_outlives_a_restart(site: Site) -> None:
    site.do(settle_due)
    assert site.restart_clock().high_water_ms == site.wall_ms


def test_c15_silence_is_unknown_and_read_back_comes_first(site: Site) -> None:
    assert isinstance(site.step(), ReadBack)
    rest = site.report(ReadBackUnanswered())
    assert isinstance(rest, Rest)
    assert site.relay().verdict is RelayVerdict.UNKNOWN
    site.wait(rest.after_ms)
    assert isinstance(site.step(), ReadBack)
    assert site.report(ObservedStatus(False, 0)) == Send(close=True)
    assert site.report(CommandUnanswered()) == ReadBack()
    assert isinstance(site.report(ObservedStatus(True, 0)), Settled)


def test_c15_supplied_means_the_status_word_says_closed(site: Site) -> None:
    site.drive(contact_closed=False)
    report = site.facts(RelayReport)[-1]
    assert (report.verdict, report.observed_closed, report.desired_closed) == (
        RelayVerdict.CONFIRMED,
        True,
        True,
    )
    assert site.ask(relay_tasks, site.now) == []


def test_c15_an_open_status_with_current_is_a_contradiction_and_not_hammered(site: Site) -> None:
    use(site, 99_000, minutes=120)
    site.step()
    assert site.report(ObservedStatus(True, 900)) == Send(close=False)
    sends, welded_for_ms = 1, 0
    step = site.report(CommandAccepted())
    while welded_for_ms < HOUR_MS:
        if isinstance(step, Send):
            sends += 1
            step = site.report(CommandAccepted())
        elif isinstance(step, ReadBack):
            site.wait(max(step.after_ms, 50))
            welded_for_ms += max(step.after_ms, 50)
            step = site.report(ObservedStatus(False, 900))
        else:
            assert isinstance(step, Rest)
            site.wait(step.after_ms)
            welded_for_ms += step.after_ms
            step = site.step()
    assert site.relay().verdict is RelayVerdict.CONTRADICTED
    assert "relay-contradicted" in site.standing()
    assert sends < 12
    site.report(ObservedStatus(False, 0))
    assert site.relay().verdict is RelayVerdict.CONFIRMED
    assert "relay-contradicted" not in site.standing()


def test_c15_refused_delayed_and_waiting_for_the_key_are_told_apart(site: Site) -> None:
    site.step()
    site.report(ObservedStatus(False, 0))
    assert isinstance(site.report(CommandRefused("keep-power")), Rest | ReadBack)
    site.report(ObservedStatus(False, 0))
    assert (site.relay().verdict, site.relay().why) == (RelayVerdict.REFUSED, "keep-power")

    use(site, 99_000, minutes=120)
    site.step()
    site.report(ObservedStatus(True, 40_000))
    site.report(CommandAccepted())
    site.report(ObservedStatus(True, 40_000, commanded_closed=False))
    assert site.relay().verdict is RelayVerdict.DELAYED

    site.grant("more", 90 * YUAN)
    key = frozenset({RelayAction.OPEN, RelayAction.PERMIT})
    assert site.step(actions=key) == Send(close=True, permit=True)
    site.report(CommandAccepted(), actions=key)
    site.wait(2_100)
    site.report(ObservedStatus(False, 0), actions=key)
    assert site.relay().verdict is RelayVerdict.WAITING_KEY
    site.wait(60_000)
    site.report(ObservedStatus(True, 0), actions=key)
    assert site.relay().verdict is RelayVerdict.CONFIRMED


def test_c16_a_cut_needs_an_immediate_confirming_reread(site: Site) -> None:
    site.wait(2 * HOUR_MS)
    first = site.look(99_000)
    assert first.confirm
    assert site.relay().desired_closed is True
    second = site.look(99_000, confirming=True)
    assert second.relay
    assert site.relay().desired_closed is False
    decision = site.facts(Decision)[-1]
    assert (decision.decision, decision.reason) == (DecisionKind.OPEN, "credit-spent")
    assert site.entries("consumption")[-1].cause is EntryCause.DECISION


def test_c16_the_reread_may_save_the_room(site: Site) -> None:
    site.wait(2 * HOUR_MS)
    assert site.look(99_000).confirm
    site.grant("just-in-time", 90 * YUAN)
    assert not site.look(99_000, confirming=True).relay
    assert site.relay().desired_closed is True


def test_c16_a_protected_room_is_never_cut_and_says_so() -> None:
    site = Site()
    site.configure(room(protected=True))
    site.read(0)
    use(site, 50_000)
    decision = site.facts(Decision)[-1]
    assert (decision.decision, decision.reason) == (DecisionKind.WARN, "spent-protected")
    assert site.relay().desired_closed is True
    order = site.command(SetRelay("m1", RelayWish.OPEN, "li", "x"))
    assert order.result.outcome is CommandOutcome.PROTECTED


def test_c16_a_lock_out_beats_everything(site: Site) -> None:
    site.do(lambda journal, now: lock_out(journal, "m1", TECHNICIAN, now))
    assert site.drive(contact_closed=True) is False
    site.grant("more", 90 * YUAN)
    assert site.relay().desired_closed is False
    order = site.command(SetRelay("m1", RelayWish.CLOSE, "li", "x"))
    assert order.result.outcome is CommandOutcome.LOCKED_OUT
    released = site.command(SetRelay("m1", RelayWish.RELEASE, "li", "x"))
    assert released.result.detail == "still locked out by technician"
    assert site.relay().desired_closed is False
    site.do(lambda journal, now: release_lock(journal, "m1", CENTRAL, now))
    assert site.relay().desired_closed is False
    site.do(lambda journal, now: release_lock(journal, "m1", TECHNICIAN, now))
    assert site.drive(contact_closed=False) is True


def test_c16_a_lock_out_opens_a_protected_room() -> None:
    site = Site()
    site.configure(room(protected=True))
    site.read(0)
    site.do(lambda journal, now: lock_out(journal, "m1", TECHNICIAN, now))
    assert site.relay().desired_closed is False


def test_c16_an_override_holds_until_auto(site: Site) -> None:
    site.command(SetRelay("m1", RelayWish.OPEN, "li", "cleaning"))
    assert site.relay().desired_closed is False
    site.command(SetRelay("m1", RelayWish.AUTO, "li", "done"))
    assert site.relay().desired_closed is True
    site.do(lambda journal, now: set_override(journal, "m1", RelayWish.OPEN, "technician: test", now))
    assert site.relay().desired_why == "technician: test"


def test_c16_nothing_is_cut_while_the_story_is_in_doubt(site: Site) -> None:
    use(site, 60_000)
    for _ in range(4):
        posted = use(site, 20_000, minutes=1)
    assert posted.outcome is ReadingOutcome.BACKWARDS
    assert {"meter-in-doubt"} <= site.standing()
    site.command(TakeBack("t", "a1", "paid", 99 * YUAN))
    for _ in range(3):
        assert not use(site, 20_000, minutes=1).confirm
    held = site.facts(Decision)[-1]
    assert (held.decision, held.reason) == (DecisionKind.HOLD, "meter-in-doubt")
    assert "account-held" in site.standing()
    assert site.relay().desired_closed is True
    use(site, 60_100)
    assert "meter-in-doubt" not in site.standing()
    assert site.relay().desired_closed is False


def test_c16_nothing_is_cut_on_an_estimate(site: Site) -> None:
    site.wait(2 * HOUR_MS)
    site.look(99_000)
    site.do(settle_due)
    site.grant("little", 1)
    site.configure(room(overdraft=0))
    assert site.balance() < 0
    assert site.relay().desired_closed is True


def test_c17_a_difference_between_ledger_and_balance_quarantines_the_account(site: Site, tmp_path) -> None:
    site.journal._connection.execute("UPDATE bucket SET balance = balance - 5000000")
    site.journal._forget_caches()
    site.journal.commit()
    booted = site.restart_clock()
    assert booted.quarantined == ("a1",)
    assert "account-quarantined" in site.standing()
    use(site, 99_000, minutes=120)
    site.do(settle_due)
    assert site.billed_wh() == 0
    assert site.relay().desired_closed is True
    assert site.facts(Decision)[-1].reason == "account-quarantined"
    released = site.do(release_account, "a1")
    assert released.quarantine
    assert site.balance() == 10 * YUAN
    use(site, 99_000, minutes=1)
    assert site.billed_wh() == 49_000
    assert site.relay().desired_closed is False
    assert site.standing() == set()


def test_c17_one_accounts_quarantine_leaves_the_others_alone() -> None:
    site = Site()
    site.configure(room("a1"), room("a2"))
    for n in (1, 2):
        site.read(0, meter=f"m{n}")
        site.grant(f"g{n}", YUAN, account=f"a{n}")
    site.journal._connection.execute("UPDATE bucket SET balance = 7 WHERE account = 'a1'")
    site.journal._forget_caches()
    site.restart_clock()
    use(site, 1_000, meter="m2", minutes=61)
    site.do(settle_due)
    assert site.billed_wh("a2") == 1_000


def test_c17_entries_that_would_not_add_up_quarantine_and_are_not_written(site: Site, monkeypatch) -> None:
    monkeypatch.setattr("gateway.application.settle.audit_charges", lambda *_: "planted")
    use(site, 51_000, minutes=61)
    site.do(settle_due)
    assert site.entries("consumption") == []
    assert site.state().quarantined == "planted"


# --- the rest of the floor


def test_a_grant_restores_the_supply_in_the_same_transaction(site: Site) -> None:
    use(site, 99_000, minutes=120)
    assert site.relay().desired_closed is False
    site.drive(contact_closed=True)
    taken = site.grant("pay", 90 * YUAN)
    assert taken.relay == ("m1",)
    assert site.facts(Decision)[-1].decision is DecisionKind.CLOSE
    assert site.drive(contact_closed=False) is True


def test_warnings_come_level_by_level() -> None:
    site = Site()
    site.configure(room(warn_at=[5 * YUAN, 2 * YUAN]))
    site.grant("g", 6 * YUAN)
    site.read(0)
    for register in (2_000, 4_000, 8_000, 9_000):
        use(site, register)
    reasons = [d.reason for d in site.facts(Decision)]
    assert reasons == ["credit-left", "credit-low-1", "credit-low-2"]


def test_a_bad_configuration_is_refused_whole_with_every_mistake(site: Site) -> None:
    bad = Configure(
        version=9,
        accounts=[room(tariff="nothing", overdraft=-1), room()],
        bindings=[tie("ghost")],
        prices=[PRICE],
    )
    result = site.command(bad).result
    assert result.outcome is CommandOutcome.REFUSED
    for part in ("listed twice", "no price", "overdraft", "ghost"):
        assert part in result.detail
    assert site.ask(station_status).config_version == 1


def test_an_older_configuration_is_exists_and_the_same_version_must_be_the_same(site: Site) -> None:
    site.configure()
    site.version = 0
    assert site.configure().result.outcome is CommandOutcome.EXISTS
    site.version = 1
    changed = site.configure(room(overdraft=5))
    assert changed.result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT


def test_an_account_that_left_the_configuration_is_settled_and_its_relay_left_alone(site: Site) -> None:
    use(site, 51_000)
    site.configure(room("a2"), bindings=[])
    assert site.billed_wh() == 1_000
    assert site.relay().desired_closed is None
    site.read(52_000)
    assert site.grant("late", YUAN).result.outcome is CommandOutcome.UNKNOWN_ACCOUNT


def test_status_shows_every_room_live(site: Site) -> None:
    use(site, 51_000)
    (shown,) = site.ask(room_statuses, site.now)
    assert (shown.room, shown.balance) == ("room a1", 10 * YUAN - 558_300)
    assert (shown.decision, shown.relay_verdict) == (DecisionKind.CLOSE, RelayVerdict.UNKNOWN)
    assert site.ask(station_status).rooms == 1


def test_every_outbox_row_is_a_fact_that_central_can_read(site: Site) -> None:
    site.journal.commit()
    for row in site.ask(outbox_batch).rows:
        decode_fact(bytes(row.fact))


def test_a_sealed_body_is_stored_byte_for_byte(site: Site) -> None:
    odd = encode_command(Grant("odd", "a1", "paid", "yuan", 5)).replace(b'"odd"', b' "odd"')
    sealed = site.sealed(odd, site.number + 1)
    assert isinstance(site.deliver(sealed), Taken)
    assert isinstance(site.deliver(sealed), Repeated)
