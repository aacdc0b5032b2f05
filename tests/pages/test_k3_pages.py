"""The finance system's pages: finance exports and imports, the director sees, and bad files are named (R-4.1.9)."""

from datetime import timedelta

import pytest
import xlrd
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from central import clock
from central.ledger.models import AuditEntry
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, User
from central.reports.k3.maps import K3_MAP
from central.reports.k3.models import K3Export, K3Import, K3Template
from tests.browser import seed_k3

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
JOURNAL = "日期,凭证字号,科目代码,借方,贷方\n{day},记-99,1001,5.00,\n,,2203,,5.00\n"


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def finance(campus: None) -> Client:
    seed_k3.k3()
    return client_of("finance")


def text_of(answer: object) -> str:
    return answer.content.decode()


def test_days_are_shown_exported_and_taken_as_a_file(finance: Client) -> None:
    day = clock.campus_day(clock.now_ms()) - timedelta(days=1)
    asked = {"first": day, "last": day, "span": "day"}
    assert f"{day}" in text_of(finance.get("/k3/"))
    nothing = finance.get("/k3/plan/", asked)
    assert nothing.status_code == 422
    assert "Nothing moved on these days" in text_of(nothing)
    day -= timedelta(days=1)
    asked |= {"first": day, "last": day, f"n-{day:%Y-%m}": "40"}
    page = finance.get("/k3/plan/", asked)
    assert "Exported before." in text_of(page)
    assert "记-40" in text_of(page)
    shown = page.context["plan"].digest
    again = finance.post("/k3/make/", asked | {"shown": shown})
    assert again.status_code == 422
    assert "Say why they are exported again" in text_of(again)
    made = finance.post("/k3/make/", asked | {"shown": shown, "why": "账套恢复"})
    assert made.url == "/k3/exports/2/"
    assert (K3Export.objects.get(pk=1).end.why, K3Export.objects.get(pk=2).voucher_count) == ("账套恢复", 4)
    file = finance.get("/k3/exports/2/file/")
    book = xlrd.open_workbook(file_contents=file.content)
    assert book.sheet_by_name("Page1").cell_value(1, 4) == 40
    assert AuditEntry.objects.filter(action="take-k3-export", subject="k3 export 2", actor="finance").exists()
    assert finance.get("/k3/exports/1/file/").status_code == 302
    assert finance.get("/k3/exports/1/").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"first": "2026-13-01", "last": "x", "span": "year"},
        {"first": "2026-11-20", "last": "2026-11-01", "span": "day"},
        {"first": "0001-01-01", "last": "9999-12-31", "span": "month"},
        {"first": "2026-11-20", "last": "2026-11-20", "span": "day", "n-0000-99": "x", "n-2026-11": "9" * 40},
    ],
)
def test_days_that_are_none_are_named(finance: Client, asked: dict[str, str]) -> None:
    assert finance.get("/k3/plan/", asked).status_code in (400, 422)
    assert finance.post("/k3/make/", asked | {"shown": "x"}).status_code in (400, 422)


def test_the_director_sees_and_changes_nothing(finance: Client) -> None:
    director = client_of("director")
    for address in ("/k3/", "/k3/exports/1/", "/k3/map/", "/k3/template/", "/k3/imports/", "/k3/imports/1/"):
        page = director.get(address)
        assert page.status_code == 200
        assert "<form" not in text_of(page).partition("<main")[2]
    assert director.get("/k3/exports/1/file/").status_code == 403
    assert director.post("/k3/make/").status_code == 403
    assert client_of("cashier").get("/k3/").status_code == 403


def test_an_export_is_taken_back_with_a_reason(finance: Client) -> None:
    assert finance.post("/k3/exports/1/back/", {"why": " "}).status_code == 400
    assert finance.post("/k3/exports/1/back/", {"why": "错了"}).status_code == 302
    twice = finance.post("/k3/exports/1/back/", {"why": "错了"})
    assert "It was taken back before." in text_of(finance.get("/k3/exports/1/")) or twice.status_code == 400


def map_fields(**changes: str) -> dict[str, str]:
    fields = {"count": "2", "from_day": "2030-01-01", "why": "w", "key": "c" * 32}
    fields |= {"r1-pattern": "cash:*:yuan", "r1-code": "1001", "r1-name": "现金", "r1-summary": "{days}"}
    return fields | changes


