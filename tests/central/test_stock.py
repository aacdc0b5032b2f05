"""The store: reference data that is kept, acts that a state allows, minimum stock, meters on walls, labels (R-4.3.3a)."""

import re
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from django.utils import translation
from PIL import Image, ImageDraw
from pypdf import PdfReader

import gateway.protocols
from central.campus.models import Building
from central.domain.device_states import DeviceAct, Holds
from central.domain.periods import PeriodKind
from central.ledger.models import AuditEntry
from central.link.models import Gateway
from central.office.models import Notice, User
from central.papers.accounting import period_of
from central.papers.catalogue import make, report_of
from central.workshop.bench.models import BenchRecord
from central.workshop.devices.models import Device, DeviceStep, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, DeviceRefusal, NewDevice, Refused, step, take_in
from central.workshop.stock import meter_models, reference
from central.workshop.stock.adopting import adopt_building
from central.workshop.stock.device_acts import ActRefusal, Asked, acts_of, do
from central.workshop.stock.label_sheets import PER_SHEET, Sheet, labels_pdf
from central.workshop.stock.minimum import tell_of_short_stock
from central.workshop.stock.models import ShortStock
from central.workshop.stock.reference import ReferenceRefusal
from tests.central.conftest import NOW_MS

DAY_MS = 86_400_000


@pytest.fixture
def keeper(db):
    return User.objects.create_user("keeper", role=User.Role.STORE)


@pytest.fixture
def module(db):
    maker = Maker.objects.create(code="hx", name="华星", mail="claims@example.org", phone="0571-1")
    return DeviceType.objects.create(code="dds-1", kind="module", maker=maker, name="DDS-1", least_good=2)


@pytest.fixture
def places(db):
    return {holds: Place.objects.create(code=holds[0].upper(), name=holds, holds=holds) for holds in Holds}


def arrive(module, places, serial, at_ms=NOW_MS - DAY_MS):
    move = DeviceMove(f"in-{serial}", DeviceAct.RECEIVED, at_ms, places[Holds.ARRIVALS])
    return take_in(NewDevice(module, serial, "PO-1"), move, actor=None, now_ms=at_ms)


def led(device, act, name, place=None, at_ms=NOW_MS, **more):
    done = step(device.number, DeviceMove(name, act, at_ms, place, **more), actor=None, now_ms=at_ms)
    assert isinstance(done, Device), done
    return done


def values(row, **changes):
    names = {
        Maker: ("code", "name", "mail", "phone", "is_active"),
        Place: ("code", "name", "holds", "is_active"),
        DeviceType: ("code", "kind", "maker", "name", "meter_model", "least_good", "is_active"),
    }[type(row)]
    return {name: getattr(row, name) for name in names} | changes


def test_reference_data_is_changed_on_record_and_never_against_what_lies_there(keeper, module, places):
    by = {"actor": keeper, "now_ms": NOW_MS}
    arrive(module, places, "A1")
    refused = {
        ReferenceRefusal.IN_USE: (reference.keep_place, places[Holds.ARRIVALS], {"holds": Holds.GOOD.value}),
        ReferenceRefusal.HAS_TYPES: (reference.keep_maker, module.maker, {"is_active": False}),
        ReferenceRefusal.KIND_IS_FIXED: (reference.keep_type, module, {"kind": "concentrator"}),
        ReferenceRefusal.CODE_TAKEN: (reference.keep_place, places[Holds.GOOD], {"code": "A"}),
    }
    for why, (keep, row, changes) in refused.items():
        assert keep(row.pk, values(row, **changes), **by) is why
    assert reference.keep_place(
        places[Holds.ARRIVALS].pk, values(places[Holds.ARRIVALS], is_active=False), **by
    ) is (ReferenceRefusal.IN_USE)
    assert not AuditEntry.objects.filter(action__startswith="keep-").exists()
    reference.keep_type(module.pk, values(module, least_good=5), **by)
    reference.keep_type(module.pk, values(module, least_good=5), **by)
    made = reference.keep_place(
        None, {"code": "G2", "name": "架 2", "holds": "good", "is_active": True}, **by
    )
    assert made == Place.objects.get(code="G2")
    said = AuditEntry.objects.filter(action__startswith="keep-").order_by("position")
    assert [(one.action, one.subject) for one in said] == [
        ("keep-device-type", "dds-1"),
        ("keep-place", "G2"),
    ]
    assert said[0].detail == "least_good: 2 -> 5"


