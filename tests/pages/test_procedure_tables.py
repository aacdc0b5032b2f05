"""The procedure's own tables: per household, arrears, faults, approvals. They tie to the books and name what stands."""

from collections.abc import Iterable
from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from central import clock
from central.campus.models import Account
from central.desk.merchants.bill_models import MonthlyBill
from central.domain.known_settings import Place
from central.domain.paper import Paper, Table
from central.domain.periods import Period, accounting_period_of, day_before, month_period, week_of
from central.ledger import chart_of_accounts as chart
from central.ledger.models import LedgerAccount
from central.ledger.operations import Draft, book
from central.link.models import Alarm, Gateway, QuarantinedRow
from central.link.silent_gateways import tell_of_silent_gateways
from central.office.approvals import ask, sign
from central.office.models import Approval, Notice, User
from central.office.roles import TOLD_OF_ARREARS, Role
from central.office.setting_changes import Change, set_at_console
from central.papers import views
from central.papers.catalogue import make, report_of
from central.papers.operations import Sealed, seal_paper
from central.reports.arrears_told import NOTICE
from central.reports.books.queries import account_periods
from tests.pages.test_k3_pages import client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
FEN, DAY_MS = 10_000, 86_400_000
LAST = day_before(accounting_period_of(clock.campus_day(clock.now_ms())))
PERIOD = accounting_period_of(LAST)
OWED = ("debt:", "debt-share:", "debt-penalty:", "owed:opening:", "billed:")


def paper_of(code: str, period: Period) -> Paper:
    with translation.override("en"):
        return make(report_of(code), period)


def column(table: Table, key: str) -> list[object]:
    place = [one.key for one in table.columns].index(key)
    return [row.cells[place] for row in table.rows]


def titled(paper: Paper, begins: str) -> Table:
    return next(table for table in paper.tables if table.title.startswith(begins))


def booked(drafts: Iterable[tuple[chart.Side, chart.Side, int]], at_ms: int) -> None:
    with transaction.atomic():
        made = [Draft(f"t-{n}", *sides, amount, "test", at_ms) for n, (*sides, amount) in enumerate(drafts)]
        book(made, at_ms)


@pytest.fixture
def debts(campus: None) -> None:
    """Debts of every kind that need no theft: for electricity, of the former system, a bill, a balance below zero (1-101)."""
    at_ms = clock.start_of_day_ms(PERIOD.first) + DAY_MS
    account = Account.objects.get(code="1-103.1")
    revenue = chart.energy_revenue("dormitory", "yuan")
    bill = {"period": PERIOD.name, "room": "1-103", "class_name": "x", "unit": "yuan", "energy_wh": 1}
    MonthlyBill.objects.create(
        number=1,
        account=account,
        from_ms=at_ms - 1,
        until_ms=at_ms,
        amount_fen=700,
        due_day=PERIOD.first,
        approval=1,
        signed_by="x",
        issued_ms=at_ms,
        **bill,
    )
    owed = [
        (chart.owed("1-102.1", "yuan"), revenue, 12_340_000),
        (chart.opening_owed("1-102.1", "yuan"), chart.opening("yuan"), 5_550_000),
        (chart.billed("1-103.1"), revenue, 7_000_000),
    ]
    booked(owed, at_ms)


def test_households_tie_to_the_books_and_name_what_stands(debts: None) -> None:
    paper = paper_of("household-detail", PERIOD)
    assert (paper.document, len(paper.recipients)) == ("HNKJ/C4/1013", 4)
    rooms = [table for table in paper.tables if table.columns[0].key == "room"]
    rows = [row for table in rooms for row in zip(*(column(table, key) for key in FIGURES), strict=True)]
    assert len(rows) == 6
    for opening, paid, given, refunds, used, other, closing in rows:
        assert closing == opening + paid + given - refunds - used + other
    books = account_periods(PERIOD)
    assert sorted(row[-1] for row in rows) == sorted(one.closing for one in books)
    (short,) = (table for table in paper.tables if table.title.startswith("Buildings"))
    assert [sum(column(short, key)) for key in FIGURES] == [sum(part) for part in zip(*rows, strict=True)]
    remarks = dict(zip(column(rooms[0], "room"), column(rooms[0], "remarks"), strict=True))
    assert all("arrears" in remarks[room] for room in ("101", "102", "103"))
    assert "arrears" not in remarks["104"]
    assert "no readings" in remarks["104"]


FIGURES = ("opening", "takings", "subsidies", "refunds", "consumption", "other", "closing")


def test_names_stand_in_the_detail_until_a_setting_says_no(campus: None, admin: Client) -> None:
    address = f"/papers/household-detail/?period={PERIOD.name}"
    name = Account.objects.get(code="1-104.1").occupancies.first().customer.name
    assert name in admin.get(address).content.decode()
    change = Change("detail.names", Place.CAMPUS, "", False, 0)
    set_at_console(change, why="copies go far", now_ms=clock.now_ms() - 90 * DAY_MS)
    assert name not in admin.get(address).content.decode()


def test_every_debt_is_in_the_arrears_once(debts: None) -> None:
    table = paper_of("arrears", month_period(LAST.year, LAST.month)).tables[1]
    owed = LedgerAccount.objects.filter(code__regex=f"^({'|'.join(OWED)})")
    below = -min(one.balance for one in LedgerAccount.objects.filter(code="customer:1-101.1:paid:yuan"))
    assert sum(column(table, "owed")) == sum(one.balance for one in owed) + below
    assert sorted(zip(column(table, "room"), column(table, "kind"), strict=True)) == [
        ("1-101", "balance below zero"),
        ("1-102", "electricity"),
        ("1-102", "from the former system"),
        ("1-103", "monthly bill"),
    ]


