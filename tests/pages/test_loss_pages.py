"""Pages of balances: every figure leads to its rows, suspects are for those who look, a ratio changes by signature (R-4.2.3)."""

import pytest
from django.test import Client

from central import clock
from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.domain.periods import accounting_period_of
from central.losses.case_models import Case
from central.office.approvals import sign
from central.office.models import Approval, User
from central.papers.accounting import first_days
from tests.browser import seed_balances

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def losses(admin: Client) -> Client:
    seed_balances.balances()
    return admin


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    return client


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:2000]
    return answer.content.decode()


def test_from_all_buildings_to_the_readings_behind_a_figure(losses: Client) -> None:
    assert "/losses/balances/1/" in text(losses, "/losses/balances/")
    assert "/losses/balances/1/F1/" in text(losses, "/losses/balances/1/")
    page = text(losses, "/losses/balances/1/F1/")
    assert "Beyond the fixed ratio" in page
    assert "1-101" in page
    assert "/losses/balances/1/F1/rows/?at=" in page
    period = accounting_period_of(clock.campus_day(clock.now_ms()), first_days)
    rows = text(losses, f"/losses/balances/1/F1/rows/?at={period.name}")
    assert "T-1-1" in rows
    assert "frozen at one instant" in rows
    assert "between two readings" in rows


def test_a_case_stands_for_the_tapped_floor_and_shows_the_figures(losses: Client) -> None:
    case = Case.objects.get(key="loss:1:F1")
    page = text(losses, f"/losses/cases/{case.pk}/")
    assert "/losses/balances/1/F1/" in page
    assert "Unexplained, kWh" in page


def test_what_the_loss_follows_is_shown_to_those_who_look_and_to_nobody_else(losses: Client) -> None:
    assert "What the loss follows" in text(client_of("director"), "/losses/balances/1/F1/")
    assert "What the loss follows" not in text(client_of("cashier"), "/losses/balances/1/F1/")


def test_a_ratio_changes_by_signature_and_never_behind_the_running_period(losses: Client) -> None:
    address, now_ms = "/losses/balances/1/F1/fixed-loss/", clock.now_ms()
    form = {
        "percent": "2.5",
        "from_hour": "0",
        "why": "measured anew",
        "key": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    }
    late = losses.post(address, form | {"from_day": "2020-01-01"})
    assert late.status_code == 400
    assert "What is over stays as it was" in late.content.decode()
    assert 'value="2.5"' in late.content.decode(), "what was typed is kept"
    day = clock.campus_day(now_ms)
    for language, words in (("en", "lies between 0 and 30 %."), ("zh-hans", "技术损耗在 0 到 30 % 之间")):
        losses.cookies["django_language"] = language
        for wrong in ("31", "-1", "1E+99999"):
            much = losses.post(address, form | {"from_day": f"{day}", "percent": wrong})
            assert (much.status_code, words in much.content.decode()) == (400, True), wrong
    assert losses.post(address, form | {"from_day": f"{day}"}).status_code == 302
    request = Approval.objects.get(act="fixed-loss")
    assert {rule.fixed_loss_ppm for rule in groups_of(Building.objects.get(code="1"))} == {15_000}
    sign(request.number, approve=True, reason="", actor=User.objects.get(username="director"), now_ms=now_ms)
    rules = [rule for rule in groups_of(Building.objects.get(code="1")) if rule.group == "F1"]
    assert [(rule.from_ms, rule.fixed_loss_ppm) for rule in rules] == [
        (0, 15_000),
        (clock.start_of_day_ms(day), 25_000),
    ]
    page = text(losses, "/losses/balances/1/F1/")
    assert f"/office/approvals/{request.number}/" in page
    assert "2.50 %" in page


def test_the_report_has_a_row_for_each_group(losses: Client) -> None:
    page = text(losses, "/papers/losses/?kind=day&day=" + f"{clock.campus_day(clock.now_ms() - 86_400_000)}")
    for said in ("ALL", "F1", "Beyond the fixed ratio", "Within the usual", "/losses/balances/1/F1/rows/"):
        assert said in page


@pytest.mark.parametrize(
    "address", ["/losses/balances/9/", "/losses/balances/1/none/", "/losses/balances/1/none/rows/"]
)
def test_what_is_not_there_is_not_found(losses: Client, address: str) -> None:
    assert losses.get(address).status_code == 404


def test_an_interval_that_cant_be_read_is_the_running_period(losses: Client) -> None:
    assert "This accounting period" in text(losses, "/losses/balances/1/F1/?at=nonsense")