def test_the_names_of_the_gateways_models_are_those_of_their_files():
    folder = Path(gateway.protocols.__file__).parent / "models"
    assert set(meter_models.SHIPPED) == {file.stem for file in folder.glob("*.toml")}


def test_a_faulty_one_is_good_again_only_after_its_test_or_with_a_named_reason(keeper, module, places):
    device = led(arrive(module, places, "A1"), DeviceAct.FAILED, "f", places[Holds.FAULTY])
    assert acts_of(device) == [DeviceAct.MOVED, DeviceAct.REPAIRED, DeviceAct.SCRAPPED]
    asked = Asked("r", DeviceAct.REPAIRED, places[Holds.GOOD])
    by = {"actor": keeper, "now_ms": NOW_MS + 10}
    bench("old", "A1", NOW_MS - 1)
    bench("other", "B9", NOW_MS + 1)
    bench("failed", "A1", NOW_MS + 1, verdict="failed")
    assert do(device, asked, **by) is ActRefusal.NOT_TESTED
    assert do(device, Asked("m", DeviceAct.MOVED, places[Holds.FAULTY]), **by) is ActRefusal.SAME_PLACE
    assert do(device, Asked("m", DeviceAct.MOVED), **by) == Refused(DeviceRefusal.NO_PLACE)
    assert do(device, Asked("s", DeviceAct.SCRAPPED), **by) == Refused(DeviceRefusal.NO_REASON)
    bench("new", "a1", NOW_MS + 1)
    assert do(device, asked, **by).state == "good"
    assert DeviceStep.objects.get(step="r").source == "bench:new"
    other = led(arrive(module, places, "A2"), DeviceAct.FAILED, "f2", places[Holds.FAULTY])
    reason = Asked(
        "r2", DeviceAct.REPAIRED, places[Holds.GOOD], "only its terminal was loose; run 24 h on the wall"
    )
    assert do(other, reason, **by).state == "good"


def bench(id_, identity, at_ms, verdict="passed"):
    BenchRecord.objects.create(
        record_id=id_, sha256="", occasion="repair", verdict=verdict, model="m", identity=identity,
        at_ms=at_ms, content="{}", imported_ms=at_ms, imported_by="x",
    )  # fmt: skip


def test_too_few_good_ones_are_told_once_until_there_are_enough_again(keeper, module, places):
    keeper.email = "keeper@example.org"
    keeper.save()
    told = Notice.objects.filter(template="short-stock").count
    assert (tell_of_short_stock(NOW_MS), tell_of_short_stock(NOW_MS), told()) == (1, 0, 1)
    good = [
        led(arrive(module, places, f"A{n}"), DeviceAct.PASSED, f"p{n}", places[Holds.GOOD]) for n in range(2)
    ]
    assert (tell_of_short_stock(NOW_MS + 1), told()) == (0, 1)
    assert ShortStock.objects.get().ended_ms == NOW_MS + 1
    led(good[0], DeviceAct.INSTALLED, "i", meter_no="m-1")
    assert (tell_of_short_stock(NOW_MS + 2), tell_of_short_stock(NOW_MS + 3), told()) == (1, 0, 2)
    notice = Notice.objects.order_by("pk").last()
    assert (notice.params["good"], notice.params["least"]) == (1, 2)
    DeviceType.objects.update(is_active=False)
    assert tell_of_short_stock(NOW_MS + 4) == 0
    assert not ShortStock.objects.filter(ended_ms=None).exists()


