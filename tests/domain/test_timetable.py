"""Named times of the week with dated exceptions, lights-out by them, and what they spare (R-B1, C-14)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.facts import DecisionKind, Instant
from gateway.contract.rules import (
    DESK_CLOSED,
    CalendarException,
    CalendarRule,
    EmergencyRule,
    PolicyRule,
    SoftwareControlRule,
    WeekWindow,
)
from gateway.domain.calendar import DAY_MS
from gateway.domain.cutoff import Basis, Credit, credit_of, facts_of, rule_on
from gateway.domain.ledger import AccountState
from gateway.domain.leeway import (
    NO_LEEWAY,
    EmergencyDraw,
    Grace,
    Heard,
    Leeway,
    draw_refusal,
    leeway_of,
    may_have_leeway,
)
from gateway.domain.timetable import Dark, calendar_named, holds, lights, until_ms
from tests.application.site import room
from tests.domain.test_calendar import instants, ms, windows

HOUR_MS = 3_600_000
NIGHT = WeekWindow([7, 1, 2, 3, 4], 23 * 60, 6 * 60)
EXAMS = CalendarException(ms("2026-12-20T00:00:00"), ms("2026-12-27T00:00:00"))
PARTY = CalendarException(ms("2026-12-24T12:00:00"), ms("2026-12-25T12:00:00"), [WeekWindow([4], 1380, 1440)])
LIGHTS = CalendarRule("dorm", [NIGHT], [EXAMS, PARTY])


def at(when: str, trusted: bool = True, boot: str = "b1") -> Instant:
    return Instant(boot, ms(when) - ms("2026-11-01T00:00:00"), ms(when), trusted)


@pytest.mark.parametrize(
    ("when", "out"),
    [
        ("2026-12-14T22:59:59", False),  # a Monday
        ("2026-12-14T23:00:00", True),
        ("2026-12-15T05:59:59", True),
        ("2026-12-15T06:00:00", False),
        ("2026-12-18T23:30:00", False),  # a Friday
        ("2026-12-21T23:30:00", False),  # exams
        ("2026-12-20T00:00:00", False),
        ("2026-12-24T23:30:00", True),  # the exception within the exception
        ("2026-12-25T00:30:00", False),
        ("2026-12-27T23:00:00", True),
    ],
)
def test_the_week_and_its_exceptions(when: str, out: bool) -> None:
    assert holds(LIGHTS, ms(when)) is out


@pytest.mark.parametrize(
    ("when", "until"),
    [
        ("2026-12-14T22:00:00", "2026-12-14T23:00:00"),
        ("2026-12-14T23:00:00", "2026-12-15T06:00:00"),
        ("2026-12-15T12:00:00", "2026-12-15T23:00:00"),
        ("2026-12-19T12:00:00", "2026-12-24T23:00:00"),
    ],
)
def test_when_it_changes_next(when: str, until: str) -> None:
    assert until_ms(LIGHTS, ms(when)) == ms(until)


def test_an_exception_cuts_a_window_short() -> None:
    holiday = CalendarRule(
        "h", [NIGHT], [CalendarException(ms("2026-12-15T02:00:00"), ms("2026-12-20T00:00:00"))]
    )
    assert until_ms(holiday, ms("2026-12-14T23:30:00")) == ms("2026-12-15T02:00:00")


def test_what_never_changes_has_no_next_change() -> None:
    assert until_ms(CalendarRule("always", [WeekWindow([1, 2, 3, 4, 5, 6, 7], 0, 1440)]), 5) is None
    assert until_ms(CalendarRule("never", []), 5) is None


@given(st.lists(windows, max_size=3), instants, st.integers(0, 10**6))
def test_nothing_changes_before_the_next_change(listed: list[WeekWindow], at_ms: int, pick: int) -> None:
    rule = CalendarRule("c", listed)
    next_ms = until_ms(rule, at_ms)
    if next_ms is None:
        next_ms = at_ms + 8 * DAY_MS
    else:
        assert holds(rule, next_ms) is not holds(rule, at_ms)
    assert holds(rule, at_ms + (next_ms - 1 - at_ms) * pick // 10**6) is holds(rule, at_ms)


@pytest.mark.parametrize(
    ("when", "closed"),
    [
        ("11:29", True), ("11:30", False), ("13:29", False), ("13:30", True),
        ("16:59", True), ("17:00", False), ("21:59", False), ("22:00", True), ("03:00", True),
    ],
)  # fmt: skip
def test_the_desks_hours_are_known_without_being_listed(when: str, closed: bool) -> None:
    usual = calendar_named([], DESK_CLOSED)
    assert usual is not None
    for day in range(23, 30):
        assert holds(usual, ms(f"2026-11-{day}T{when}:00")) is closed


def test_a_listed_calendar_takes_the_place_of_the_usual_hours() -> None:
    own = CalendarRule(DESK_CLOSED, [])
    assert calendar_named([own], DESK_CLOSED) is own
    assert calendar_named([own], "other") is None
    assert calendar_named([own], "") is None


def test_lights_go_out_and_on_by_the_calendar() -> None:
    dark = lights(LIGHTS, None, at("2026-12-14T23:10:00"))
    assert dark == Dark(at("2026-12-14T23:10:00"), ms("2026-12-15T06:00:00"))
    assert lights(LIGHTS, dark, at("2026-12-15T05:00:00")) == dark
    assert lights(LIGHTS, dark, at("2026-12-15T06:00:00")) is None
    assert lights(None, dark, at("2026-12-15T05:00:00")) is None


def test_c14_on_an_untrusted_clock_none_begins_and_none_lasts_longer_than_it_was_meant_to() -> None:
    assert lights(LIGHTS, None, at("2026-12-14T23:10:00", trusted=False)) is None
    dark = Dark(at("2026-12-14T23:00:00"), ms("2026-12-15T06:00:00"))
    assert lights(LIGHTS, dark, at("2026-12-15T05:59:00", trusted=False)) == dark
    assert lights(LIGHTS, dark, at("2026-12-15T06:00:00", trusted=False)) is None
    started = Instant("b2", 60_000, 0, False)
    assert lights(LIGHTS, dark, started) == dark
    assert lights(LIGHTS, dark, Instant("b2", 7 * HOUR_MS, 0, False)) is None


# --- what a rule spares beyond the overdraft


RULE = room(
    overdraft=5, no_cut_extra=10, isolated_extra=20, emergency=EmergencyRule(40, hours=2, every_days=7)
)
POLICY = PolicyRule(isolated_after_s=3600, isolated_until_ms=ms("2027-01-01T00:00:00"))
DESK_OPEN, DESK_SHUT = at("2026-11-24T18:00:00"), at("2026-11-24T23:00:00")


def ago(now: Instant, passed_ms: int) -> Instant:
    return Instant(now.boot, now.monotonic_ms - passed_ms, now.wall_ms - passed_ms, now.trusted)


@pytest.mark.parametrize(
    ("now", "heard_ms_ago", "drawn_ms_ago", "limit", "reason"),
    [
        (DESK_OPEN, 0, None, 0, ""),
        (DESK_SHUT, 0, None, 15, "no-cut-window"),
        (msgspec.structs.replace(DESK_OPEN, trusted=False), 0, None, 15, "no-cut-window"),
        (DESK_OPEN, HOUR_MS - 1, None, 0, ""),
        (DESK_OPEN, HOUR_MS, None, 25, "isolated"),
        (DESK_SHUT, HOUR_MS, None, 25, "isolated"),
        (at("2027-01-02T18:00:00"), HOUR_MS, None, 0, ""),
        (DESK_OPEN, HOUR_MS, 2 * HOUR_MS - 1, 45, "emergency"),
        (DESK_OPEN, 0, 2 * HOUR_MS, 0, ""),
    ],
)
def test_the_widest_leeway_counts(
    now: Instant, heard_ms_ago: int, drawn_ms_ago: int | None, limit: int, reason: str
) -> None:
    drawn = None if drawn_ms_ago is None else EmergencyDraw("d", ago(now, drawn_ms_ago))
    leeway = leeway_of(RULE, POLICY, drawn, Heard(ago(now, heard_ms_ago)), now)
    assert (leeway.limit, leeway.reason) == (limit, reason)
    assert leeway_of(room(), POLICY, drawn, Heard(ago(now, heard_ms_ago)), now) == NO_LEEWAY


def test_a_gateway_that_never_heard_central_counts_from_its_start() -> None:
    for monotonic_ms, reason in ((HOUR_MS - 1, ""), (HOUR_MS, "isolated")):
        now = Instant("b9", monotonic_ms, DESK_OPEN.wall_ms, True)
        assert leeway_of(RULE, POLICY, None, Heard(), now).reason == reason


def test_without_a_time_of_isolation_a_gateway_is_never_isolated() -> None:
    long_ago = Heard(ago(DESK_OPEN, 900 * HOUR_MS))
    assert leeway_of(RULE, PolicyRule(), None, long_ago, DESK_OPEN) == NO_LEEWAY


def test_isolation_ends_a_little_after_central_came_back() -> None:
    for passed_ms, reason in ((0, "isolated"), (10 * 60_000 - 1, "isolated"), (10 * 60_000, "")):
        back = ago(DESK_OPEN, passed_ms)
        assert leeway_of(RULE, POLICY, None, Heard(back, back), DESK_OPEN).reason == reason


def test_the_end_of_a_leeway_is_told_where_it_is_known() -> None:
    shut = leeway_of(RULE, POLICY, None, Heard(DESK_SHUT), DESK_SHUT)
    assert shut.facts == {"limit": 15, "until_ms": ms("2026-11-25T11:30:00")}
    dim = msgspec.structs.replace(DESK_SHUT, trusted=False)
    assert leeway_of(RULE, POLICY, None, Heard(dim), dim).facts == {"limit": 15}


@pytest.mark.parametrize(
    ("balance", "credit", "kind", "reason"),
    [
        (1, Credit.LEFT, DecisionKind.CLOSE, "credit-left"),
        (-4, Credit.LEFT, DecisionKind.CLOSE, "credit-left"),
        (-5, Credit.SPARED, DecisionKind.WARN, "no-cut-window"),
        (-14, Credit.SPARED, DecisionKind.WARN, "no-cut-window"),
        (-15, Credit.SPENT, DecisionKind.OPEN, "credit-spent"),
    ],
)
def test_a_leeway_spares_down_to_its_limit(
    balance: int, credit: Credit, kind: DecisionKind, reason: str
) -> None:
    leeway = Leeway(15, "no-cut-window", facts={"limit": 15})
    assert credit_of(RULE, balance, leeway) is credit
    ruling = rule_on(RULE, AccountState("a1"), balance, False, Basis.CONFIRMED, leeway=leeway)
    assert (ruling.kind, ruling.reason) == (kind, reason)
    limit = {Credit.SPARED: {"limit": 15}, Credit.SPENT: {"limit": 5}}.get(credit, {})
    assert facts_of(RULE, balance, leeway) == limit


def test_only_a_leeway_that_restores_lifts_a_cut_that_stands() -> None:
    cut = AccountState("a1", decision=DecisionKind.OPEN, reason="credit-spent")
    for restores, kind in ((False, None), (True, DecisionKind.WARN)):
        leeway = Leeway(15, "x", restores=restores)
        assert rule_on(RULE, cut, -10, False, Basis.ESTIMATE, leeway=leeway).kind is kind


@given(st.integers(-100, 100), st.integers(0, 100))
def test_a_leeway_never_cuts_what_was_supplied_without_it(balance: int, limit: int) -> None:
    bare = rule_on(RULE, AccountState("a1"), balance, False, Basis.CONFIRMED)
    spared = rule_on(RULE, AccountState("a1"), balance, False, Basis.CONFIRMED, leeway=Leeway(limit, "x"))
    if spared.kind is DecisionKind.OPEN:
        assert bare.kind is DecisionKind.OPEN


def test_an_emergency_is_drawn_once_in_its_time() -> None:
    emergency = RULE.emergency
    drawn = EmergencyDraw("d", ago(DESK_OPEN, 7 * DAY_MS))
    assert draw_refusal(None, None, DESK_OPEN) == "the account has no emergency rule"
    assert draw_refusal(emergency, None, DESK_OPEN) == ""
    assert draw_refusal(emergency, drawn, DESK_OPEN) == ""
    assert "7 days" in draw_refusal(emergency, EmergencyDraw("d", ago(DESK_OPEN, 7 * DAY_MS - 1)), DESK_OPEN)
    assert draw_refusal(emergency, drawn, Instant("b2", 5, 5, False)) != ""


DIM = msgspec.structs.replace(DESK_OPEN, trusted=False)
EMERGENCY_ENDS = DESK_OPEN.wall_ms + HOUR_MS


@pytest.mark.parametrize(
    ("now", "grace", "heard_ms_ago", "drawn_ms_ago", "leeway"),
    [
        (DESK_OPEN, None, HOUR_MS, None, Leeway(25, "isolated", True, {"limit": 25})),
        (
            DESK_OPEN,
            None,
            0,
            HOUR_MS,
            Leeway(45, "emergency", True, {"limit": 45, "until_ms": EMERGENCY_ENDS}),
        ),
        (DIM, None, 0, HOUR_MS, Leeway(45, "emergency", True, {"limit": 45})),
        (
            DESK_OPEN,
            1,
            0,
            None,
            Leeway(105, "time-to-pay", True, {"limit": 105, "until_ms": DESK_OPEN.wall_ms + 1}),
        ),
        (DESK_OPEN, 0, 0, None, NO_LEEWAY),
        (DESK_OPEN, -1, 0, None, NO_LEEWAY),
        (
            DIM,
            -1,
            0,
            None,
            Leeway(105, "time-to-pay", True, {"limit": 105, "until_ms": DESK_OPEN.wall_ms - 1}),
        ),
    ],
)
def test_what_each_rule_lets_a_room_use(
    now: Instant, grace: int | None, heard_ms_ago: int, drawn_ms_ago: int | None, leeway: Leeway
) -> None:
    """`grace`: how long there is still time to pay 100, in ms."""
    owed = None if grace is None else Grace(100, DESK_OPEN.wall_ms + grace)
    drawn = None if drawn_ms_ago is None else EmergencyDraw("d", ago(now, drawn_ms_ago))
    assert leeway_of(RULE, POLICY, drawn, Heard(ago(now, heard_ms_ago)), now, owed) == leeway


@pytest.mark.parametrize(
    ("extra", "reason"),
    [({"no_cut_extra": 1}, "no-cut-window"), ({"isolated_extra": 1}, "isolated"), ({}, "")],
)
def test_one_unit_more_is_a_leeway_and_none_is_not(extra: dict[str, int], reason: str) -> None:
    found = leeway_of(room(**extra), POLICY, None, Heard(ago(DESK_SHUT, HOUR_MS)), DESK_SHUT)
    assert (found.limit, found.reason, bool(found.facts)) == (len(extra), reason, bool(extra))
    assert may_have_leeway(room(**extra), None, None) is bool(extra)


def test_a_bill_of_one_gives_time_and_a_bill_of_nothing_none() -> None:
    for amount, reason in ((1, "time-to-pay"), (0, "")):
        grace = Grace(amount, DESK_OPEN.wall_ms + 1)
        assert leeway_of(room(), POLICY, None, Heard(DESK_OPEN), DESK_OPEN, grace).reason == reason


def test_an_emergency_or_a_time_to_pay_may_be_a_leeway() -> None:
    assert may_have_leeway(room(), EmergencyDraw("d", DESK_OPEN), None)
    assert may_have_leeway(room(), None, Grace(1, 2))


def test_an_isolated_gateways_allowance_ends_on_its_day() -> None:
    for passed_ms, reason in ((-1, "isolated"), (0, "")):
        policy = PolicyRule(isolated_after_s=3600, isolated_until_ms=DESK_OPEN.wall_ms - passed_ms)
        assert leeway_of(RULE, policy, None, Heard(ago(DESK_OPEN, HOUR_MS)), DESK_OPEN).reason == reason
    forever = PolicyRule(isolated_after_s=3600)
    assert leeway_of(RULE, forever, None, Heard(ago(DESK_OPEN, HOUR_MS)), DESK_OPEN).reason == "isolated"


def test_without_a_calendar_of_that_name_no_window_spares() -> None:
    assert (
        leeway_of(room(no_cut_extra=5, no_cut="gone"), POLICY, None, Heard(DESK_SHUT), DESK_SHUT) == NO_LEEWAY
    )


@pytest.mark.parametrize(
    ("balance", "reason", "facts"),
    [
        (101, "credit-left", {}),
        (100, "credit-low-1", {"level": 100}),
        (11, "credit-low-1", {"level": 100}),
        (10, "credit-low-2", {"level": 10}),
        (-5, "credit-spent", {"limit": 5}),
    ],
)
def test_a_warning_says_which_level_was_reached(balance: int, reason: str, facts: dict[str, int]) -> None:
    rule = room(overdraft=5, warn_at=[100, 10])
    assert rule_on(rule, AccountState("a1"), balance, False, Basis.CONFIRMED).reason == reason
    assert facts_of(rule, balance) == facts


def test_a_room_without_its_meter_says_what_is_estimated() -> None:
    """R-4.3.5."""
    rule = room(software=SoftwareControlRule(77, 4_000))
    assert facts_of(rule, -999) == {"since_ms": 77, "wh_per_day": 4_000}
    assert rule_on(rule, AccountState("a1"), -999, True, Basis.CONFIRMED).reason == "software-control"


def test_an_exception_ends_with_its_last_instant() -> None:
    assert not holds(CalendarRule("c", [WeekWindow([*range(1, 8)], 0, 1_440)], [CalendarException(5, 9)]), 8)
    assert holds(CalendarRule("c", [WeekWindow([*range(1, 8)], 0, 1_440)], [CalendarException(5, 9)]), 9)


def test_lights_that_are_always_out_are_meant_to_last_as_far_as_is_looked() -> None:
    always = CalendarRule("c", [WeekWindow([*range(1, 8)], 0, 1_440)])
    assert lights(always, None, DESK_OPEN) == Dark(DESK_OPEN, DESK_OPEN.wall_ms + 8 * DAY_MS)
