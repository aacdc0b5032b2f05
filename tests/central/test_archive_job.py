"""What decides that a month of telemetry goes: its settings, and everything that may still look at it; the job and the command."""

import csv
import io
from argparse import Namespace
from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from central.campus.models import Building
from central.clock import start_of_day_ms
from central.config.archive_arguments import ARCHIVED_KINDS
from central.config.commands import archive
from central.domain.known_settings import Place
from central.domain.periods import month_period
from central.ledger.monthly_tables import month_at, month_name, month_span_ms
from central.link.telemetry import archiving
from central.link.telemetry.archive_kinds import KINDS
from central.link.telemetry.models import (
    ArchivedMonth,
    GroupDay,
    HourlyUse,
    InstantTotal,
    Reading,
    RelayEvent,
)
from central.losses.balances.queries import balance_of
from central.losses.case_models import Case
from central.losses.explain.gather import account_named, explain
from central.losses.readings.models import ReadingSheet
from central.office.models import User
from central.office.roles import Role
from central.office.setting_changes import Change, set_at_console
from central.reports.archive import jobs
from central.reports.archive.keeping import archive_due, due_months
from central.reports.archive.needs import Why, needs_of
from central.reports.books.models import BookRow, PeriodLock
from central.reports.schedule.jobs import Due
from central.reports.schedule.words import RUN_WORDS, run_words
from tests.central.balance_steps import DAY_MS, FLOOR, MIDNIGHT_MS, building, rules_set, tell_hours
from tests.central.test_telemetry_archive import disk_of

pytestmark = pytest.mark.usefixtures("twin", "now")
MONTH = month_at(MIDNIGHT_MS)
FROM_MS, UNTIL_MS = month_span_ms(MONTH)
NIGHT = Due("day", 0)


def at_month(month):
    return month_span_ms(month)[0] + DAY_MS


LATER_MS = at_month(MONTH + 14)


@pytest.fixture
def now(monkeypatch, tmp_path, settings):
    settings.ARCHIVE_FOLDER = tmp_path / "archive"
    monkeypatch.setattr("central.clock.now_ms", lambda: LATER_MS)


@pytest.fixture
def readings(db):
    for n in range(3):
        for meter in ("m-301", "m-302"):
            Reading.objects.create(meter=meter, wall_ms=FROM_MS + n, register_wh=n, outcome="advanced")
    Reading.objects.create(meter="m-301", wall_ms=UNTIL_MS, register_wh=9, outcome="advanced")


def whys(now_ms=LATER_MS):
    [due] = due_months(now_ms)
    assert due.month == MONTH
    return [need.why for need in due.needs]


def run(now_ms=LATER_MS):
    done = jobs.run(NIGHT, now_ms)
    assert done.code in RUN_WORDS
    assert "%" not in run_words(done.code, done.params)
    return done


def test_a_kind_is_kept_for_its_months(readings):
    assert due_months(at_month(MONTH + 13)) == []
    [due] = due_months(LATER_MS)
    assert (due.month, [kind.name for kind in due.kinds], due.needs) == (MONTH, ["reading"], ())
    set_at_console(
        Change("telemetry.readings-months", Place.CAMPUS, "", 20, 0), why="dispute", now_ms=LATER_MS
    )
    assert due_months(LATER_MS) == []


def test_nothing_goes_before_its_periods_are_locked(readings):
    BookRow.objects.create(kind="period", ordinal=MONTH, account="1-301.1", unit="yuan", building="1")
    assert whys() == [Why.PERIOD]
    done = run()
    assert (done.code, done.params["names"]) == ("telemetry-needed", "1")
    lock = {"building": "1", "from_ms": 0, "position": 0, "locked_ms": LATER_MS, "by": "anna"}
    PeriodLock.objects.create(**lock, period="period:2026-11", ordinal=MONTH, until_ms=UNTIL_MS - 5 * DAY_MS)
    assert whys() == [Why.PERIOD]
    PeriodLock.objects.create(**lock, period="period:2026-12", ordinal=MONTH + 1, until_ms=UNTIL_MS + DAY_MS)
    assert whys() == []


