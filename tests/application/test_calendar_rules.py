"""Desk hours, time-tables, emergencies and isolation change what a running gateway decides, and say why (R-B1, C-10, C-14)."""

from gateway.application.outbox import acknowledge
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack, DrawEmergency, RelayWish, SetRelay
from gateway.contract.facts import CommandOutcome, Decision, DecisionKind
from gateway.contract.rules import CalendarException, CalendarRule, EmergencyRule, PolicyRule, WeekWindow
from gateway.domain.calendar import day_starts_ms, local_day
from gateway.domain.relay import ObservedStatus, Rest, Send
from tests.application.site import HOUR_MS, YUAN, Site, room, use

DAILY = [1, 2, 3, 4, 5, 6, 7]
NIGHT = CalendarRule("night", [WeekWindow(DAILY, 23 * 60, 6 * 60)])


def until_local(site: Site, hour: int, minute: int = 0) -> None:
    """Let time pass to the next such time of the local clock."""
    at_ms = day_starts_ms(local_day(site.wall_ms, 480), 480) + (hour * 60 + minute) * 60_000
    site.wait((at_ms - site.wall_ms) % (24 * HOUR_MS))


def policy(*calendars: CalendarRule, **named: int) -> PolicyRule:
    return PolicyRule(new_account_grace_s=0, calendars=list(calendars), **named)


def poor(hour: int, trusted: bool = True, **rule: object) -> Site:
    """A room with 1 yuan and a meter at 50 kWh, at an hour of the local clock."""
    site = Site(trusted=trusted)
    until_local(site, hour)
    site.configure(room(**rule), policy=policy(NIGHT))
    site.grant("opening", YUAN)
    site.read(50_000)
    return site


def last(site: Site) -> tuple[str, str]:
    decision = site.facts(Decision)[-1]
    return decision.decision.value, decision.reason


def test_while_the_desk_is_closed_nobody_is_cut_within_the_overdraft() -> None:
    site = poor(20, no_cut_extra=2 * YUAN)
    use(site, 52_000)
    assert last(site) == ("open", "credit-spent")

    site = poor(22, no_cut_extra=2 * YUAN)
    use(site, 52_000)
    assert last(site) == ("warn", "no-cut-window")
    facts = site.facts(Decision)[-1].facts
    until_local(site, 11, 30)
    assert facts == {"limit": 2 * YUAN, "until_ms": site.wall_ms}
    site.read(52_000)
    assert last(site) == ("open", "credit-spent")


def test_beyond_the_overdraft_the_closed_desk_spares_nobody() -> None:
    site = poor(22, no_cut_extra=2 * YUAN)
    use(site, 58_000)
    assert last(site) == ("open", "credit-spent")


def test_a_room_that_was_cut_stays_cut_when_the_desk_closes() -> None:
    site = poor(20, no_cut_extra=2 * YUAN)
    use(site, 52_000)
    until_local(site, 23)
    site.read(52_000)
    assert last(site) == ("open", "credit-spent")


def test_c14_a_clock_that_is_not_trusted_may_be_in_the_closed_hours() -> None:
    site = poor(20, trusted=False, no_cut_extra=2 * YUAN)
    use(site, 52_000)
    assert last(site) == ("warn", "no-cut-window")
    site.trusted = True
    site.read(52_000)
    assert last(site) == ("open", "credit-spent")


def test_a_holiday_is_a_dated_exception() -> None:
    site = poor(20, no_cut_extra=2 * YUAN)
    holiday = CalendarException(site.wall_ms, site.wall_ms + 24 * HOUR_MS, [WeekWindow(DAILY, 0, 1440)])
    site.configure(
        room(no_cut_extra=2 * YUAN, no_cut="desk"), policy=policy(CalendarRule("desk", [], [holiday]))
    )
    use(site, 52_000)
    assert last(site) == ("warn", "no-cut-window")
    use(site, 52_000, minutes=24 * 60)
    assert last(site) == ("open", "credit-spent")


