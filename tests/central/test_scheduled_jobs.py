"""What is made by itself: dues on record from the first look on, made up for after downtime, tried again, given up aloud."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from central import clock
from central.campus.models import Account
from central.desk.day_close import close_day
from central.desk.operations import pay
from central.desk.shift_models import Shift
from central.domain.known_settings import Place
from central.domain.paper import decode
from central.domain.periods import day_period, month_period
from central.domain.scheduled_runs import DAY_MS, HOUR_MS, MINUTE_MS, RunState
from central.ledger.models import AuditEntry
from central.office.models import Notice, User
from central.office.setting_changes import Change, set_at_console
from central.reports.schedule import jobs as registry
from central.reports.schedule.jobs import Done, Due, Job, Late
from central.reports.schedule.models import JobWatch, MadePaper, RunTry, ScheduledRun
from central.reports.schedule.operations import AgainRefusal, run_again
from central.reports.schedule.queries import LATE_MS, job_lines
from central.reports.schedule.report_jobs import made_at_ms, not_understood
from central.reports.schedule.running import CLAIM_MS, claim_next, keep_outcome, run_due_jobs
from central.reports.schedule.verification import verify_made_papers
from tests.central.conftest import NOW_MS
from tests.open_shifts import off_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
Runs = Callable[[Due, int], Done]


@pytest.fixture(autouse=True)
def no_other_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_JOBS", {})


@pytest.fixture
def no_reports(db: None) -> None:
    """Nobody has asked for reports."""
    say("report.scheduled-codes", ["nothing day"])


def say(code: str, value: object) -> None:
    set_at_console(Change(code, Place.CAMPUS, "", value, 0), why="tests", now_ms=NOW_MS - 300 * DAY_MS)


def daily(run: Runs, late: Late = Late.CATCH_UP) -> Job:
    """Add a job that is due at the beginning of each UTC day, in two lanes."""

    def dues(after_ms: int, until_ms: int) -> Iterator[Due]:
        for day in range(after_ms // DAY_MS, until_ms // DAY_MS + 1):
            for lane in ("a", "b"):
                yield Due(f"{day} {lane}", day * DAY_MS, lane=lane)

    job = Job("daily", "Daily", "Each day", ("director",), dues, run, late)
    registry.add_jobs([job])
    return job


def states() -> list[str]:
    return [run.state for run in ScheduledRun.objects.order_by("due_ms", "due")]


def test_what_was_missed_is_made_up_for_from_the_first_look_on(no_reports: None) -> None:
    ran: list[str] = []
    daily(lambda due, _now: ran.append(due.name) or Done("paper-made"))
    assert run_due_jobs(NOW_MS) == 0, "a year of dues before the first look is nobody's"
    assert run_due_jobs(NOW_MS + 1) == 0
    later = NOW_MS + 3 * DAY_MS
    assert run_due_jobs(later) == 6
    first = NOW_MS // DAY_MS + 1
    assert ran == [f"{day} {lane}" for day in range(first, first + 3) for lane in "ab"]
    assert run_due_jobs(later + HOUR_MS) == 0, "each once"
    assert set(states()) == {RunState.DONE}
    JobWatch.objects.all().update(seen_until_ms=NOW_MS)
    assert run_due_jobs(later + HOUR_MS) == 0, "a due that is on record isn't put there again"


@pytest.mark.parametrize("late", Late)
def test_a_clock_that_was_ahead_keeps_nothing_from_being_run_when_it_is_due(
    no_reports: None, late: Late
) -> None:
    """As where the server's battery is dead. All of that month was noted and run; and then nothing would be until it came."""
    ran: list[str] = []
    daily(lambda due, _now: ran.append(due.name) or Done("paper-made"), late)
    run_due_jobs(NOW_MS)
    run_due_jobs(NOW_MS + 30 * DAY_MS)
    for day in range(3):
        ran.clear()
        run_due_jobs(NOW_MS + day * DAY_MS)
        first = NOW_MS // DAY_MS + day
        assert ran == ([f"{first} a", f"{first} b"] if day else [])


def test_of_a_lane_only_the_newest_is_run(no_reports: None) -> None:
    ran: list[str] = []
    daily(lambda due, _now: ran.append(due.name) or Done("paper-made"), Late.NEWEST_ONLY)
    run_due_jobs(NOW_MS)
    assert run_due_jobs(NOW_MS + 3 * DAY_MS) == 2
    last = NOW_MS // DAY_MS + 3
    assert ran == [f"{last} a", f"{last} b"]
    assert states() == [RunState.SKIPPED] * 4 + [RunState.DONE] * 2


