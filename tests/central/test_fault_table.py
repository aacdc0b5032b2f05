"""The month's table of faults: by model and cause, MTBF and spares, drawn in every form (R-4.3.3b, R-4.3.6)."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import translation
from pypdf import PdfReader

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.device_states import DeviceAct, Holds
from central.domain.paper import charts_of, decode, encode
from central.domain.periods import month_period
from central.papers.catalogue import make, report_of
from central.papers.font import NoFont
from central.papers.paper_charts import drawn_for_page
from central.papers.pdf import pdf
from central.papers.words import sheet_words
from central.papers.xlsx import workbook
from central.workshop.devices.models import DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in
from central.workshop.faults.counting import device_days, reliability
from central.workshop.faults.matters import of_module
from central.workshop.faults.models import FaultStep
from central.workshop.faults.operations import Step, open_fault, take_step
from central.workshop.faults.signs import Seen
from central.workshop.goods.models import Order, OrderLine

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
Kind = FaultStep.Kind


@pytest.fixture
def now_ms(campus, monkeypatch):
    """Noon of the twentieth: everything happens within one month."""
    at_ms = clock.start_of_day_ms(campus_day(clock.now_ms()).replace(day=20)) + 12 * HOUR_MS
    monkeypatch.setattr(clock, "now_ms", lambda: at_ms)
    return at_ms


@pytest.fixture
def devices(now_ms):
    """Two modules of a model, in use for a hundred days; a third in stock, and one of another model."""
    maker = Maker.objects.create(code="hx", name="Huaxing")
    kinds = [
        DeviceType.objects.create(code=code, kind="module", maker=maker, name=code)
        for code in ("DDS-1", "DDS-2")
    ]
    good = Place.objects.create(code="g", name="g", holds=Holds.GOOD)
    arrivals = Place.objects.create(code="a", name="a", holds=Holds.ARRIVALS)
    building = Building.objects.get(code="1")

    def adopt(serial, kind, meter):
        at_ms = now_ms - 100 * DAY_MS
        move = DeviceMove(
            f"s-{serial}", DeviceAct.ADOPTED, at_ms, building=building, where="r", meter_no=meter
        )
        return take_in(
            NewDevice(kind, serial, meter_no=meter, act=DeviceAct.ADOPTED), move, actor=None, now_ms=at_ms
        )

    made = [adopt("A", kinds[0], "m-301"), adopt("B", kinds[0], "m-302"), adopt("C", kinds[1], "m-303")]
    spare = take_in(
        NewDevice(kinds[0], "D"), DeviceMove("s-D", DeviceAct.RECEIVED, 1, arrivals), actor=None, now_ms=1
    )
    step(spare.number, DeviceMove("s-D2", DeviceAct.PASSED, 2, good), actor=None, now_ms=2)
    return made


def fault(meter, opened_ms, solved_ms=None, cause="dead"):
    matter = of_module(meter, Building.objects.get(code="1"), Seen.NO_POWER)
    made = open_fault(
        matter, Step(Kind.OPENED, f"{meter}-{opened_ms}", opened_ms), actor=None, now_ms=opened_ms
    )
    if solved_ms is not None:
        solved = Step(Kind.SOLVED, f"{meter}-{solved_ms}", solved_ms, cause=cause, facts={"how": "replaced"})
        take_step(made.pk, solved, actor=None, now_ms=solved_ms)
    return made


@pytest.fixture
def paper(devices, now_ms):
    morning = now_ms - 4 * HOUR_MS - DAY_MS
    fault("m-301", morning, morning + 2 * HOUR_MS)
    fault("m-302", morning, morning + 30 * HOUR_MS, "wiring")
    fault("m-303", morning)
    fault("m-999", morning)
    day = campus_day(now_ms)
    with translation.override("en"):
        return make(report_of("faults"), month_period(day.year, day.month))


def cells(paper, title):
    return [row.cells for row in next(one for one in paper.tables if one.title == title).rows]


def test_the_table_counts_by_model_and_by_cause(paper):
    assert cells(paper, "By model and maker") == [
        ["Huaxing", "DDS-1", 2, 1, 0, 0, 2],
        ["no record", "no record", 1, 0, 0, 1, None],
        ["Huaxing", "DDS-2", 1, 0, 0, 1, None],
    ]
    assert [row[:2] for row in cells(paper, "By cause")] == [
        ["module dead", 1],
        ["wiring", 1],
        ["not found yet", 2],
    ]


def test_mtbf_is_device_days_over_own_failures_and_says_too_few(paper):
    mtbf = cells(paper, "Mean time between failures, last 12 months")
    # Wiring is no failure of the module; one failure in 200 device-days.
    assert mtbf[0][:5] == ["Huaxing", "DDS-1", 200, 1, 200]
    assert [row[-1] for row in mtbf] == ["too few", "too few"]
    spares = cells(paper, "Spares for the next 3 months")
    assert spares[0][2:] == [2, "too few", None, 1, 0, None]


def test_device_days_are_those_in_use_within_the_span(devices, now_ms):
    place = Place.objects.create(code="f", name="f", holds=Holds.FAULTY)
    out_ms = now_ms - 10 * DAY_MS
    step(
        devices[0].number,
        DeviceMove("out", DeviceAct.REMOVED, out_ms, place, why="dead"),
        actor=None,
        now_ms=out_ms,
    )
    kind = devices[0].type_id
    assert device_days(now_ms - 30 * DAY_MS, now_ms)[kind] == 20 + 30
    assert device_days(now_ms - 5 * DAY_MS, now_ms)[kind] == 5
    assert device_days(now_ms - 900 * DAY_MS, now_ms)[kind] == 90 + 100


def test_with_a_year_of_use_spares_are_forecast(devices, now_ms):
    far_ms = now_ms + 265 * DAY_MS
    found = reliability(0, far_ms)[0]
    assert (found.device_days, found.in_use, found.good) == (730, 2, 1)
    assert found.spares == 1
    assert found.lacking == 0
    order = Order.objects.create(number="PO-1", maker=found.type.maker, day=campus_day(now_ms), opened_ms=1)
    OrderLine.objects.create(order=order, type=found.type, quantity=5)
    assert reliability(0, far_ms)[0].coming == 5, "what is ordered is not ordered again"
    Order.objects.update(closed_ms=2)
    assert reliability(0, far_ms)[0].coming == 0


def test_the_chart_stands_on_the_page_in_the_pdf_and_in_the_workbook(paper):
    assert [(bar.label, bar.value) for bar in charts_of(paper)[0].bars] == [
        ("DDS-1", 2),
        ("no record", 1),
        ("DDS-2", 1),
    ]
    assert "DDS-1  2" in drawn_for_page(paper)[0]
    assert decode(encode(paper)) == paper
    names = ZipFile(BytesIO(workbook(paper, "x"))).namelist()
    assert "xl/charts/chart1.xml" in names
    try:
        pages = PdfReader(BytesIO(pdf(paper, sheet_words("x", 1)))).pages
    except NoFont:
        pytest.skip("no Chinese font: apt install fonts-noto-cjk")
    assert "Faults by model" in pages[-1].extract_text()


def test_a_paper_without_charts_is_kept_in_the_same_bytes_as_before(paper):
    import msgspec

    plain = msgspec.structs.replace(paper, charts=msgspec.UNSET)
    assert b"charts" not in encode(plain)
    assert charts_of(decode(encode(plain))) == []
