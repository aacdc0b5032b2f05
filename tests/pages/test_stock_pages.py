"""The store's pages as its keeper uses them: what waits, search, acts, labels, stock-taking with a phone that sends twice."""

import re
import uuid
from io import BytesIO

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from central import clock
from central.campus.models import Building
from central.domain.device_states import DeviceAct
from central.ledger.models import AuditEntry
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import User
from central.office.roles import Role
from central.workshop.devices.models import Device, DeviceStep, DeviceType, Place
from central.workshop.doors import DOORS
from central.workshop.stock.models import StockScan, StockTaking, StockTakingEnd
from tests.browser import seed_stock
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def closed() -> str:
    """The page of the stock-taking that has ended; PostgreSQL goes on counting where another test stopped."""
    return f"/workshop/stock-taking/{StockTaking.objects.get(end__isnull=False).pk}/"


def still_open() -> str:
    return f"/workshop/stock-taking/{StockTaking.objects.get(end=None).pk}/"


@pytest.fixture
def keeper(campus: None) -> Client:
    seed_stock.stock()
    return _client("keeper")


def page(client: Client, address: str, **more: object) -> str:
    answer = client.get(address, follow=True, **more)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_the_front_page_says_what_waits_and_finds_a_device_by_any_number(keeper: Client) -> None:
    front = page(keeper, "/workshop/")
    for label, count in (
        ("To be checked", 2),
        ("To repair", 2),
        ("At their makers", 1),
        ("Stock-takings open", 1),
    ):
        assert re.search(rf'{label}</a></dt><dd><span class="state warn">{count}<', front), label
    assert "4 good ones, at least 8 wanted" in front
    waiting = Device.objects.filter(state="arrived").first().number
    check = f'href="/workshop/goods/checks/{waiting}/"'
    assert check in page(keeper, f"/workshop/stock/{waiting}/"), "what waits leads to its check"
    views = [door.view for door in DOORS]
    assert len(views) == len(set(views)), "each door is there once"
    assert len(re.findall(r'href="/workshop/replacements/"', front)) == 1, "a door stands there once"
    device = Device.objects.get(pk="M-000012")
    for number in (device.number.lower(), device.serial, device.meter_no):
        assert keeper.get("/workshop/find/", {"q": number}).url == "/workshop/stock/M-000012/"
    assert "No device is called “nothing”" in page(keeper, "/workshop/find/?q=nothing")
    assert "At least" not in page(_client("director"), "/workshop/")
    assert 'href="/workshop/stock/labels/"' not in page(_client("director"), "/workshop/")


def photograph(text: str) -> SimpleUploadedFile:
    drawn, file = segno.make(text, micro=False), BytesIO()
    drawn.save(file, kind="png", scale=8, border=6)
    return SimpleUploadedFile("label.png", file.getvalue(), "image/png")


def test_a_photograph_of_a_label_finds_its_device_and_counts_it(keeper: Client) -> None:
    found = keeper.post("/workshop/find/photo/", {"photo": photograph("M-000012")})
    assert found.url == "/workshop/stock/M-000012/"
    stranger = keeper.post("/workshop/find/photo/", {"photo": photograph("M-999999")}).content.decode()
    assert "No device is called “M-999999”" in stranger
    for address in ("/workshop/find/photo/", f"{still_open()}photo/"):
        for wrong in ({"photo": SimpleUploadedFile("x.jpg", b"no picture")}, {}):
            answer = keeper.post(address, wrong)
            assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (400, True)
    offered = keeper.post(
        f"{still_open()}photo/",
        {"photo": photograph("M-000005"), "place": Place.objects.get(code="H-1").pk},
    ).content.decode()
    assert 'name="label" value="M-000005"' in offered
    assert not StockScan.objects.filter(taking__end=None, device="M-000005").exists()


def test_the_list_costs_the_same_however_much_there_is(keeper: Client) -> None:
    page(keeper, "/workshop/stock/")
    with CaptureQueriesContext(connection) as few:
        page(keeper, "/workshop/stock/?state=good")
    type_, place = DeviceType.objects.get(code="DDS-1"), Place.objects.get(code="H-1")
    Device.objects.bulk_create(
        Device(number=f"M-1{n:05}", type=type_, serial=f"x{n}", state="good", place=place, since_ms=1)
        for n in range(250)
    )
    with CaptureQueriesContext(connection) as many:
        assert "Page 1 of 3, 254 in all" in page(keeper, "/workshop/stock/?state=good")
    assert len(many) == len(few)
    assert "M-000012" in page(keeper, "/workshop/stock/?building=1&q=101")


