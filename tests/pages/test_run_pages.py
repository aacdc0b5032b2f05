"""Pages of what is made by itself: each sees the jobs of his office, what is late is red, a made paper stays as it was."""

import json

import pytest
from django.test import Client

from central import clock
from central.campus.models import Account
from central.clock import start_of_day_ms
from central.desk.day_close import close_day, open_days
from central.desk.operations import Paid, pay
from central.domain.periods import day_before, day_period
from central.domain.scheduled_runs import DAY_MS, RunState
from central.ledger.models import AuditEntry
from central.office.models import User
from central.papers.catalogue import report_of
from central.papers.operations import seal_of, seal_paper
from central.reports.schedule.models import JobWatch, MadePaper, ScheduledRun
from central.reports.schedule.report_jobs import made_at_ms
from central.reports.schedule.running import run_due_jobs
from tests.open_shifts import off_shift, on_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
TAKINGS = "report-takings-day"
"""The job that is looked at; on some days of the week and month others are due as well."""


@pytest.fixture
def yesterday(campus: None) -> str:
    """The name of yesterday, whose takings were made this morning."""
    now_ms = clock.now_ms()
    day = day_before(day_period(clock.campus_day(now_ms)))
    at_ms, cashier = start_of_day_ms(day) + DAY_MS // 2, User.objects.get(username="cashier")
    run_due_jobs(at_ms)
    shift = on_shift(cashier, at_ms)
    account = Account.objects.order_by("code")[0].code
    paid = pay(payment_id="p-1", account_code=account, amount_fen=4_321, cashier=cashier, now_ms=at_ms)
    assert isinstance(paid, Paid)
    off_shift(shift, at_ms)
    for one in open_days():
        close_day(one, cashier, now_ms=at_ms)
    run_due_jobs(made_at_ms(day_period(day)))
    return f"day:{day}"


def test_jobs_and_their_runs(yesterday: str, admin: Client, cashier: Client) -> None:
    page = admin.get("/runs/").content.decode()
    assert "Takings of the card room: Day" in page
    run = ScheduledRun.objects.get(job=TAKINGS)
    assert f"/runs/{run.pk}/" in admin.get("/runs/jobs/report-takings-day/").content.decode()
    detail = admin.get(f"/runs/{run.pk}/").content.decode()
    assert "made." in detail
    assert "Run again" in detail
    assert "Run again" not in cashier.get(f"/runs/{run.pk}/").content.decode()
    assert cashier.post(f"/runs/{run.pk}/again/").status_code == 403
    assert admin.get("/runs/jobs/report-nothing-day/").status_code == 404
    answer = admin.post(f"/runs/{run.pk}/again/", follow=True).content.decode()
    assert "in the next minute" in answer
    assert ScheduledRun.objects.get(job=TAKINGS).state == RunState.WAITING
    assert AuditEntry.objects.filter(action="run-again", subject=f"run {run.pk}", actor="manager").exists()


def test_nobody_looking_and_late_runs_are_said(yesterday: str, admin: Client) -> None:
    JobWatch.objects.update(seen_until_ms=clock.now_ms() - 2 * 3_600_000)
    ScheduledRun.objects.update(state=RunState.FAILED, code="broke", params={"error": "OddError"})
    page = admin.get("/runs/").content.decode()
    assert "Is the sender running?" in page
    assert "OddError" in page
    assert page.index("Takings of the card room: Day") < page.index("Takings of the card room: Month")
    assert "late" in page


def test_a_made_paper_stays_and_says_what_changed(yesterday: str, admin: Client) -> None:
    made = MadePaper.objects.get(run__job=TAKINGS)
    assert f"/runs/papers/{made.pk}/" in admin.get("/runs/papers/").content.decode()
    assert "Nothing has changed since" in admin.get(f"/runs/papers/{made.pk}/").content.decode()
    other_contents = {language: text.replace("43210000", "1") for language, text in made.contents.items()}
    other = MadePaper.objects.create(
        run=made.run,
        code=made.code,
        period=made.period,
        contents=other_contents,
        digest=seal_of(other_contents),
        made_ms=made.made_ms,
    )
    assert "it would be another one" in admin.get(f"/runs/papers/{other.pk}/").content.decode()
    assert "Made again later" in admin.get(f"/runs/papers/{made.pk}/").content.decode()
    taken = json.loads(admin.get(f"/runs/papers/{made.pk}/?form=json").content)
    assert taken == json.loads(made.contents["en"])
    assert admin.get(f"/runs/papers/{made.pk}/?form=xlsx").content[:2] == b"PK"
    assert admin.get(f"/runs/papers/{made.pk}/?form=odt").status_code == 404
    User.objects.create_user("sun", role=User.Role.STUDENTS)
    students = Client()
    students.force_login(
        User.objects.get(username="sun"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert students.get(f"/runs/papers/{made.pk}/").status_code == 403
    assert f"/runs/papers/{made.pk}/" not in students.get("/runs/papers/").content.decode()
    assert students.get(f"/runs/{made.run_id}/").status_code == 403
    day = day_period(clock.campus_day(made.made_ms - DAY_MS))
    seal_paper(report_of("takings"), day, actor="manager", now_ms=clock.now_ms())
    assert (
        "Sealed since as number 1, with another content"
        in admin.get(f"/runs/papers/{other.pk}/").content.decode()
    )
    assert "Sealed since as number 1, with the same" in admin.get(f"/runs/papers/{made.pk}/").content.decode()
