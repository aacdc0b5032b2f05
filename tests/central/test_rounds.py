"""Daily checks and wardens' rounds as they are kept: once, by the right people, immutable, missing ones told (R-4.2.0, R-4.2.4)."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from central.campus.models import Building, Room
from central.clock import start_of_day_ms
from central.domain.daily_checks import Party, Standing
from central.domain.round_coverage import Outcome
from central.ledger.models import AuditEntry
from central.losses.case_models import Case
from central.losses.checks.check_models import DailyCheck
from central.losses.checks.missing_checks import tell_of_missing_checks
from central.losses.checks.operations import Check, CheckRefusal, record_check
from central.losses.checks.operations import Refused as CheckRefused
from central.losses.checks.queries import matrix
from central.losses.rounds import operations as rounds
from central.losses.rounds.operations import Refused, RoundRefusal, Said
from central.losses.rounds.round_models import Round, RoundEnd, RoundEntry
from central.office.models import Notice, User
from central.office.roles import Role

DAY = date(2026, 11, 18)
MORNING = start_of_day_ms(DAY)
HOUR, MINUTE = 3_600_000, 60_000


@pytest.fixture(autouse=True)
def photos(settings: object, tmp_path: Path) -> None:
    settings.PHOTOS_FOLDER = tmp_path / "photos"


@pytest.fixture
def north(campus: None) -> Building:
    return Building.objects.get(code="1")


@pytest.fixture
def warden(north: Building) -> User:
    user = User.objects.create_user("zhou", role=Role.WARDEN)
    user.buildings.set([north])
    return user


def a_check(**more: object) -> Check:
    told = MORNING + 11 * HOUR
    return replace(Check("c-1", Party.SECURITY, None, told - HOUR, told, told, (("doors", True),)), **more)


@pytest.fixture
def guard(campus: None) -> User:
    return User.objects.create_user("gu", role=Role.SECURITY)


def test_a_check_is_kept_once_with_its_points_and_stands_on_record(guard):
    kept = record_check(a_check(), actor=guard, now_ms=MORNING + 12 * HOUR)
    again = record_check(a_check(), actor=guard, now_ms=MORNING + 13 * HOUR)
    assert isinstance(kept, DailyCheck)
    assert kept == again
    assert (kept.day, kept.points) == (DAY, [["doors", True]])
    assert AuditEntry.objects.get(action="daily-check").subject == "security 2026-11-18"
    other = record_check(a_check(text="x"), actor=guard, now_ms=MORNING + 12 * HOUR)
    assert other == CheckRefused(CheckRefusal.EXISTS_WITH_DIFFERENT)
    with pytest.raises(DatabaseError), transaction.atomic():
        DailyCheck.objects.update(text="never")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"party": Party.FINANCE}, CheckRefusal.NOT_HIS_PARTY),
        ({"until_ms": MORNING + 10 * HOUR}, CheckRefusal.NOT_IN_ORDER),
        ({"from_ms": MORNING - HOUR}, CheckRefusal.NOT_IN_ORDER),
        ({"until_ms": MORNING + 12 * HOUR}, CheckRefusal.IN_FUTURE),
        ({"points": (("doors", False),)}, CheckRefusal.NO_WORDS),
    ],
)
def test_what_is_no_check_is_refused_by_name(guard, more, why):
    assert record_check(a_check(**more), actor=guard, now_ms=MORNING + 12 * HOUR) == CheckRefused(why)
    assert not DailyCheck.objects.exists()


def test_a_check_of_long_ago_is_refused(guard):
    late = record_check(a_check(), actor=guard, now_ms=MORNING + 40 * 24 * HOUR)
    assert late == CheckRefused(CheckRefusal.TOO_OLD)


def test_a_warden_checks_the_buildings_he_serves(warden):
    def checked(code: str | None) -> object:
        where = Building.objects.get(code=code) if code else None
        return record_check(
            a_check(party=Party.WARDENS, building=where), actor=warden, now_ms=MORNING + 12 * HOUR
        )

    assert checked(None) == CheckRefused(CheckRefusal.NO_BUILDING)
    assert checked("2") == CheckRefused(CheckRefusal.NOT_HIS_BUILDING)
    assert isinstance(checked("1"), DailyCheck)


def stand(now_ms: int, day: date = DAY) -> dict[str, Standing]:
    rows = matrix([day], Party, list(Building.objects.order_by("code")), now_ms)
    return {f"{row.party}{row.building.code if row.building else ''}": row.cells[0].standing for row in rows}


def test_the_heads_are_told_once_in_the_morning_of_what_is_missing(guard, warden):
    for name, role in (("head", Role.DIRECTOR), ("vice", Role.VP_LOGISTICS)):
        User.objects.create_user(name, role=role, email=f"{name}@example.org")
    assert tell_of_missing_checks(MORNING + 33 * HOUR) == 0, "nothing was ever checked: nothing is owed yet"
    record_check(a_check(), actor=guard, now_ms=MORNING + 12 * HOUR)
    walk(warden, minutes=20)
    assert tell_of_missing_checks(MORNING + 31 * HOUR) == 0, "seven o'clock"
    assert tell_of_missing_checks(MORNING + 33 * HOUR) == 5
    assert tell_of_missing_checks(MORNING + 34 * HOUR) == 0
    notice = Notice.objects.get(template="checks-missing")
    assert notice.params["short"] == "楼管员（North）"
    assert notice.params["missing"] == "财务、卡机房、楼管员（South）、水电技师"
    assert sorted(notice.audience) == ["director", "vp-logistics", "vp-network"]


def test_a_day_off_owes_nothing_from_the_day_it_was_said(guard):
    from central.domain.known_settings import Place
    from central.office.setting_changes import Change, set_at_console

    record_check(a_check(), actor=guard, now_ms=MORNING + 12 * HOUR)
    change = Change("check.days-off", Place.CAMPUS, "", [["11-19", "11-19"]], MORNING)
    set_at_console(change, why="holiday", now_ms=MORNING)
    assert stand(MORNING + 100 * HOUR, DAY + timedelta(days=1))["finance"] is Standing.FREE
    assert stand(MORNING + 100 * HOUR)["finance"] is Standing.MISSING


def said(label: str, outcome: Outcome = Outcome.IN_ORDER, entry: str = "", **more: object) -> Said:
    room = Room.objects.get(label=label)
    return Said(entry or f"e-{label}", room, outcome, more.pop("at_ms", MORNING + 9 * HOUR), **more)


def walk(warden: User, round_id: str = "r-1", minutes: int = 60) -> RoundEnd:
    building = Building.objects.get(code="1")
    start = MORNING + 9 * HOUR
    rounds.begin(round_id, building, at_ms=start, actor=warden, now_ms=start)
    for label in ("301", "302"):
        rounds.say(round_id, building, said(label), actor=warden, now_ms=start + MINUTE)
    done = rounds.end(
        round_id, "end", "", at_ms=start + minutes * MINUTE, actor=warden, now_ms=start + 2 * HOUR
    )
    assert isinstance(done, RoundEnd), done
    return done


def test_a_round_ends_with_what_it_came_to_and_counts_as_the_days_check(warden):
    done = walk(warden)
    assert (done.seen, done.rooms, done.floors, done.left) == (2, 2, [[3, 2, 2]], [])
    assert stand(MORNING + 12 * HOUR)["wardens1"] is Standing.DONE
    assert rounds.end("r-1", "end", "", at_ms=0, actor=warden, now_ms=MORNING + 20 * HOUR) == done
    again = rounds.end("r-1", "other", "", at_ms=0, actor=warden, now_ms=MORNING + 20 * HOUR)
    assert again == Refused(RoundRefusal.ENDED)


def test_rooms_that_were_left_are_named_with_the_reason(warden, north):
    shut = said("301", Outcome.NO_ACCESS, text="nobody opened")
    rounds.say("r-1", north, shut, actor=warden, now_ms=MORNING + 10 * HOUR)
    no_reason = rounds.end("r-1", "end", " ", at_ms=MORNING, actor=warden, now_ms=MORNING + 11 * HOUR)
    assert no_reason == Refused(RoundRefusal.NO_REASON)
    done = rounds.end("r-1", "end", "fire drill", at_ms=MORNING, actor=warden, now_ms=MORNING + 11 * HOUR)
    assert done.left == [["301", "nobody opened"], ["302", "fire drill"]]
    assert done.seen == 0
    assert done.at_ms == done.round.started_ms, "it can't end before it began"


def test_an_entry_is_kept_once_and_after_the_end_is_an_addition(warden, north):
    done = walk(warden)
    for entry in ("e-301", "late"):
        rounds.say("r-1", north, said("301", entry=entry), actor=warden, now_ms=MORNING + 12 * HOUR)
    assert list(RoundEntry.objects.values_list("entry", "is_addition").order_by("pk")) == [
        ("e-301", False),
        ("e-302", False),
        ("late", True),
    ]
    assert RoundEnd.objects.get() == done
    differs = said("302", Outcome.NO_ACCESS, "e-301", text="shut")
    refused = rounds.say("r-1", north, differs, actor=warden, now_ms=MORNING + 12 * HOUR)
    assert refused == Refused(RoundRefusal.EXISTS_WITH_DIFFERENT)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (lambda: said("301", Outcome.FOUND), RoundRefusal.NO_WHAT),
        (lambda: said("301", Outcome.FOUND, what="ghosts"), RoundRefusal.NO_WHAT),
        (lambda: said("301", Outcome.FOUND, what="other"), RoundRefusal.NO_WORDS),
        (lambda: said("301", Outcome.NO_ACCESS), RoundRefusal.NO_WORDS),
        (lambda: said("101"), RoundRefusal.OTHER_BUILDING),
    ],
)
def test_an_entry_that_is_not_whole_is_refused_and_begins_no_round(warden, north, entry, why):
    assert rounds.say("r-1", north, entry(), actor=warden, now_ms=MORNING + 10 * HOUR) == Refused(why)
    assert not Round.objects.exists()


def test_nobody_walks_in_a_building_he_does_not_serve_or_on_anothers_round(warden, north):
    south = Building.objects.get(code="2")
    refused = rounds.say("r-2", south, said("101"), actor=warden, now_ms=MORNING + 10 * HOUR)
    assert refused == Refused(RoundRefusal.NOT_HIS_BUILDING)
    rounds.begin("r-1", north, at_ms=MORNING, actor=warden, now_ms=MORNING)
    other = User.objects.create_user("qian", role=Role.WARDEN)
    for done in (
        rounds.say("r-1", north, said("301"), actor=other, now_ms=MORNING + 1),
        rounds.end("r-1", "end", "x", at_ms=MORNING, actor=other, now_ms=MORNING + 1),
    ):
        assert done == Refused(RoundRefusal.NOT_HIS_ROUND)


def test_a_cable_from_the_corridor_is_reported_at_once_and_once(warden, north):
    cable = said("301", Outcome.FOUND, what="cable", text="orange cable")
    for _time in range(2):
        kept = rounds.say("r-1", north, cable, actor=warden, now_ms=MORNING + 10 * HOUR)
    case = Case.objects.get(kind="theft")
    assert kept.case == case
    assert case.room.label == "301"
    assert [step.text for step in case.steps.all()] == ["orange cable"]
    assert case.steps.get().facts["round"] == kept.round.round_id
    told = Notice.objects.get(template="theft-reported")
    offices = {"cashier", "director", "security", "students", "vp-network", "vp-logistics"}
    assert offices <= set(told.audience), "R-4.2.4: a round's cable tells whom any report tells"


def test_a_cable_is_seen_no_later_than_now_and_other_words_are_another_entry(warden, north):
    now_ms = MORNING + 10 * HOUR
    cable = said("301", Outcome.FOUND, what="cable", at_ms=now_ms + HOUR)
    kept = rounds.say("r-1", north, cable, actor=warden, now_ms=now_ms)
    assert kept.case.steps.get().facts["seen_ms"] == now_ms, (
        "the day of discovery is what a penalty counts to"
    )
    for other in (replace(cable, what="device"), replace(cable, text="green cable")):
        again = rounds.say("r-1", north, other, actor=warden, now_ms=now_ms)
        assert again == Refused(RoundRefusal.EXISTS_WITH_DIFFERENT)


def test_a_cable_that_cannot_be_reported_is_refused_by_name(warden, north):
    rounds.say("r-1", north, said("302"), actor=warden, now_ms=MORNING + 9 * HOUR)
    warden.buildings.set(Building.objects.filter(code="2"))
    warden = User.objects.get(pk=warden.pk)
    cable = said("301", Outcome.FOUND, what="cable")
    refused = rounds.say("r-1", north, cable, actor=warden, now_ms=MORNING + 10 * HOUR)
    assert refused == Refused(RoundRefusal.NOT_HIS_BUILDING)
    assert RoundEntry.objects.count() == 1
