"""What comes down, C-5 to C-10: numbers, credit, closing, prices, the cut guard."""

import pytest

from gateway.application.apply_command import Repeated, Taken, approval_text
from gateway.application.decide import approve_cuts
from gateway.application.grant import apply_voucher
from gateway.application.settle_due import next_price_edge, settle_due
from gateway.contract.commands import ApproveCuts, CloseAccount, Grant, ReadNow, RelayWish, SetRelay, TakeBack
from gateway.contract.facts import (
    Answer,
    CommandOutcome,
    CommandResult,
    Decision,
    DecisionKind,
    EntryCause,
)
from gateway.contract.rules import PolicyRule, PriceRule
from gateway.domain.relay import (
    CommandAccepted,
    ObservedStatus,
    ReadBack,
    Rest,
    Send,
)
from tests.application.site import HOUR_MS, PRICE, YUAN, Site, room, use


def test_c5_a_gap_is_answered_with_the_number_expected(site: Site) -> None:
    early = site.sealed(Grant("g9", "a1", "paid", "yuan", YUAN), site.number + 2)
    assert site.deliver(early) == Answer(site.number + 2, "gap", site.number + 1, early.id)
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
    site.configure(
        *(room(f"a{n}") for n in range(5)), policy=PolicyRule(new_account_grace_s=0, cut_guard_count=limit)
    )
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


def test_c10_the_second_signature_is_another_keys() -> None:
    site = empty_guarded()
    site.approves = lambda *_: True
    until = site.wall_ms + HOUR_MS
    refused = site.command(ApproveCuts(2, until, "k1", "01"))
    assert refused.result.outcome is CommandOutcome.NEEDS_SECOND_SIGNATURE
    assert site.command(ApproveCuts(2, site.wall_ms - 1, "k2", "01")).result.outcome is CommandOutcome.EXPIRED


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
    site.configure(room("a1"), room("a2"), policy=PolicyRule(new_account_grace_s=0, restore_gap_ms=400))
    for n in (1, 2):
        site.read(0, meter=f"m{n}")
        site.grant(f"g{n}", YUAN, account=f"a{n}")
        assert isinstance(site.step(f"m{n}"), ReadBack)
    assert site.report(ObservedStatus(False, 0), "m1") == Send(close=True)
    assert site.report(ObservedStatus(False, 0), "m2") == Rest(400)
    site.wait(400)
    assert site.step("m2") == Send(close=True)