def test_a_failing_job_is_tried_again_and_given_up_aloud(no_reports: None) -> None:
    def fail(due: Due, _now_ms: int) -> Done:
        if due.lane == "a":
            raise ZeroDivisionError
        return Done("paper-made")

    daily(fail)
    run_due_jobs(NOW_MS)
    due_ms = (NOW_MS // DAY_MS + 1) * DAY_MS
    run_due_jobs(due_ms)
    assert states() == [RunState.FAILED, RunState.DONE], "the other one isn't kept back"
    failed = ScheduledRun.objects.get(state=RunState.FAILED)
    assert (failed.code, failed.params) == ("broke", {"error": "ZeroDivisionError"})
    assert run_due_jobs(due_ms + 4 * MINUTE_MS) == 0
    assert run_due_jobs(due_ms + 6 * MINUTE_MS) == 1
    assert run_again(failed.pk, actor="dora", now_ms=due_ms + 7 * MINUTE_MS) is None
    assert run_again(failed.pk, actor="dora", now_ms=due_ms + 7 * MINUTE_MS) is AgainRefusal.WAITS
    for hour in range(1, 80):
        run_due_jobs(due_ms + hour * HOUR_MS)
    failed.refresh_from_db()
    assert failed.state == RunState.GIVEN_UP
    assert list(failed.attempts.values_list("number", flat=True)) == list(range(failed.tries, 0, -1))
    assert {*AuditEntry.objects.values_list("action", flat=True)} >= {"run-again", "run-given-up"}
    told = Notice.objects.get(template="run-given-up", key__startswith=f"run-given-up-{failed.pk}-")
    assert set(told.audience) == {"director", "admin"}


def test_a_run_is_claimed_once_and_a_killed_one_is_taken_again(no_reports: None) -> None:
    daily(lambda _due, _now: Done("paper-made"))
    run_due_jobs(NOW_MS)
    due_ms = (NOW_MS // DAY_MS + 1) * DAY_MS
    JobWatch.objects.update(seen_until_ms=due_ms)
    ScheduledRun.objects.create(job="daily", due="one", due_ms=due_ms, next_ms=due_ms)
    killed = claim_next(due_ms)
    assert killed is not None
    assert claim_next(due_ms) is None
    assert run_again(killed.pk, actor="dora", now_ms=due_ms) is AgainRefusal.RUNS
    again = claim_next(due_ms + CLAIM_MS)
    assert again is not None
    assert (again.pk, again.tries) == (killed.pk, 2)
    assert not keep_outcome(killed, Done("paper-made"), "Daily", due_ms + CLAIM_MS), "its claim has ended"
    assert keep_outcome(again, Done("paper-made"), "Daily", due_ms + CLAIM_MS)
    assert [(one.number, one.code) for one in RunTry.objects.order_by("number")] == [
        (1, "cut-short"),
        (2, "paper-made"),
    ]


def test_a_run_that_is_cut_short_for_days_is_given_up_and_told(no_reports: None) -> None:
    """What brings the process down each time doesn't do so for ever; after one long outage it is tried again."""
    first = ScheduledRun.objects.create(job="daily", due="one", due_ms=NOW_MS, next_ms=NOW_MS)
    assert claim_next(NOW_MS) is not None
    at_ms = NOW_MS + 5 * DAY_MS
    tries = [run.tries for n in range(9) if (run := claim_next(at_ms + n * CLAIM_MS)) is not None]
    first.refresh_from_db()
    assert (tries, first.state, first.code) == ([2, 3, 4, 5], RunState.GIVEN_UP, "cut-short")
    assert Notice.objects.get(template="run-given-up")
    assert list(first.attempts.values_list("code", flat=True)) == ["cut-short"] * 5


def day_with_a_payment(cashier: User) -> date:
    pay(
        payment_id="p-1",
        account_code=Account.objects.first().code,
        amount_fen=5_000,
        cashier=cashier,
        now_ms=NOW_MS,
    )
    return clock.campus_day(NOW_MS)


def test_a_report_is_made_when_its_period_is_over_and_closed(campus: None, cashier: User) -> None:
    say("report.scheduled-codes", ["takings day", "takings month", "takings never", "nonsense"])
    assert not_understood(NOW_MS) == ["takings never", "nonsense"]
    run_due_jobs(NOW_MS)
    day = day_with_a_payment(cashier)
    morning_ms = made_at_ms(day_period(day))
    assert clock.local(morning_ms).hour == 7
    assert run_due_jobs(morning_ms - 1) == 0
    assert run_due_jobs(morning_ms) == 1
    (waits,) = ScheduledRun.objects.all()
    assert (waits.state, waits.code) == (RunState.FAILED, "period-goes-on"), "the day isn't closed"
    off_shift(Shift.objects.get(), morning_ms)
    close_day(day, cashier, now_ms=morning_ms)
    assert run_due_jobs(morning_ms + 6 * MINUTE_MS) == 1
    made = MadePaper.objects.get()
    assert (made.code, made.period) == ("takings", f"day:{day}")
    paper = decode(made.contents["en"].encode())
    assert any(
        "50.00" in str(cell) or cell == 50_000_000 for row in paper.tables[0].rows for cell in row.cells
    )
    told = Notice.objects.get(template="paper-made")
    assert told.audience == ["finance", "director"]
    run_again(waits.pk, actor="dora", now_ms=morning_ms + HOUR_MS)
    run_due_jobs(morning_ms + HOUR_MS)
    waits.refresh_from_db()
    assert (waits.state, waits.code) == (RunState.DONE, "paper-as-before")
    assert MadePaper.objects.count() == Notice.objects.filter(template="paper-made").count() == 1
    month = month_period(day.year, day.month)
    assert (clock.campus_day(made_at_ms(month)) - month.last).days == 3
    run_due_jobs(made_at_ms(month))
    assert MadePaper.objects.filter(period=month.name).exists()
    assert verify_made_papers().fault == ""
    MadePaper.objects.create(
        run=waits, code="takings", period="day:2026-01-01", contents=made.contents, digest="0", made_ms=NOW_MS
    )
    assert "its content is not the one" in verify_made_papers().fault


def test_a_job_is_late_only_when_something_was_due_since_the_last_look(no_reports: None) -> None:
    """That nobody looks is said once; a job whose next due is to come has missed nothing."""
    job = daily(lambda _due, _now: Done("paper-made"))
    midnight = (NOW_MS // DAY_MS + 1) * DAY_MS
    run_due_jobs(midnight - 12 * HOUR_MS)
    for at_ms, is_late in (
        (midnight - 1, False),
        (midnight + LATE_MS - 1, False),
        (midnight + LATE_MS, True),
    ):
        (line,) = job_lines([job], at_ms)
        assert line.is_late is is_late, at_ms - midnight