def test_a_device_is_moved_and_scrapped_by_its_page_once_each(keeper: Client) -> None:
    form = {"step": uuid.uuid4(), "place": Place.objects.get(code="H-2").pk, "why": "货架满"}
    for _time in range(2):
        answer = keeper.post("/workshop/stock/M-000003/do/moved/", form, follow=True)
    told = answer.content.decode()
    assert "Stock is being taken there (stock-taking" in told
    assert Device.objects.get(pk="M-000003").place.code == "H-2"
    assert DeviceStep.objects.filter(device="M-000003", act="moved").count() == 1
    wrong = {"step": uuid.uuid4(), "place": Place.objects.get(code="X-1").pk}
    assert keeper.post("/workshop/stock/M-000003/do/moved/", wrong).status_code == 400
    silent = keeper.post("/workshop/stock/M-000008/scrap/", {"step": uuid.uuid4(), "why": " "})
    assert (silent.status_code, "Say why." in silent.content.decode()) == (400, True)
    keeper.post("/workshop/stock/M-000008/scrap/", {"step": uuid.uuid4(), "why": "烧毁"})
    assert Device.objects.get(pk="M-000008").state == "scrapped"
    assert (
        keeper.post("/workshop/stock/M-000009/do/scrapped/", {"step": uuid.uuid4(), "why": "x"}).status_code
        == 404
    )


def test_scrapping_asks_for_the_password_and_a_good_one_is_not_scrapped(keeper: Client) -> None:
    session = keeper.session
    session[CONFIRMED_KEY] = 0
    session.save()
    asked = keeper.post("/workshop/stock/M-000008/scrap/", {"step": uuid.uuid4(), "why": "烧毁"})
    assert "password_again" in asked.content.decode()
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    refused = keeper.post("/workshop/stock/M-000003/scrap/", {"step": uuid.uuid4(), "why": "x"})
    assert "this can&#x27;t be done to it now" in refused.content.decode()
    assert not DeviceStep.objects.filter(act=DeviceAct.SCRAPPED.value, device="M-000003").exists()


def test_repaired_without_a_bench_record_asks_why(keeper: Client) -> None:
    assert "no bench record says so" in page(keeper, "/workshop/stock/M-000008/")
    form = {"step": uuid.uuid4(), "place": Place.objects.get(code="H-1").pk, "why": ""}
    refused = keeper.post("/workshop/stock/M-000008/do/repaired/", form)
    assert (refused.status_code, "test it (cardroom-firmware bench)" in refused.content.decode()) == (
        400,
        True,
    )
    keeper.post("/workshop/stock/M-000008/do/repaired/", form | {"why": "只是端子松动"})
    assert Device.objects.get(pk="M-000008").state == "good"


def test_models_and_places_are_kept_by_forms_that_give_back_what_was_typed(keeper: Client) -> None:
    typed = {"code": "H-1", "name": "又一架", "holds": "good", "is_active": "on"}
    refused = keeper.post("/workshop/reference/places/new/", typed).content.decode()
    assert "Another one has this code" in refused
    assert 'value="又一架"' in refused
    assert (
        keeper.post("/workshop/reference/places/new/", typed | {"code": "H-3"}).url == "/workshop/reference/"
    )
    type_ = DeviceType.objects.get(code="DDS-1")
    changed = {
        "code": "DDS-1",
        "kind": "module",
        "maker": type_.maker_id,
        "name": "x",
        "meter_model": "nobody's",
        "least_good": "3",
    }
    assert (
        "Select a valid choice"
        not in keeper.post(f"/workshop/reference/types/{type_.pk}/", changed).content.decode()
    )
    type_.refresh_from_db()
    assert (type_.least_good, type_.is_active) == (3, False)
    assert keeper.get("/workshop/reference/nothing/new/").status_code == 404
    assert _client("finance").get("/workshop/reference/").status_code == 403


