"""Reports on pages and as files: they tie, lead to their rows, and once sealed stay as they were and can be proved."""

import json
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test import Client

from central import clock
from central.campus.models import Account, CustomerClass
from central.desk.day_close import close_day, open_days
from central.desk.day_models import DayClose
from central.desk.operations import Paid, pay
from central.domain.known_settings import Place
from central.domain.paper import Paper, decode, totals
from central.domain.periods import accounting_period_of, day_period, month_period, read_period, year_period
from central.ledger.models import AuditEntry
from central.office.approvals import sign
from central.office.models import User
from central.office.setting_changes import Change, set_at_console
from central.papers.catalogue import make, report_of
from central.papers.font import INSTALL, NoFont, paper_font
from central.papers.models import SealedPaper
from central.papers.operations import Sealed, SealRefusal, seal_paper
from tests.open_shifts import off_shift, on_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
DAY_MS = 86_400_000


@pytest.fixture
def takings(campus: None) -> None:
    """Five payments on five days of the past."""
    for number, account in enumerate(Account.objects.order_by("code")[:5]):
        at_ms = clock.now_ms() - number * 40 * DAY_MS
        cashier = User.objects.get(username="cashier")
        shift = on_shift(cashier, at_ms)
        paid = pay(
            payment_id=f"p-{number}",
            account_code=account.code,
            amount_fen=(number + 1) * 1_050,
            cashier=cashier,
            now_ms=at_ms,
        )
        assert isinstance(paid, Paid), paid
        off_shift(shift, at_ms)
    for day in open_days():
        assert isinstance(close_day(day, cashier, now_ms=clock.now_ms()), DayClose)


def month_of_last() -> str:
    day = clock.campus_day(clock.now_ms() - 160 * DAY_MS)
    return f"month:{day:%Y-%m}"


def total(paper: Paper) -> int:
    return sum(cell for table in paper.tables if isinstance(cell := totals(table)[-1], int))


def test_days_months_and_years_tie(takings: None) -> None:
    report = report_of("takings")
    days = [clock.campus_day(clock.now_ms() - number * 40 * DAY_MS) for number in range(5)]
    by_day = sum(total(make(report, day_period(day))) for day in set(days))
    by_month = sum(total(make(report, month_period(*month))) for month in {(d.year, d.month) for d in days})
    by_period = sum(total(make(report, p)) for p in {accounting_period_of(d) for d in days})
    by_year = sum(total(make(report, year_period(year))) for year in {d.year for d in days})
    assert by_day == by_month == by_period == by_year == 15 * 10_500_000


def test_a_figure_leads_to_the_rows_it_is_made_of(takings: None, cashier: Client) -> None:
    today = clock.campus_day(clock.now_ms())
    month = cashier.get(f"/papers/takings/?period=month:{today:%Y-%m}").content.decode()
    assert f"/papers/takings/?period=day%3A{today.isoformat()}" in month
    day = cashier.get(f"/papers/takings/?period=day:{today.isoformat()}").content.decode()
    assert "/desk/receipts/1/" in day
    assert "10.50" in day


@pytest.mark.parametrize(
    "query",
    [
        *(
            "period=",
            "period=week:1",
            "kind=day&day=x",
            "kind=century&day=2026-11-25",
            "kind=day&day=1800-01-01",
        ),
        *("day=2026-11-25", "kind=year&day=0001-01-01", "period=month:2026-99"),
    ],
)
def test_a_period_that_is_none_shows_the_usual_one_and_says_so(admin: Client, query: str) -> None:
    assert admin.get(f"/papers/takings/?{query}").status_code == 200


def test_files_are_taken_and_on_record(takings: None, cashier: Client) -> None:
    book = cashier.get(f"/papers/takings/?period={month_of_last()}&form=xlsx")
    sheet = openpyxl.load_workbook(BytesIO(book.content)).active
    assert list(sheet.iter_rows(values_only=True))[-1][-1] == 52.5
    read = decode(cashier.get(f"/papers/takings/?period={month_of_last()}&form=json").content)
    assert total(read) == 52_500_000
    details = list(AuditEntry.objects.filter(action="take-paper").values_list("detail", flat=True))
    assert details == ["xlsx", "json"]


