"""Clocks that ran ahead and were mended, registers at their edges, rules that change: nothing is billed or kept by them."""

from gateway.application.alarms import station
from gateway.application.boot import proved_ms
from gateway.application.decide import approve_cuts
from gateway.application.outbox import acknowledge
from gateway.application.post_reading import note_silence
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack, ApproveCuts, BeginEpoch, Grant, Opening, RelayWish, SetRelay
from gateway.contract.facts import (
    Balance,
    CommandOutcome,
    DecisionKind,
    ReadingOutcome,
    RelayReport,
    Watermark,
)
from gateway.contract.rules import PolicyRule, PriceRule
from gateway.domain.cut_guard import CutGuard, admit, approved
from gateway.domain.relay import CommandAccepted, ObservedStatus, ReadBack, Send
from tests.application.site import HOUR_MS, START_MS, YUAN, Site, room, tie, use

DAY_MS = 24 * HOUR_MS


def test_c_11_a_first_zero_is_a_baseline_only_when_it_is_repeated() -> None:
    site = Site()
    site.configure()
    assert site.look(0).outcome is ReadingOutcome.ZERO_GLITCH
    assert site.look(50_000).outcome is ReadingOutcome.FIRST
    fresh = Site()
    fresh.configure()
    outcomes = [fresh.look(0).outcome for _ in range(4)]
    assert outcomes == [ReadingOutcome.ZERO_GLITCH] * 3 + [ReadingOutcome.FIRST]
    assert not fresh.meter().questionable


def test_c_11_a_single_zero_before_a_silence_makes_no_money() -> None:
    site = Site()
    site.configure()
    site.grant("g", 10 * YUAN)
    site.look(0)
    site.wait(50 * HOUR_MS)
    assert site.read(2_900_000).outcome is ReadingOutcome.FIRST
    assert site.balance() == 10 * YUAN


def test_c_11_an_opening_past_a_rollover_bills_what_moved() -> None:
    site = Site()
    site.configure()
    site.grant("g", 10 * YUAN)
    site.read(999_990_000)
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    epoch = site.ask(station).epoch
    site.configure(opening=Opening(epoch, [Balance("a1", "paid", "yuan", 5 * YUAN)], {"m1": 5_000}, ["g"]))
    use(site, 6_000)
    use(site, 6_000, 61)
    site.do(settle_due)
    assert site.billed_wh() == 1_000
    assert site.state().decision is not DecisionKind.OPEN


def test_c_16_a_room_that_becomes_protected_is_not_kept_cut_by_an_older_override(site: Site) -> None:
    site.command(SetRelay("m1", RelayWish.OPEN, "li", "test"))
    site.drive(True)
    site.configure(room(protected=True))
    site.read(50_010)
    assert site.relay().override is None
    assert site.relay().desired_closed is not False


def test_c_11_what_was_provisional_is_in_centrals_balance_and_not_trued_up_again() -> None:
    site = Site()
    prices = [PriceRule("p0", "student", 0, 300_000), PriceRule("p1", "student", START_MS - HOUR_MS, 500_000)]
    site.configure(prices=prices)
    site.grant("g", 100 * YUAN)
    site.read(10_000)
    site.trusted = False
    for register_wh in (20_000, 30_000):
        site.wait(2 * HOUR_MS)
        site.look(register_wh)
    site.do(settle_due)
    assert any(entry.provisional for entry in site.entries("consumption"))
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    epoch = site.ask(station).epoch
    opening = Opening(epoch, [Balance("a1", "paid", "yuan", 90 * YUAN)], {"m1": 30_000}, ["g"])
    site.configure(prices=prices, opening=opening)
    site.trusted = True
    site.wait(60_000)
    site.do(settle_due)
    assert site.balance() == 90 * YUAN


def test_c_2_a_watermark_names_no_empty_bucket(site: Site) -> None:
    for month in range(1, 4):
        grant = Grant(f"s{month}", "a1", "subsidy", "kwh", 1_000, site.wall_ms + month * DAY_MS)
        site.command(grant)
    site.wait(10 * DAY_MS)
    site.do(settle_due)
    site.wait(HOUR_MS)
    site.do(settle_due)
    assert [b.bucket for b in site.facts(Watermark)[-1].balances] == ["paid"]


def test_c_12_settling_goes_on_after_a_clock_that_ran_ahead_was_mended(site: Site) -> None:
    site.wait(HOUR_MS)
    site.wall_ms += 300 * DAY_MS
    site.look(50_100)
    site.do(settle_due)
    site.wall_ms -= 300 * DAY_MS
    for hour in range(1, 6):
        site.wait(HOUR_MS)
        site.look(50_100 + hour * 100)
        site.do(settle_due)
    assert site.billed_wh() >= 500
    assert all(entry.from_ms <= entry.at.wall_ms for entry in site.entries("consumption")[1:])