def test_a_map_is_asked_for_and_what_was_typed_is_never_lost(finance: Client) -> None:
    page = finance.get("/k3/map/new/")
    assert "customer:*:yuan" in text_of(page)
    bad = finance.post("/k3/map/ask/", map_fields(**{"r2-pattern": "x", "r2-code": "=1", "r2-name": "甲"}))
    assert bad.status_code == 422
    assert "Row 2: “=1”" in text_of(bad)
    assert 'value="甲"' in text_of(bad)
    more = finance.post("/k3/map/ask/", map_fields(more="1"))
    assert (more.status_code, more.context["form"].count) == (200, 5)
    early = finance.post("/k3/map/ask/", map_fields(from_day="2020-01-01"))
    assert "were exported already" in text_of(early)
    asked = finance.post("/k3/map/ask/", map_fields())
    request = Approval.objects.filter(act=K3_MAP).latest("number")
    assert asked.url == f"/office/approvals/{request.number}/"
    shown = client_of("director").get(asked.url)
    assert "1001" in text_of(shown)
    assert "removed" in text_of(shown)


@pytest.mark.parametrize(
    "fields",
    [
        {"count": "x"},
        {"count": "999"},
        {"count": "-1"},
        map_fields(from_day="never"),
        map_fields(why=" "),
        map_fields(key=""),
        map_fields(**{"r1-code": "1001\x00"}),
        map_fields(**{"r1-item": "{" * 300}),
    ],
)
def test_a_map_that_is_none_is_named(finance: Client, fields: dict[str, str]) -> None:
    assert finance.post("/k3/map/ask/", fields).status_code in (302, 400, 422)


def send(client: Client, address: str, name: str, content: bytes, **fields: str) -> object:
    return client.post(address, {"file": SimpleUploadedFile(name, content), **fields}, follow=True)


def test_a_template_is_taken_or_named(finance: Client) -> None:
    bad = send(finance, "/k3/template/take/", "x.xls", b"no workbook")
    assert bad.status_code == 422
    assert "can&#x27;t be read as XLS or XLSX" in text_of(bad)
    own = finance.get("/k3/exports/1/file/").content
    good = send(finance, "/k3/template/take/", "<b>凭证.xls", own)
    assert "&lt;b&gt;凭证.xls" in text_of(good)
    assert K3Template.objects.get().form == "xls"
    assert finance.post("/k3/template/standard/", {"with_rate_type": "yes"}).status_code == 302
    assert len(K3Template.objects.latest("pk").layout["columns"]) == 37


def test_a_list_is_previewed_imported_and_taken_back(finance: Client) -> None:
    day = clock.campus_day(clock.now_ms())
    days = {"kind": "vouchers", "first": f"{day}", "last": f"{day}"}
    page = send(finance, "/k3/imports/upload/", "序时簿.csv", JOURNAL.format(day=day).encode("gbk"), **days)
    assert page.status_code == 200
    hidden = dict(page.context["to_import"])
    made = finance.post("/k3/imports/make/", hidden)
    kept = K3Import.objects.latest("pk")
    assert (made.url, kept.rows) == (f"/k3/imports/{kept.pk}/", 2)
    wrong = send(finance, "/k3/imports/upload/", "x.csv", "姓名\n张三\n".encode(), **days)
    assert wrong.status_code == 422
    assert "has no column" in text_of(wrong)
    twice = send(finance, "/k3/imports/upload/", "序时簿.csv", JOURNAL.format(day=day).encode("gbk"), **days)
    assert "This very file was imported before" in text_of(twice)
    assert finance.post(f"/k3/imports/{kept.pk}/back/", {"why": "导错"}).status_code == 302
    assert "no longer counts" in text_of(finance.get("/k3/imports/"))


def test_our_own_file_is_compared_with_what_k3_is_said_to_have(finance: Client) -> None:
    """The list that the seed brought in has voucher 35 with other entries: each is named, nothing is brought in."""
    made = K3Export.objects.get(pk=1)
    days = {"kind": "vouchers", "first": f"{made.first_day}", "last": f"{made.last_day}"}
    page = send(finance, "/k3/imports/upload/", "own.xls", finance.get("/k3/exports/1/file/").content, **days)
    assert page.status_code == 422
    assert len(page.context["plan"].file.rows) == made.entry_count
    assert "If it was changed in K/3" in text_of(page)