def test_sealing_the_detail_tells_five_offices_of_arrears_once(debts: None) -> None:
    report, now_ms = report_of("household-detail"), clock.now_ms()
    for _time in range(2):
        assert isinstance(seal_paper(report, PERIOD, actor="manager", now_ms=now_ms), Sealed)
    notice = Notice.objects.get(template=NOTICE)
    assert notice.audience == list(TOLD_OF_ARREARS)
    assert (notice.params["count"], notice.params["below"]) == (4, 1)
    assert notice.params["yuan"] == "26.13"
    assert "王" not in str(notice.params)


TOLD = "Told by the gateways"


def test_faults_stand_with_their_rooms_until_they_end(campus: None) -> None:
    deed = {"what": "lock-out-ended", "subject": "1-101.1", "raised_ms": clock.now_ms()}
    Alarm.objects.create(gateway_id="gw-1", code="deed", **deed)
    table = titled(paper_of("faults", week_of(clock.campus_day(clock.now_ms()))), TOLD)
    found = {
        what: (room, until)
        for what, room, until in zip(*(column(table, key) for key in ("what", "room", "until")), strict=True)
    }
    assert found["Meter does not answer"] == ("1-104", "still open")
    assert found["Relay and current contradict each other"] == ("1-103", "still open")
    assert found["Gateway's clock not trusted"][1] != "still open"
    assert found["A row in quarantine"][1] == "still open"
    assert len(found) == 4, "what a technician did is no fault"
    counts = titled(paper_of("faults", week_of(date(2020, 1, 1))), "What the gateways told")
    assert counts.rows == []
    QuarantinedRow.objects.update(resolved_ms=clock.now_ms())
    now = paper_of("faults", week_of(clock.campus_day(clock.now_ms())))
    assert sum(column(titled(now, "What the gateways told"), "open")) == 2


def test_a_silence_stands_until_the_gateway_is_heard_again(campus: None) -> None:
    now_ms = clock.now_ms()
    week = week_of(clock.campus_day(now_ms))
    Gateway.objects.update(last_seen_ms=now_ms - 3 * 3_600_000)
    assert tell_of_silent_gateways(now_ms) == 1
    assert _silences(week) == ["still open"]
    Gateway.objects.update(last_seen_ms=now_ms)
    assert _silences(week) == ["heard again"]


def _silences(week: Period) -> list[object]:
    table = titled(paper_of("faults", week), TOLD)
    found = zip(column(table, "what"), column(table, "until"), strict=True)
    return [until for what, until in found if what == "Gateway silent"]


def test_approvals_are_listed_with_who_signed_and_what_came_of_it(campus: None) -> None:
    now_ms = clock.now_ms()
    who = {one.username: one for one in User.objects.all()}
    meal = {"code": "desk.duty-meal", "place": "campus", "where": "", "value": 1000, "from_ms": now_ms}
    asked = ask(
        "setting", meal, subject="desk.duty-meal", why="米涨价了", actor=who["manager"], now_ms=now_ms
    )
    assert isinstance(asked, Approval)
    sign(asked.number, approve=False, reason="先不涨", actor=who["director"], now_ms=now_ms)
    today = clock.campus_day(now_ms)
    table = titled(paper_of("approvals", month_period(today.year, today.month)), "Asked in")
    (cells,) = (row.cells for row in table.rows if row.cells[0] == asked.number)
    assert "米涨价了" in cells
    assert "network-centre director director" in cells[6]
    assert "refused, 先不涨" in cells[6]
    assert cells[7].startswith("rejected")


def test_who_may_open_which_table(campus: None) -> None:
    for name, role in (("len", Role.LOGISTICS), ("tech", Role.TECHNICIAN), ("ward", Role.WARDEN)):
        User.objects.create_user(name, password="x", role=role)
    opened = {
        name: [client_of(name).get(f"/papers/{code}/").status_code for code in CODES]
        for name in ("len", "tech", "ward", "director", "cashier")
    }
    assert opened == {
        "len": [403, 200, 403, 403, 200, 403],
        "tech": [403, 403, 403, 403, 200, 403],
        "ward": [403] * 6,
        "director": [200] * 6,
        "cashier": [200, 200, 200, 200, 200, 403],
    }


CODES = ("monthly-charges", "household-detail", "room-usage", "bureau-statement", "faults", "approvals")


def test_a_long_report_is_turned_page_by_page_with_whole_totals(
    campus: None, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ROWS_PER_PAGE", 4)
    address = f"/papers/household-detail/?period={PERIOD.name}"
    pages = [admin.get(f"{address}&page={number}") for number in (1, 2, 3)]
    rows = [[table.rows for table in page.context["tables"]] for page in pages]
    assert [sum(map(len, tables)) for tables in rows] == [4, 4, 2], (
        "the building, six rooms, takings and payments, one debt, no case"
    )
    first, second = (page.context["tables"] for page in pages[:2])
    assert first[-1].totals == second[0].totals
    assert f"page={2}" in pages[0].content.decode()


def test_the_first_and_the_last_period_are_shown(campus: None, admin: Client) -> None:
    """Nothing lies before the one and after the other: there is no way there, and no error."""
    for code in CODES:
        kind = report_of(code).periods[0]
        first, last = EDGES[kind]
        for name, way in ((first, "before"), (last, "after")):
            page = admin.get(f"/papers/{code}/?period={name}")
            assert page.status_code == 200, (code, name)
            assert page.context[way] == "", (code, name)
        beyond = admin.get(f"/papers/{code}/?kind=period&day=9999-12-31")
        assert "That is no period." in beyond.content.decode(), code


EDGES = {
    "day": ("day:2000-01-01", "day:2199-12-31"),
    "month": ("month:2000-01", "month:2199-12"),
    "period": ("period:2000-02", "period:2200-01"),
}
