"""The power bureau's bills: entered once, shown beside our figures, corrected by a new row; bad ones are named (R-4.1.9)."""

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from central import clock
from central.domain.periods import accounting_period_of, day_before
from central.ledger.models import AuditEntry
from central.papers.catalogue import make, report_of
from central.reports.bureau.models import BureauBill
from central.reports.bureau.verification import verify_bureau
from tests.pages.test_k3_pages import client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PERIOD = accounting_period_of(day_before(accounting_period_of(clock.campus_day(clock.now_ms()))))
BILL = {
    "month": PERIOD.name.partition(":")[2],
    "building": "",
    "number": "GD-2026-11",
    "day": clock.campus_day(clock.now_ms()).isoformat(),
    "energy": "12345.678",
    "amount": "6789.01",
}


@pytest.fixture
def finance(campus: None) -> Client:
    return client_of("finance")


def post(client: Client, address: str, place: int = 0, **changes: str) -> object:
    return client.post(address, BILL | {"key": f"{place:032x}"} | changes)


def bill_row() -> list[object]:
    with translation.override("en"):
        paper = make(report_of("bureau-statement"), PERIOD)
    (row,) = paper.tables[0].rows
    return row.cells


def test_a_bill_stands_beside_our_figures_and_is_corrected_by_a_new_row(finance: Client) -> None:
    for _time in range(2):
        assert post(finance, "/bureau/enter/").url == "/bureau/"
    one = BureauBill.objects.get()
    assert (one.period, one.energy_wh, one.amount_fen) == (PERIOD.name, 12_345_678, 678_901)
    assert bill_row()[3:] == [12_345_678, None, None, 6_789_010_000, 0, 6_789_010_000]
    assert "12345.678" in finance.get("/bureau/1/").content.decode()
    wrong = post(finance, "/bureau/1/correct/", 1, energy="2345")
    assert (wrong.status_code, BureauBill.objects.count()) == (400, 1)
    assert "why the bill is corrected" in wrong.content.decode()
    assert post(finance, "/bureau/1/correct/", 1, energy="2345", note="少写一位").url == "/bureau/"
    assert bill_row()[3] == 2_345_000
    again = post(finance, "/bureau/1/correct/", 2, energy="1", note="x")
    assert "corrected already" in again.content.decode()
    assert "corrected, no longer counts" in finance.get("/bureau/").content.decode()
    acts = AuditEntry.objects.filter(subject__startswith="bureau bill").values_list("action", flat=True)
    assert sorted(acts) == ["bureau-bill", "correct-bureau-bill"]


def test_a_number_is_entered_once_for_a_period_and_place(finance: Client) -> None:
    post(finance, "/bureau/enter/")
    refused = post(finance, "/bureau/enter/", 1, energy="5")
    assert refused.status_code == 400
    assert "entered already" in refused.content.decode()
    other_page = post(finance, "/bureau/enter/", energy="5")
    assert "another bill already" in other_page.content.decode()
    assert post(finance, "/bureau/enter/", 2, building="1").url == "/bureau/"
    assert BureauBill.objects.count() == 2


BAD = {
    "month": ("2026-13", "x", "2199-12", "0001-01", "\0", "2026-11-01"),
    "day": ("2026-02-30", "1890-01-01", "2199-01-01", ""),
    "energy": ("-1", "1e9", "1.2345", "9" * 16, "", "١٢", "."),
    "amount": ("-1", "1.234", "9" * 16, "½"),
    "number": ("", "\0", "x" * 41),
    "building": ("999",),
    "key": ("x",),
}


def test_what_is_typed_badly_is_named_and_nothing_is_kept(finance: Client) -> None:
    for field, texts in BAD.items():
        for text in texts:
            answer = post(finance, "/bureau/enter/", **{field: text})
            assert answer.status_code == 400, (field, text)
            page = answer.content.decode()
            assert "errorlist" in page or 'role="alert"' in page, (field, text)
    assert not BureauBill.objects.exists()
    assert post(finance, "/bureau/enter/", energy="１２.5").url == "/bureau/"


def test_a_bill_that_was_changed_underneath_is_found(finance: Client) -> None:
    post(finance, "/bureau/enter/")
    post(finance, "/bureau/1/correct/", 1, energy="2345", note="a; b")
    assert verify_bureau().holds
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER bureau_bureaubill_no_update")
        cursor.execute("UPDATE bureau_bureaubill SET energy_wh = 1 WHERE id = 2")
    assert "bill 2" in verify_bureau().fault
