"""What a report's reader meets first: the right period, what is missing by name, only buttons that are his; who is told."""

import pytest

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.known_settings import SCHEDULED_REPORTS
from central.domain.meeting_days import week_spoken_of
from central.office.roles import SEE_RUNS, Role
from central.papers.accounting import last_over
from central.papers.catalogue import report_of
from central.papers.words import period_words
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def test_papers_about_a_meeting_or_a_close_open_on_the_period_that_is_over(campus: None) -> None:
    today = campus_day(clock.now_ms())
    pack = client_of("director").get("/papers/weekly-pack/").content.decode()
    assert f"<p>{period_words(week_spoken_of(today))}" in pack
    agreement = client_of("finance").get("/papers/agreement/").content.decode()
    assert f"<p>{period_words(last_over(clock.now_ms()))}" in agreement
    names = ", ".join(Building.objects.order_by("code").values_list("name", flat=True))
    assert f"Not compared yet: {names}." in agreement
    chosen = client_of("director").get(f"/papers/weekly-pack/?kind=week&day={today}").content.decode()
    assert f"<p>{period_words(week_spoken_of(today))}" not in chosen


def test_the_last_days_there_are_lie_in_no_week_and_are_refused_in_words(campus: None) -> None:
    for report in ("weekly-pack", "room-usage"):
        answer = client_of("finance").get(f"/papers/{report}/?kind=week&day=9999-12-31")
        assert "That is no period" in answer.content.decode()


def test_who_may_not_seal_sees_no_button_for_it_and_settings_are_folded_up(campus: None) -> None:
    address = "/papers/monthly-charges/?period=period:2026-01"
    cashier, finance = (client_of(name).get(address).content.decode() for name in ("cashier", "finance"))
    assert "Seal this period" not in cashier
    assert "Seal this period" in finance
    notes, _summary, folded = cashier.partition("Settings it was computed with")
    assert "Computed with" not in notes
    assert "Computed with" in folded


def test_each_report_made_by_itself_is_told_to_those_who_work_with_its_copies() -> None:
    assert len(SCHEDULED_REPORTS) == len(set(SCHEDULED_REPORTS))
    told = {}
    for line in map(str, SCHEDULED_REPORTS):
        report = report_of(line.rpartition(" ")[0])
        assert report is not None, line
        told[report.code] = set(report.told)
        assert told[report.code] <= {*report.roles} & {*SEE_RUNS}, line
    assert Role.STUDENTS in told["arrears"]
    assert Role.LOGISTICS in told["faults"] & told["losses"]
    assert told["building-check"] == {Role.CASHIER, Role.DIRECTOR}
    assert told["room-usage"] >= {Role.DIRECTOR, Role.VP_NETWORK, Role.FINANCE}
    for printed in ("monthly-charges", "room-usage", "bureau-statement", "merchants", "subsidies"):
        assert Role.CASHIER in told[printed], printed