def test_c_14_the_latest_proved_time_comes_down_when_clock_and_central_agree_on_less(site: Site) -> None:
    right_ms = site.wall_ms
    site.wall_ms += 300 * DAY_MS
    site.do(settle_due)
    assert site.ask(proved_ms) > right_ms + 299 * DAY_MS
    site.wall_ms = right_ms
    last = site.ask(lambda journal: journal.last_seq(site.booted.epoch))
    site.do(acknowledge, Ack(site.booted.epoch, 1, right_ms - DAY_MS))
    assert site.ask(proved_ms) > right_ms, "an old word that the clock contradicts lowers nothing"
    site.do(acknowledge, Ack(site.booted.epoch, last, right_ms))
    assert site.ask(proved_ms) == right_ms


def test_c_13_readings_of_an_untrusted_clock_do_not_keep_rows_for_ever(site: Site) -> None:
    site.trusted, site.untrusted_wall_ms = False, 2_208_988_800_000
    for step in range(1, 4):
        site.wait(60_000)
        site.look(50_000 + step * 10)
        site.journal.commit()
    site.trusted = True
    for day in range(60):
        site.wait(DAY_MS)
        site.look(50_100 + day * 100)
        site.journal.commit()
        site.do(settle_due)
    epoch = site.booted.epoch
    last = site.ask(lambda journal: journal.last_seq(epoch))
    site.do(acknowledge, Ack(epoch, last, site.wall_ms))
    site.do(settle_due)
    assert site.ask(lambda journal: journal.first_kept_seq(epoch)) > last // 3


def test_c_13_one_row_dated_ahead_does_not_keep_those_behind_it(site: Site) -> None:
    site.wall_ms += 5_000 * DAY_MS
    site.grant("ahead", YUAN)
    site.wall_ms -= 5_000 * DAY_MS
    for day in range(60):
        site.wait(DAY_MS)
        site.grant(f"g{day}", YUAN)
    epoch = site.booted.epoch
    last = site.ask(lambda journal: journal.last_seq(epoch))
    site.do(acknowledge, Ack(epoch, last, site.wall_ms))
    site.do(settle_due)
    assert site.ask(lambda journal: journal.first_kept_seq(epoch)) > last // 3


def test_c_10_an_approval_does_not_act_while_the_time_is_not_known() -> None:
    site = Site()
    site.configure(policy=PolicyRule(cut_guard_count=0, new_account_grace_s=0))
    site.do(lambda journal, now: approve_cuts(journal, 5, site.wall_ms + HOUR_MS, "li", now))
    rules = PolicyRule(cut_guard_count=0)
    guard = approved(CutGuard(), 5, site.wall_ms + HOUR_MS, site.now)
    assert admit(guard, site.now, rules)[1]
    site.trusted = False
    assert not admit(guard, site.now, rules)[1]


def test_c_10_an_approval_counts_once_however_often_it_is_sent(site: Site) -> None:
    site.approves = lambda *_: True
    order = ApproveCuts(2, site.wall_ms + HOUR_MS, "k9", "00")
    assert site.command(order).result.outcome is CommandOutcome.APPLIED
    use(site, 70_000, 1)
    assert site.command(order).result.outcome is CommandOutcome.EXISTS
    another = ApproveCuts(3, site.wall_ms + HOUR_MS, "k9", "00")
    assert site.command(another).result.outcome is CommandOutcome.APPLIED


def contradicted(site: Site) -> None:
    use(site, 70_000)
    step = site.step()
    for _ in range(60):
        if isinstance(step, ReadBack):
            site.wait(100 + step.after_ms)
            step = site.report(ObservedStatus(True, 500))
        elif isinstance(step, Send):
            step = site.report(CommandAccepted())


def test_alarms_of_a_replaced_meter_end_with_its_binding(site: Site) -> None:
    contradicted(site)
    site.do(note_silence, "m1")
    site.wait(2 * HOUR_MS)
    site.do(note_silence, "m1")
    assert {"meter-silent", "relay-contradicted"} <= site.standing()
    site.configure(room(), bindings=[tie(), tie("a1", "m9", from_ms=site.wall_ms - 1_000)])
    site.read(10, meter="m9")
    site.wait(HOUR_MS)
    site.do(note_silence, "m1")
    assert not {"meter-silent", "relay-contradicted"} & site.standing()


def test_alarms_of_an_account_end_with_it(site: Site) -> None:
    site.configure(room(), policy=PolicyRule(cut_guard_count=0, new_account_grace_s=0))
    use(site, 70_000)
    assert "account-held" in site.standing()
    site.configure(room("a2"), bindings=[])
    assert "account-held" not in site.standing()


def test_c_15_a_relay_that_belongs_to_no_account_any_more_is_reported_as_that(site: Site) -> None:
    site.command(SetRelay("m1", RelayWish.CLOSE, "li", "test"))
    site.configure(room(), bindings=[tie(), tie("a1", "m9", from_ms=site.wall_ms - 1_000)])
    site.read(10, meter="m9")
    assert [r.account for r in site.facts(RelayReport) if r.meter == "m1"][-1] is None
