"""Time and failure, C-14 to C-17: untrusted clocks, silence, cuts, quarantine."""

import pytest

from gateway.application.drive_relay import (
    lock_out,
    note_observation,
    note_reading,
    relay_tasks,
    release_lock,
    set_override,
)
from gateway.application.outbox import acknowledge
from gateway.application.relay_state import CENTRAL, TECHNICIAN
from gateway.application.release import release_account
from gateway.application.settle_due import next_price_edge, settle_due
from gateway.contract.commands import Ack, RelayWish, SetRelay, TakeBack
from gateway.contract.facts import (
    CommandOutcome,
    Decision,
    DecisionKind,
    EntryCause,
    ReadingOutcome,
    RelayReport,
    RelayVerdict,
)
from gateway.contract.rules import PolicyRule, PriceRule
from gateway.domain.relay import (
    STALE_MS,
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
from tests.application.site import HOUR_MS, PRICE, YUAN, Site, room, use


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


@pytest.mark.parametrize("year_ms", [0, 2_240_000_000_000], ids=["1970", "2040"])
def test_c14_no_expiry_and_no_edge_acts_on_an_untrusted_clock(site: Site, year_ms: int) -> None:
    site.grant("s", 1_000, bucket="subsidy", expires_ms=site.wall_ms + 1)
    site.do(acknowledge, Ack(site.booted.epoch, 3, 0))
    site.trusted, site.untrusted_wall_ms = False, year_ms
    site.wait(9 * HOUR_MS)
    site.do(settle_due)
    assert site.entries("expired") == []
    assert site.ask(next_price_edge, site.now) is None
    assert site.ask(lambda journal: journal.first_kept_seq(site.booted.epoch)) == 1
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
    assert site.report(CommandUnanswered()) == ReadBack(close=True)
    assert isinstance(site.report(ObservedStatus(True, 0)), Settled)


def test_c15_a_silent_relay_is_looked_at_rarely_in_turn_and_anew_when_its_meter_is_heard(site: Site) -> None:
    site.drive(contact_closed=False)
    site.wait(STALE_MS + 1)
    rests_s = []
    for _ in range(7):
        assert site.step() == ReadBack(close=True, in_turn=True)
        rest = site.report(ReadBackUnanswered())
        assert isinstance(rest, Rest)
        rests_s.append(rest.after_ms // 1000)
        site.wait(rest.after_ms)
    assert rests_s == [10, 20, 40, 80, 160, 300, 300]
    gone = site.report(ReadBackUnanswered("the line is gone", line_gone=True))
    assert gone == Rest(300_000)
    site.do(lambda journal, now: note_reading(journal, "m1", now))
    assert site.step() == Rest(10_000)
    site.do(lambda journal, now: note_observation(journal, "m1", ObservedStatus(True, 500), now))
    assert site.relay().verdict is RelayVerdict.CONFIRMED


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


def test_a_room_is_not_cut_while_its_first_credit_may_be_on_its_way() -> None:
    site = Site()
    site.configure(policy=PolicyRule(new_account_grace_s=600))
    site.read(50_000)
    use(site, 51_000, minutes=9)
    assert site.relay().desired_closed is None
    assert site.facts(Decision) == []
    use(site, 52_000, minutes=2)
    assert site.relay().desired_closed is False


def test_the_grace_of_a_new_account_ends_with_its_first_credit() -> None:
    site = Site()
    site.configure(policy=PolicyRule(new_account_grace_s=600))
    site.read(50_000)
    site.grant("g", YUAN)
    use(site, 53_000, minutes=5)
    assert site.relay().desired_closed is False


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