def test_meters_on_walls_get_their_records_once_each_as_the_model_that_they_are(campus, keeper, module, twin):
    building = Building.objects.get(code="1")
    Gateway.objects.update(
        meters_seen=[
            ["m-301", "a", "generic-dlt645-2007", "202400000301"],
            ["m-302", "a", "eastron-sdm120", "1"],
        ]
    )
    module.meter_model = "generic-dlt645-2007"
    module.save()
    first = adopt_building(building, module, actor=keeper, now_ms=NOW_MS)
    again = adopt_building(building, module, actor=keeper, now_ms=NOW_MS + 1)
    assert (first.made, first.known, first.other_models) == (1, 0, (("eastron-sdm120", 1),))
    assert (again.made, again.known, again.other_models) == (0, 1, (("eastron-sdm120", 1),))
    device = Device.objects.get()
    assert (device.serial, device.meter_no, device.state, device.building, device.where) == (
        "202400000301", "m-301", "in-use", building, "301"
    )  # fmt: skip
    module.meter_model = ""
    module.save()
    assert adopt_building(building, module, actor=keeper, now_ms=NOW_MS + 2).made == 1
    south = adopt_building(Building.objects.get(code="2"), module, actor=keeper, now_ms=NOW_MS + 3)
    assert (south.made, Device.objects.get(meter_no="m-101").serial) == (1, "m-101")
    assert AuditEntry.objects.filter(action="adopt-meters").count() == 3


def test_two_meters_with_one_address_have_serial_numbers_of_their_own(campus, keeper, module, twin):
    Gateway.objects.update(meters_seen=[["m-301", "a", "x", "1"], ["m-302", "b", "x", "1"]])
    adopt_building(Building.objects.get(code="1"), module, actor=keeper, now_ms=NOW_MS)
    assert set(Device.objects.values_list("serial", flat=True)) == {"1", "m-302"}


def printed(devices, skip=0):
    return [
        page.extract_text() for page in PdfReader(BytesIO(labels_pdf(devices, Sheet.A4, "x", skip))).pages
    ]


def test_labels_fill_sheets_and_rolls_and_begin_where_the_last_sheet_ended(module, places):
    devices = [arrive(module, places, f"A{n}") for n in range(PER_SHEET)]
    (whole,) = printed(devices)
    assert re.findall(r"M-\d{6}", whole) == [one.number for one in devices]
    assert "华星" in whole
    assert [len(re.findall(r"M-\d{6}", page)) for page in printed(devices, 20)] == [4, 20]
    roll = PdfReader(BytesIO(labels_pdf(devices[:2], Sheet.ROLL, "x"))).pages
    assert len(roll) == 2
    assert round(float(roll[0].mediabox.width) / 72 * 25.4) == 62


@pytest.mark.parametrize("sheet", Sheet)
def test_each_label_reads_back_as_its_own_number(module, places, sheet):
    devices = [arrive(module, places, f"A{n}") for n in range(5)]
    pages = PdfReader(BytesIO(labels_pdf(devices, sheet, "x"))).pages
    assert [text for page in pages for text in read_back(page)] == [one.number for one in devices]


def read_back(page, dots_per_point=4):
    """Draw a page's black rectangles, and read the codes that they make, row by row."""
    size = [int(float(side) * dots_per_point) for side in (page.mediabox.width, page.mediabox.height)]
    drawn = Image.new("L", size, 255)
    draw = ImageDraw.Draw(drawn)
    for part in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", page.get_contents().get_data()):
        left, bottom, width, height = (float(number) * dots_per_point for number in part)
        draw.rectangle([left, size[1] - bottom - height, left + width, size[1] - bottom], fill=0)
    found = zxingcpp.read_barcodes(drawn, formats=zxingcpp.BarcodeFormat.QRCode)
    places = {one.text: (one.position.top_left.y // 50, one.position.top_left.x) for one in found}
    return sorted(places, key=places.get)


def test_the_list_says_how_much_of_what_lay_where_at_the_end_of_a_day(module, places):
    first, second = (arrive(module, places, name, NOW_MS - 2 * DAY_MS) for name in ("A1", "A2"))
    led(first, DeviceAct.PASSED, "p", places[Holds.GOOD], NOW_MS - DAY_MS)
    led(second, DeviceAct.FAILED, "f", places[Holds.FAULTY], NOW_MS - DAY_MS)
    with translation.override("en"):
        days = [make(report_of("device-stock"), period_of(PeriodKind.DAY, day)) for day in days_of((2, 1))]
    lying = [[row.cells[2:] for row in paper.tables[1].rows] for paper in days]
    arrived = days_of((2,))[0].isoformat()
    assert lying[0] == [["to be checked", "A", arrived, 2]]
    assert lying[1] == [["good", "G", arrived, 1], ["to repair", "F", arrived, 1]]


def days_of(ago):
    from central.clock import campus_day

    return [campus_day(NOW_MS - days * DAY_MS) for days in ago]
