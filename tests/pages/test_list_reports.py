"""The reports of price and repair lists: what held in a period, by list and approval number, as page, PDF and XLSX."""

import io

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from central import clock
from central.domain.price_list import ClassPrice
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.office.price_lists import publish_at_console
from central.office.repair_lists import publish_at_console as publish_repairs

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
DAY_MS = 86_400_000
SOCKET = Item("R-01", ItemKind.REPAIR, "更换插座", "Replace a socket", ItemUnit.EACH, 1500)
CARD = Item("B-01", ItemKind.ON_BEHALF, "补卡费", "Card fee", ItemUnit.EACH, 2000)


def day_of(at_ms: int) -> str:
    return f"period=day:{clock.campus_day(at_ms).isoformat()}"


def test_the_price_report_names_list_and_price(admin: Client) -> None:
    begins_ms = clock.now_ms() + 3 * DAY_MS
    publish_at_console([ClassPrice("dormitory", 608_300)], begins_ms, why="w", now_ms=clock.now_ms())
    page = admin.get(f"/papers/price-list/?{day_of(begins_ms)}").content.decode()
    for text in ("0.5583", "0.6083", "№ 1", 'href="/office/prices/1/"'):
        assert text in page
    before = admin.get(f"/papers/price-list/?{day_of(begins_ms - DAY_MS)}").content.decode()
    assert "0.6083" not in before


def test_the_repair_report_tells_repairs_and_sums_on_behalf_apart(admin: Client) -> None:
    now_ms = clock.now_ms()
    publish_repairs([SOCKET, CARD], 0, why="w", now_ms=now_ms)
    later_ms = now_ms + 3 * DAY_MS
    publish_repairs([SOCKET], later_ms, why="w", now_ms=now_ms)
    today, later = (f"/papers/repair-list/?{day_of(at_ms)}" for at_ms in (now_ms, later_ms))
    page = admin.get(today).content.decode()
    for text in ("Replace a socket", "15.00", "on behalf", "Card fee", "20.00"):
        assert text in page
    assert "№ 2" not in page
    assert "№ 2" in admin.get(later).content.decode()
    book = load_workbook(io.BytesIO(admin.get(f"{today}&form=xlsx").content))
    assert "R-01" in {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    answer = admin.get(f"{today}&form=pdf")
    if answer.status_code == 503:
        pytest.skip("no Chinese font here")
    (sheet,) = PdfReader(io.BytesIO(answer.content)).pages
    assert "R-01" in sheet.extract_text()