def test_a_campus_that_locks_no_periods_archives_later_and_says_what_it_waits_for(readings):
    BookRow.objects.create(kind="period", ordinal=MONTH, account="1-301.1", unit="yuan", building="1")
    assert [need.why for need in needs_of(MONTH, at_month(MONTH + 24))] == [Why.PERIOD]
    assert needs_of(MONTH, at_month(MONTH + 25)) == []
    set_at_console(
        Change("telemetry.unlocked-months", Place.CAMPUS, "", 14, 0), why="no locks here", now_ms=LATER_MS
    )
    assert needs_of(MONTH, at_month(MONTH + 15)) == []


def test_use_by_the_hour_is_kept_longer_than_readings_and_then_archived(readings):
    HourlyUse.objects.create(meter="m-301", hour_ms=FROM_MS, energy_wh=80)
    assert [kind.name for kind in due_months(at_month(MONTH + 37))[0].kinds] == ["reading"]
    due = due_months(at_month(MONTH + 38))[0]
    assert [kind.name for kind in due.kinds] == ["reading", "hourly-use"]
    made = archive_due(due, actor="test", now_ms=LATER_MS)
    assert made.rows == {"reading": 6, "hourly-use": 1}
    assert not HourlyUse.objects.exists()
    archiving.load_back(MONTH, actor="test", now_ms=LATER_MS)
    assert HourlyUse.objects.get().energy_wh == 80


def test_each_night_another_file_is_read_again_and_one_that_was_carried_away_is_left_out(readings):
    now_ms = at_month(MONTH + 15)
    assert [run(now_ms).code for _month in range(2)] == ["telemetry-archived"] * 2
    first, second = (archiving.path_of(one) for one in ArchivedMonth.objects.order_by("pk"))
    whole = second.read_bytes()
    second.write_bytes(whole[:100])
    codes = {jobs.run(NIGHT, now_ms + night * DAY_MS).code for night in range(2)}
    assert codes == {"telemetry-nothing", "telemetry-damaged"}
    second.unlink()
    assert {jobs.run(NIGHT, now_ms + night * DAY_MS).code for night in range(2)} == {"telemetry-nothing"}
    assert first.exists()


@pytest.mark.parametrize("opened_ms", [FROM_MS, UNTIL_MS + 80 * DAY_MS])
def test_an_open_case_keeps_the_months_that_it_may_look_at(readings, opened_ms):
    north = Building.objects.get(code="1")
    case = Case.objects.create(kind="theft", key="theft:1", building=north, about="x", opened_ms=opened_ms)
    assert whys() == [Why.CASE]
    Case.objects.filter(pk=case.pk).update(state=Case.State.CLOSED)
    assert whys() == []


def test_readings_by_hand_that_are_not_agreed_keep_their_months(readings):
    ReadingSheet.objects.create(
        building=Building.objects.get(code="1"), period="period:2026-11", from_ms=FROM_MS - DAY_MS,
        until_ms=FROM_MS + DAY_MS,
    )  # fmt: skip
    assert whys() == [Why.SHEET]


def test_the_job_archives_a_month_a_night_and_a_full_disk_is_said_and_tried_again(readings):
    with disk_of(500):
        failed = run()
    assert (failed.code, failed.failed) == ("telemetry-no-room", True)
    assert Reading.objects.count() == 7
    done = run()
    assert (done.code, done.params["rows"], done.failed) == ("telemetry-archived", 6, False)
    assert run().code == "telemetry-nothing"
    part = ArchivedMonth.objects.get()
    content = bytearray(archiving.path_of(part).read_bytes())
    content[200] ^= 1
    archiving.path_of(part).write_bytes(content)
    ArchivedMonth.objects.update(state="written")
    damaged = run()
    assert (damaged.code, damaged.failed) == ("telemetry-damaged", True)