def test_a_pdf_copy_names_its_recipient_and_there_is_no_copy_for_nobody(
    takings: None, cashier: Client
) -> None:
    try:
        paper_font()
    except NoFont:
        pytest.skip(f"no Chinese font: {INSTALL}")
    answer = cashier.get("/papers/takings/?form=pdf&copy=2")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    for wrong in ("0", "3", "x", "-1", "²"):
        assert cashier.get(f"/papers/takings/?form=pdf&copy={wrong}").status_code == 404
    assert cashier.get("/papers/takings/?form=docx").status_code == 404


def test_without_a_font_the_page_says_what_to_install(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDROOM_FONT", "/nowhere.ttf")
    paper_font.cache_clear()
    try:
        answer = admin.get("/papers/takings/?form=pdf")
    finally:
        paper_font.cache_clear()
    assert answer.status_code == 503
    assert "apt-get install fonts-wqy-microhei" in answer.content.decode()


def sealed(name: str) -> SealedPaper:
    result = seal_paper(report_of("takings"), read_period(name), actor="manager", now_ms=clock.now_ms())
    assert isinstance(result, Sealed), result
    return result.paper


def test_a_period_that_is_not_over_is_not_sealed(campus: None, admin: Client) -> None:
    today = clock.campus_day(clock.now_ms())
    refused = seal_paper(report_of("takings"), day_period(today), actor="m", now_ms=clock.now_ms())
    assert refused is SealRefusal.NOT_OVER
    page = admin.post("/papers/takings/seal/", {"period": f"day:{today}"}, follow=True).content.decode()
    assert "This period is not over" in page
    assert not SealedPaper.objects.exists()


def test_takings_are_sealed_only_when_no_shift_of_the_period_takes_any_more(
    campus: None, admin: Client
) -> None:
    """What a shift takes after midnight belongs to its day: sealed before, it would stand on no sealed paper."""
    cashier, yesterday_ms = User.objects.get(username="cashier"), clock.now_ms() - DAY_MS
    shift, day = on_shift(cashier, yesterday_ms), clock.campus_day(yesterday_ms)
    page = admin.post("/papers/takings/seal/", {"period": f"day:{day}"}, follow=True).content.decode()
    assert "is not closed" in page
    assert not SealedPaper.objects.exists()
    account = Account.objects.order_by("code").first()
    assert isinstance(pay("late", account.code, 1_050, cashier, now_ms=clock.now_ms()), Paid)
    off_shift(shift, clock.now_ms())
    admin.post("/papers/takings/seal/", {"period": f"day:{day}"})
    assert not SealedPaper.objects.exists(), "its shifts have ended, but who closes the day has the last word"
    assert isinstance(close_day(day, cashier, now_ms=clock.now_ms()), DayClose)
    admin.post("/papers/takings/seal/", {"period": f"day:{day}"})
    assert "10500000" in str(SealedPaper.objects.get().contents)


def test_a_sealed_paper_stays_the_same_whatever_changes_later(takings: None, admin: Client) -> None:
    page = admin.post("/papers/takings/seal/", {"period": month_of_last()}, follow=True).content.decode()
    assert "Sealed as number 1" in page
    before = admin.get("/papers/sealed/1/?form=json").content
    CustomerClass.objects.update(group=CustomerClass.Group.STAFF)
    assert admin.get("/papers/sealed/1/?form=json").content == before
    assert admin.get(f"/papers/takings/?period={month_of_last()}&form=json").content == before
    again = seal_paper(report_of("takings"), read_period(month_of_last()), actor="x", now_ms=clock.now_ms())
    assert (again.is_new, again.paper.number) == (False, 1)


def test_a_sealed_paper_is_kept_in_both_languages(takings: None) -> None:
    contents = sealed(month_of_last()).contents
    assert json.loads(contents["zh-hans"])["title"] == "卡机房收款表"
    assert json.loads(contents["en"])["title"] == "Takings of the card room"


def test_whoever_holds_a_sheet_can_prove_it_without_signing_in(takings: None, client: Client) -> None:
    paper = sealed(month_of_last())
    client.cookies["django_language"] = "en"
    page = client.get(f"/papers/proof/1/{paper.seal[:16]}/").content.decode()
    assert "Yes: number 1 is ours" in page
    assert "52.50" in page
    assert "1-101" not in page
    for wrong in (paper.seal[:15], "0" * 16, paper.seal, "x"):
        answer = client.get(f"/papers/proof/1/{wrong}/")
        assert answer.status_code == 404
        assert "No sealed paper bears number 1" in answer.content.decode()
    assert client.get(f"/papers/proof/2/{paper.seal[:16]}/").status_code == 404


def test_a_changed_content_or_a_seal_that_is_not_in_the_chain_shows(takings: None, client: Client) -> None:
    paper = sealed(month_of_last())
    client.cookies["django_language"] = "en"
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER papers_sealedpaper_no_update")
        cursor.execute("UPDATE papers_sealedpaper SET contents = replace(contents, '52500000', '62500000')")
    page = client.get(f"/papers/proof/1/{paper.seal[:16]}/").content.decode()
    assert "no longer agrees with its seal" in page


def test_a_sealed_report_goes_up_the_chain_and_says_who_signed(takings: None, admin: Client) -> None:
    """R-4.2.1: director, vice-president, finance; the card room files a copy; the paper itself never changes."""
    sealed(month_of_last())
    before = admin.get("/papers/sealed/1/?form=json").content
    first = admin.post("/papers/sealed/1/sign/")
    assert admin.post("/papers/sealed/1/sign/").url == first.url, "sent twice, asked once"
    number = int(first.url.strip("/").rpartition("/")[2])
    assert "52.50" in admin.get(first.url).content.decode(), "the signer sees the whole table"
    for name in ("director", "vice", "finance"):
        assert "Signed, approval" not in admin.get("/papers/sealed/1/").content.decode()
        person = User.objects.get(username=name)
        sign(number, approve=True, reason="", actor=person, now_ms=clock.now_ms())
    page = admin.get("/papers/sealed/1/").content.decode()
    assert f"Signed, approval {number}: network-centre director director" in page
    assert "finance finance" in page
    assert admin.get("/papers/sealed/1/?form=json").content == before
    shelves = admin.get(first.url).content.decode()
    assert "Original" in shelves
    assert "Filed copy" in shelves


def test_a_report_that_was_refused_may_be_sent_again(takings: None, admin: Client) -> None:
    sealed(month_of_last())
    first = int(admin.post("/papers/sealed/1/sign/").url.strip("/").rpartition("/")[2])
    director = User.objects.get(username="director")
    sign(first, approve=False, reason="page 2 is missing", actor=director, now_ms=clock.now_ms())
    assert admin.post("/papers/sealed/1/sign/").url != f"/office/approvals/{first}/"


def test_an_accounting_period_names_its_first_day_and_follows_the_setting(
    takings: None, admin: Client
) -> None:
    page = admin.get("/papers/takings/?period=period:2026-11").content.decode()
    assert "Computed with First day of the accounting period: on day 26 of the month (default)" in page
    change = Change("period.first-day", Place.CAMPUS, "", 21, 0)
    instant_ms = clock.start_of_day_ms(date(2026, 11, 15))
    set_at_console(change, why="the bureau reads earlier", now_ms=instant_ms)
    page = admin.get("/papers/takings/?period=period:2026-11").content.decode()
    assert "2026-10-26 to 2026-11-25" in page, "November had begun: it stays"
    page = admin.get("/papers/takings/?period=period:2026-12").content.decode()
    assert "2026-11-26 to 2026-12-20" in page
    assert "on day 21 of the month (whole campus, since 2026-11-15 00:00)" in page