def test_labels_are_a_pdf_and_a_bad_number_is_named(keeper: Client) -> None:
    answer = keeper.get("/workshop/stock/labels/", {"numbers": "M-1..m-000004，M-000007", "sheet": "a4"})
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    for numbers, said in (
        ("M-000001 x", "is no stock number"),
        ("M-1..C-2", "is no stock number"),
        ("M-1..M-9999", "At most 960 labels"),
        ("M-900000", "No device has such a number"),
        ("", "Type stock numbers, or come here"),
    ):
        wrong = keeper.get("/workshop/stock/labels/", {"numbers": numbers, "sheet": "a4"})
        assert (wrong.status_code, said in wrong.content.decode()) == (400, True), numbers
    assert keeper.get("/workshop/stock/labels/", {"state": "good", "sheet": "roll"}).content[:5] == b"%PDF-"


def test_each_label_read_is_kept_at_once_and_closing_shows_first_what_it_will_do(keeper: Client) -> None:
    shelf = Place.objects.get(code="H-1")
    read = {"scan": uuid.uuid4().hex, "place": shelf.pk, "label": "M-000005"}
    before = StockScan.objects.count()
    for _time in range(2):
        part = keeper.post(f"{still_open()}scan/", read, headers={"HX-Request": "true"})
    assert (part.status_code, StockScan.objects.count()) == (200, before + 1)
    assert "<html" not in part.content.decode()
    whole = keeper.post(f"{still_open()}scan/", read | {"scan": uuid.uuid4(), "label": " "})
    assert (whole.status_code, "Read a label" in whole.content.decode()) == (400, True)
    scan = StockScan.objects.get(label="8899")
    again = {"scan": uuid.uuid4(), "place": scan.place_id, "label": "8899"}
    for act, sent, can in (
        ("strike", {"scan": uuid.uuid4(), "of": scan.pk}, False),
        ("scan", again, True),
        ("strike", {"scan": uuid.uuid4(), "of": scan.pk}, False),
    ):
        keeper.post(f"{still_open()}{act}/", sent)
        assert ("Take back 8899" in page(keeper, still_open())) is can, act
    shown = page(keeper, f"{still_open()}differences/")
    for words in (
        "will be recorded as missing",
        "carry it back to its place",
        "will be recorded where it was counted",
    ):
        assert words in shown
    assert "8899" not in shown
    digest = re.search(r'name="shown" value="(\w+)"', shown)[1]
    assert "carry them back" in keeper.post(f"{still_open()}close/", {"shown": digest}).content.decode()
    closing = {"shown": digest, "has_put_back": "on", "arrivals": Place.objects.get(code="D-1").pk}
    address = still_open()
    assert keeper.post(f"{address}close/", closing).url == address
    assert StockTakingEnd.objects.filter(kind="closed").count() == 2
    assert Device.objects.get(pk="M-000007").state == "missing"


def test_the_paper_of_a_closed_one_is_taken_away_in_every_form(keeper: Client) -> None:
    assert "无主标签 7" in page(keeper, closed())
    assert keeper.get(f"{closed()}paper.pdf").content[:5] == b"%PDF-"
    book = load_workbook(BytesIO(keeper.get(f"{closed()}paper.xlsx").content))
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"M-000006", "not there", "M-000005", "recorded elsewhere", "无主标签 7"} <= cells
    assert keeper.get(f"{still_open()}paper.pdf").status_code == 404
    assert AuditEntry.objects.filter(action="take-paper", subject__startswith="stock-taking").count() == 2


def test_one_act_gives_a_buildings_meters_their_records_and_says_what_came_of_it(keeper: Client) -> None:
    wall = DeviceType.objects.get(code="OLD-1").pk
    form = {"building": Device.objects.get(pk="M-000012").building_id, "type": wall}
    told = keeper.post("/workshop/stock/adopt/", form, follow=True).content.decode()
    assert "every meter has its record already" in told
    assert keeper.post("/workshop/stock/adopt/", {}).status_code == 400


def test_who_serves_one_building_sees_no_room_of_another(keeper: Client) -> None:
    device = Device.objects.exclude(building=None).exclude(where="").select_related("building").first()
    assert device is not None
    person = User.objects.create_user("elsewhere", role=Role.ELECTRICIAN)
    addresses = (f"/workshop/stock/{device.number}/", f"/workshop/stock/?q={device.serial}")
    room = f"{device.building.name} {device.where}"
    for address in addresses:
        assert room in page(_client("elsewhere"), address)
    person.buildings.set([Building.objects.create(code="9", name="Nine")])
    for address in addresses:
        shown = page(_client("elsewhere"), address)
        assert device.building.name in shown
        assert room not in shown