def test_it_is_due_each_night():
    midnight_ms = start_of_day_ms(date(2026, 11, 30))
    found = list(jobs.dues(midnight_ms, midnight_ms + 2 * DAY_MS))
    assert [due.at_ms - midnight_ms for due in found] == [3 * 3_600_000, 27 * 3_600_000]


def test_balances_of_days_stay_when_their_rows_are_gone():
    rules_set(FLOOR)
    tell_hours(MIDNIGHT_MS, 24, {"m-300": 2_100, "m-301": 1_000, "m-302": 1_000})
    before = balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS)
    GroupDay.objects.all().delete()
    assert run(at_month(MONTH + 37)).code == "telemetry-archived"
    assert not InstantTotal.objects.exists()
    assert balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS) == before
    tell_hours(MIDNIGHT_MS, 1, {"m-300": 7, "m-301": 1, "m-302": 1})
    assert balance_of(building(), "f3", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS) == before


def command(name, **options):
    with translation.override("en"):
        return getattr(archive, name)(Namespace(**options))


def test_the_command_says_writes_reads_and_verifies(readings, capsys):
    assert tuple(KINDS) == ARCHIVED_KINDS
    name = month_name(MONTH)
    assert command("run", dry_run=True) == 0
    assert not ArchivedMonth.objects.exists()
    assert f"{name}  due: reading" in capsys.readouterr().out
    assert command("run", dry_run=False) == command("show") == command("verify") == 0
    said = capsys.readouterr().out
    assert f"telemetry-{name}-1.zip" in said
    assert "All 1 files hold." in said
    assert command("read", month=name, kind="reading", of="m-302") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["meter"], row["register_wh"]) for row in rows] == [("m-302", str(n)) for n in range(3)]
    assert command("load", month=name) == 0
    assert whys() == [Why.LOADED]
    assert Reading.objects.count() == 7
    assert command("away", month=name) == 0
    assert Reading.objects.count() == 1


def test_wrong_months_are_refused_and_a_lost_file_is_named(readings, capsys):
    for wrong in ("2026-13", "november", "2026-11-01"):
        assert command("read", month=wrong, kind="reading", of="") == 2
        assert command("load", month=wrong) == 2
    assert command("read", month="2020-01", kind="reading", of="") == 2
    assert command("load", month="2020-01") == command("away", month="2020-01") == 2
    assert "Nothing was changed" in capsys.readouterr().err
    assert command("run", dry_run=False) == 0
    archiving.path_of(ArchivedMonth.objects.get()).unlink()
    assert command("verify") == 1
    assert "BAD" in capsys.readouterr().out
    assert command("load", month=month_name(MONTH)) == 1
    assert command("read", month=month_name(MONTH), kind="reading", of="") == 1


def test_pages_say_that_a_time_lies_in_the_archive(client):
    RelayEvent.objects.create(meter="m-301", at_ms=FROM_MS + DAY_MS, verdict="held")
    rules_set(FLOOR)
    tell_hours(MIDNIGHT_MS, 24, {"m-300": 2_100, "m-301": 1_000, "m-302": 1_000})
    account, month = account_named("1-301.1"), month_period(2026, 11)
    client.force_login(User.objects.create_user("wu", role=Role.TECHNICIAN))
    page = reverse("losses:balance-group", args=["1", "f3"]) + "?at=month:2026-11"
    note, seen = "的逐次读数已归档", []
    for now_ms in (LATER_MS, at_month(MONTH + 37)):
        run(now_ms)
        remarks = [
            remark
            for remark in explain(account, month, now_ms).bill.remarks
            if remark.code == "events-archived"
        ]
        said = client.get(page)
        assert said.status_code == 200
        seen.append(([remark.what for remark in remarks], note in said.content.decode()))
    assert seen == [([], False), ([["2026-11"]], True)]