# --- lights out


def lit(*names: str, guard: int = 20, credit: int = 10 * YUAN) -> Site:
    """Rooms with plenty of credit and a time-table, closed and read back, at 22:50."""
    site = Site()
    until_local(site, 22, 50)
    rule = policy(NIGHT, cut_guard_count=guard)
    site.configure(*(room(name, lights_out="night") for name in names), policy=rule)
    for name in names:
        site.grant(f"g-{name}", credit, account=name)
        site.read(50_000, meter=f"m{name[1:]}")
        assert site.drive(False, meter=f"m{name[1:]}")
    return site


def test_lights_go_out_with_their_own_reason_and_cost_no_credit() -> None:
    site = lit("a1")
    assert site.do(settle_due).relay == ()
    until_local(site, 23)
    balance = site.balance()
    assert site.do(settle_due).relay == ("m1",)
    assert last(site) == ("open", "lights-out")
    ends_ms = site.facts(Decision)[-1].facts["until_ms"]
    assert site.drive(True) is False
    assert site.relay().why == "lights-out"
    assert site.balance() == balance
    assert site.do(settle_due).relay == ()
    until_local(site, 6)
    assert site.wall_ms == ends_ms
    assert site.do(settle_due).relay == ("m1",)
    assert last(site) == ("close", "credit-left")
    assert site.drive(False) is True


def test_a_payment_in_the_dark_is_credited_and_says_why_it_is_not_supplied() -> None:
    site = lit("a1", credit=YUAN)
    until_local(site, 22, 59)
    site.read(55_000)
    assert last(site) == ("open", "credit-spent")
    site.drive(True)
    until_local(site, 23)
    site.do(settle_due)
    site.grant("more", 50 * YUAN)
    assert site.state().decision is DecisionKind.CLOSE
    assert (site.relay().desired_closed, site.relay().why) == (False, "lights-out")
    until_local(site, 6)
    site.do(settle_due)
    assert site.drive(False) is True


def test_c10_planned_lights_out_are_not_held_and_not_counted_and_come_back_one_by_one() -> None:
    names = [f"a{n}" for n in range(1, 6)]
    site = lit(*names, guard=2)
    until_local(site, 23)
    assert len(site.do(settle_due).relay) == 5
    assert "cut-guard" not in site.standing()
    for name in names:
        assert site.drive(True, meter=f"m{name[1:]}") is False
    until_local(site, 6)
    assert len(site.do(settle_due).relay) == 5
    steps = [site.report(ObservedStatus(False, 0), meter=f"m{name[1:]}") for name in names]
    assert [type(step) for step in steps] == [Send, Rest, Rest, Rest, Rest]


def test_a_lock_out_and_a_persons_override_beat_the_time_table() -> None:
    site = lit("a1")
    until_local(site, 23)
    site.do(settle_due)
    site.command(SetRelay("m1", RelayWish.CLOSE, "warden", "a sick student"))
    assert site.relay().desired_closed is True
    site.command(SetRelay("m1", RelayWish.AUTO, "warden", "over"))
    assert site.relay().desired_closed is False


def test_who_is_never_cut_has_light() -> None:
    for rule in ({"protected": True}, {"cut_off": "none"}, {"billing": "card"}):
        site = Site()
        until_local(site, 23)
        site.configure(room(lights_out="night", **rule), policy=policy(NIGHT))
        site.grant("opening", YUAN)
        site.read(50_000)
        assert site.do(settle_due).relay == ()


def test_c14_no_lights_out_begins_by_an_untrusted_clock_and_none_outlives_its_night() -> None:
    site = lit("a1")
    until_local(site, 23)
    site.trusted = False
    assert site.do(settle_due).relay == ()
    site.trusted = True
    assert site.do(settle_due).relay == ("m1",)
    site.trusted = False
    site.wait(6 * HOUR_MS)
    assert site.do(settle_due).relay == ()
    site.wait(HOUR_MS)
    assert site.do(settle_due).relay == ("m1",)
    assert site.relay().desired_closed is True


def test_a_new_configuration_acts_at_once() -> None:
    site = lit("a1")
    until_local(site, 23, 30)
    site.do(settle_due)
    assert site.configure(room(), policy=policy(NIGHT)).relay == ("m1",)
    assert site.relay().desired_closed is True


# --- emergency and isolation


EMERGENCY = EmergencyRule(3 * YUAN, hours=2, every_days=7)


def test_an_emergency_supplies_a_cut_room_for_a_while_and_writes_no_credit() -> None:
    site = poor(20, emergency=EMERGENCY)
    use(site, 52_000)
    entries = len(site.entries())
    done = site.command(DrawEmergency("d1", "a1", "resident"))
    assert (done.result.outcome, done.relay) == (CommandOutcome.APPLIED, ("m1",))
    assert last(site) == ("warn", "emergency")
    assert site.facts(Decision)[-1].facts == {"limit": 3 * YUAN, "until_ms": site.wall_ms + 2 * HOUR_MS}
    assert len(site.entries()) == entries
    use(site, 52_100, minutes=119)
    assert last(site) == ("warn", "emergency")
    use(site, 52_100, minutes=1)
    assert last(site) == ("open", "credit-spent")


def test_an_emergency_ends_at_its_limit_and_comes_once() -> None:
    site = poor(20, emergency=EMERGENCY)
    use(site, 52_000)
    site.command(DrawEmergency("d1", "a1"))
    assert site.command(DrawEmergency("d1", "a1")).result.outcome is CommandOutcome.EXISTS
    refused = site.command(DrawEmergency("d2", "a1")).result
    assert (refused.outcome, "7 days" in refused.detail) == (CommandOutcome.REFUSED, True)
    use(site, 58_000)
    assert last(site) == ("open", "credit-spent")
    assert site.command(DrawEmergency("d", "nobody")).result.outcome is CommandOutcome.UNKNOWN_ACCOUNT
    site.configure(room())
    assert site.command(DrawEmergency("d3", "a1")).result.outcome is CommandOutcome.REFUSED


def test_a_gateway_that_central_cant_reach_supplies_further_until_central_is_back() -> None:
    site = Site()
    until_local(site, 18)
    rule = room(isolated_extra=2 * YUAN)
    site.configure(rule, policy=policy(isolated_after_s=4 * 3600))
    site.grant("opening", YUAN)
    site.read(50_000)
    epoch = site.booted.epoch
    site.do(acknowledge, Ack(epoch, 1, site.wall_ms))
    use(site, 52_000)
    assert last(site) == ("open", "credit-spent")
    site.wait(4 * HOUR_MS)
    site.read(52_000)
    assert last(site) == ("warn", "isolated")
    site.do(acknowledge, Ack(epoch, 1, site.wall_ms))
    use(site, 52_000, minutes=11)
    assert last(site) == ("warn", "isolated"), "an old acknowledgement is anybody's copy"
    site.do(acknowledge, Ack(epoch, 2, site.wall_ms))
    use(site, 52_000, minutes=9)
    assert last(site) == ("warn", "isolated"), "what was paid meanwhile is on its way"
    use(site, 52_000, minutes=1)
    assert last(site) == ("open", "credit-spent")


def test_a_configuration_that_names_no_such_calendar_is_refused() -> None:
    site = Site()
    wrong = CalendarRule("w", [WeekWindow([], 0, 60)], utc_offset_minutes=5000)
    done = site.configure(room(lights_out="nights", emergency=EmergencyRule(-1)), policy=policy(wrong)).result
    assert done.outcome is CommandOutcome.REFUSED
    assert all(text in done.detail for text in ("calendar w", "no calendar nights", "below zero", "offset"))
