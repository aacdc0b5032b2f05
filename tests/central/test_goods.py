"""Goods-in: deliveries against their order, the check of each device, faulty ones into a claim (R-4.3.1)."""

from datetime import date
from io import BytesIO

import pytest
from django.apps import apps
from PIL import Image

from central.domain.device_states import DeviceAct, DeviceState, Holds
from central.domain.goods_in import CheckFault, Finding
from central.office.models import User
from central.office.photos import keep_photos
from central.workshop.bench.operations import Taken, import_record
from central.workshop.claims.models import Claim, ClaimStep
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, DeviceRefusal, correct, step
from central.workshop.devices.operations import Refused as DeviceRefused
from central.workshop.goods.bench_match import unknown_of
from central.workshop.goods.checking import Checked, Damage, check_device
from central.workshop.goods.checking import Refused as CheckRefused
from central.workshop.goods.deliveries import Entry, GoodsRefusal, Refused, begin_delivery, enter, finish
from central.workshop.goods.models import Delivery, GoodsCheck, Order
from central.workshop.goods.orders import OrderRefusal, close_order, place_order, set_line
from central.workshop.goods.orders import Refused as OrderRefused
from central.workshop.goods.queries import order_row, waiting
from central.workshop.verification import WITH_PHOTOS, verify_workshop
from gateway.contract.bench_record import BenchRecord, BenchTest, Occasion, Verdict, overall, write_record

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000


@pytest.fixture
def keeper(db, settings, tmp_path):
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return User.objects.create_user("keeper", role="store")


@pytest.fixture
def module(db):
    maker = Maker.objects.create(code="hx", name="华星", mail="claims@example.org")
    return DeviceType.objects.create(
        code="dds-1", kind="module", maker=maker, name="DDS-1", meter_model="dlt645-2007"
    )


@pytest.fixture
def other(module):
    return DeviceType.objects.create(code="dts-3", kind="module", maker=module.maker, name="DTS-3")


@pytest.fixture
def places(db):
    return {one: Place.objects.create(code=one.value, name=one.value, holds=one.value) for one in Holds}


@pytest.fixture
def delivery(module, places, keeper):
    order = place_order("PO-1", module.maker, date(2026, 11, 2), {module: 2}, actor=keeper, now_ms=NOW_MS)
    return begin_delivery(order, "LS-9", places[Holds.ARRIVALS], "d1", actor=keeper, now_ms=NOW_MS)


def come(delivery, keeper, type_, serial, step="", remark=""):
    entry = Entry(step or f"e-{serial}", type_, serial, remark)
    return enter(delivery.pk, entry, actor=keeper, now_ms=NOW_MS)


def checked(device, keeper, said):
    return check_device(device.number, said, actor=keeper, now_ms=NOW_MS + 1)


def photo(keeper, colour="red"):
    file = BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return keep_photos([file.getvalue()], by=keeper, now_ms=NOW_MS)[0]


def benched(serial, verdict=Verdict.PASSED, model="dlt645-2007"):
    tests = (BenchTest("energy", verdict, "" if verdict is Verdict.PASSED else "counts-wrong"),)
    record = BenchRecord(
        v=1, id=f"{abs(hash((serial, verdict, model))) % 16**32:032x}", occasion=Occasion.GOODS_IN, at_ms=NOW_MS,
        verdict=overall(tests), model=model, maker="", identity=serial, order="PO-1", tester="", tests=tests,
    )  # fmt: skip
    taken = import_record(write_record(record), trusted=frozenset(), actor="test", now_ms=NOW_MS)
    assert taken is Taken.IMPORTED


def test_a_short_delivery_leaves_its_order_open_with_what_is_missing(delivery, module, keeper):
    device = come(delivery, keeper, module, " A1 ", step="e-A1")
    assert (device.number, device.serial, device.order, device.state) == ("M-000001", "A1", "PO-1", "arrived")
    assert come(delivery, keeper, module, "A1") == device
    done = finish(delivery.pk, actor=keeper, now_ms=NOW_MS)
    assert done.finished_ms == NOW_MS
    row = order_row(delivery.order)
    assert (row.missing, row.order.closed_ms) == (1, None)
    closed = close_order(row.order.pk, " ", actor=keeper, now_ms=NOW_MS)
    assert closed == OrderRefused(OrderRefusal.NO_REASON, "1")
    assert close_order(row.order.pk, "sold out", actor=keeper, now_ms=NOW_MS).closed_why == "sold out"
    late = come(delivery, keeper, module, "A2")
    assert late == Refused(GoodsRefusal.FINISHED)


def test_what_differs_from_the_order_is_told_first_and_kept_with_its_reason(delivery, module, other, keeper):
    first = come(delivery, keeper, module, "A1")
    come(delivery, keeper, module, "A2")
    before = Device.objects.count()
    tried = {
        GoodsRefusal.NO_SERIAL: (module, "  "),
        GoodsRefusal.SERIAL_TOO_LONG: (module, "9" * 81),
        GoodsRefusal.TWICE_IN_DELIVERY: (other, "a1"),
        GoodsRefusal.MORE_THAN_ORDERED: (module, "A3"),
        GoodsRefusal.NOT_ORDERED: (other, "B1"),
    }
    for why, (type_, serial) in tried.items():
        assert come(delivery, keeper, type_, serial).why is why
    assert come(delivery, keeper, module, "A9", step="e-A1").why is GoodsRefusal.EXISTS_WITH_DIFFERENT
    assert Device.objects.count() == before
    extra = come(delivery, keeper, module, "A3", remark="the box held three")
    assert extra.arrivals.get().remark == "the box held three"
    second = begin_delivery(delivery.order, "", delivery.place, "d2", actor=keeper, now_ms=NOW_MS)
    assert come(second, keeper, module, "A1", step="again") == Refused(
        GoodsRefusal.SERIAL_KNOWN, first.number
    )


def test_an_order_is_written_down_once_and_refuses_by_name(module, other, keeper):
    lines = {module: 2}
    order = place_order("PO-1", module.maker, date(2026, 11, 2), lines, actor=keeper, now_ms=NOW_MS)
    same = place_order(" PO-1", module.maker, date(2026, 11, 2), lines, actor=keeper, now_ms=NOW_MS + 1)
    assert same == order
    stranger = Maker.objects.create(code="x", name="X")
    for why, number, maker, ordered in [
        (OrderRefusal.NO_NUMBER, " ", module.maker, lines),
        (OrderRefusal.NO_LINES, "PO-2", module.maker, {}),
        (OrderRefusal.OTHER_MAKER, "PO-2", stranger, lines),
        (OrderRefusal.OUT_OF_RANGE, "PO-2", module.maker, {module: 0}),
        (OrderRefusal.NUMBER_KNOWN, "PO-1", module.maker, {module: 3}),
    ]:
        refused = place_order(number, maker, date(2026, 11, 2), ordered, actor=keeper, now_ms=NOW_MS)
        assert refused.why is why
    set_line(order.pk, other, 1, actor=keeper, now_ms=NOW_MS)
    assert order_row(order).missing == 3


def test_a_good_device_is_known_by_the_bench_or_by_its_plate(delivery, module, places, keeper):
    benched("A1")
    first, second = come(delivery, keeper, module, "A1"), come(delivery, keeper, module, "A2")
    assert [one.is_late for one in waiting(NOW_MS + 3 * DAY_MS)] == [False, False]
    assert [one.is_late for one in waiting(NOW_MS + 3 * DAY_MS + 1)] == [True, True]
    good = Checked("c1", is_good=True, place=places[Holds.GOOD])
    done = checked(first, keeper, good)
    assert (done.identity, done.outcome, done.findings, done.claim) == ("bench", "good", [], None)
    assert checked(first, keeper, good) == done
    unread = Checked("c2", is_good=True, place=places[Holds.GOOD])
    assert checked(second, keeper, unread) == CheckRefused(CheckFault.NOT_IDENTIFIED)
    misplaced = Checked("c2", is_good=True, place=places[Holds.FAULTY], read_plate=True)
    assert checked(second, keeper, misplaced).why.why is DeviceRefusal.WRONG_PLACE
    read = Checked("c2", is_good=True, place=places[Holds.GOOD], read_plate=True)
    assert checked(second, keeper, read).identity == "plate"
    assert checked(
        second, keeper, Checked("c3", is_good=True, place=places[Holds.GOOD], read_plate=True)
    ) == (CheckRefused(DeviceRefused(DeviceRefusal.NOT_FROM_THIS_STATE, "good")))
    assert not waiting(NOW_MS)


@pytest.mark.parametrize(
    ("verdict", "model", "found"),
    [
        (Verdict.FAILED, "dlt645-2007", ["bench-failed"]),
        (Verdict.PASSED, "dlt645-1997", ["other-model"]),
        (Verdict.FAILED, "dlt645-1997", ["other-model", "bench-failed"]),
    ],
)
def test_what_the_bench_speaks_against_never_passes(delivery, module, places, keeper, verdict, model, found):
    benched("A1", verdict, model)
    device = come(delivery, keeper, module, "a1")
    good = Checked("c1", is_good=True, place=places[Holds.GOOD], read_plate=True)
    assert checked(device, keeper, good) == CheckRefused(CheckFault.MUST_FAIL)
    done = checked(device, keeper, Checked("c1", is_good=False, place=places[Holds.FAULTY]))
    assert [one["what"] for one in done.findings] == found
    assert done.claim.devices.get().found == found


def test_a_number_entered_wrongly_is_mended_before_the_check_and_the_record_tells(
    delivery, module, other, places, keeper
):
    benched("A12")
    wrong, twin = come(delivery, keeper, module, "A21"), come(delivery, keeper, module, "A3")
    assert [one.identity for one in unknown_of(delivery.order)] == ["A12"]

    def mended(serial, type_=module, why="two digits swapped", step="m1"):
        move = DeviceMove(step, DeviceAct.MOVED, NOW_MS, why=why)
        return correct(wrong.number, type_, serial, move, actor=keeper, now_ms=NOW_MS)

    cabinet = DeviceType.objects.create(code="c", kind="concentrator", maker=module.maker, name="C")
    assert mended(" ").why is DeviceRefusal.NO_SERIAL
    assert mended("A12", why=" ").why is DeviceRefusal.NO_REASON
    assert mended("a3") == DeviceRefused(DeviceRefusal.SERIAL_KNOWN, twin.number)
    assert mended("A12", cabinet).why is DeviceRefusal.UNKNOWN_TYPE
    for _again in range(2):
        assert mended("A12").serial == "A12"
    assert not unknown_of(delivery.order)
    assert wrong.steps.last().why == "dds-1 A21 -> dds-1 A12: two digits swapped"
    checked(wrong, keeper, Checked("c1", is_good=True, place=places[Holds.GOOD]))
    assert mended("A13", step="m2") == DeviceRefused(DeviceRefusal.NOT_FROM_THIS_STATE, "good")


def test_a_model_that_nobody_ordered_fails_its_check_until_it_is_ordered(delivery, other, places, keeper):
    device = come(delivery, keeper, other, "B1", remark="in the same box")
    good = Checked("c1", is_good=True, place=places[Holds.GOOD], read_plate=True)
    assert checked(device, keeper, good) == CheckRefused(CheckFault.MUST_FAIL)
    set_line(delivery.order_id, other, 1, actor=keeper, now_ms=NOW_MS)
    assert checked(device, keeper, good).outcome == "good"


def test_each_damage_has_its_photograph_and_faulty_ones_gather_in_one_claim(delivery, module, places, keeper):
    devices = [come(delivery, keeper, module, serial) for serial in ("A1", "A2")]
    pictures = [photo(keeper), photo(keeper, "blue")]

    def faulty(step, *damages):
        return Checked(step, is_good=False, place=places[Holds.FAULTY], damages=damages, read_plate=True)

    for why, said in [
        (CheckFault.NO_FINDING, faulty("c1")),
        (CheckFault.NO_PHOTO, faulty("c1", Damage(Finding.CASE, "cracked"))),
        (CheckFault.NO_PHOTO, faulty("c1", Damage(Finding.CASE, "cracked", ["0" * 64]))),
        (CheckFault.NO_WORDS, faulty("c1", Damage(Finding.OTHER, " ", pictures[:1]))),
    ]:
        assert checked(devices[0], keeper, said) == CheckRefused(why)
    first = checked(devices[0], keeper, faulty("c1", Damage(Finding.CASE, "cracked", pictures[:1])))
    second = checked(devices[1], keeper, faulty("c2", Damage(Finding.SEAL, "", pictures)))
    assert first.claim == second.claim == Claim.objects.get()
    assert [list(one.photos) for one in first.claim.steps.all()] == [pictures[:1], pictures]
    assert set(Device.objects.values_list("state", "place__holds")) == {("faulty", "faulty")}
    assert all(check.holds for check in verify_workshop()), verify_workshop()


def test_every_record_with_photographs_is_verified():
    named = {one for one in apps.get_app_config("workshop").get_models() if hasattr(one, "photos")}
    assert named == set(WITH_PHOTOS)


def test_verify_finds_a_lost_photograph_and_a_failed_step_without_a_check(delivery, module, places, keeper):
    device, other = come(delivery, keeper, module, "A1"), come(delivery, keeper, module, "A2")
    damage = Damage(Finding.CASE, "cracked", [photo(keeper)])
    checked(
        device,
        keeper,
        Checked("c1", is_good=False, place=places[Holds.FAULTY], damages=[damage], read_plate=True),
    )
    lost, claim = "0" * 64, Claim.objects.get()
    ClaimStep.objects.create(
        step="l", claim=claim, kind=ClaimStep.Kind.NOTED, photos=[lost], at_ms=1, received_ms=1
    )
    assert [check.fault for check in verify_workshop() if not check.holds] == [f"{lost} is not kept"]
    step(
        other.number,
        DeviceMove("check-none", DeviceAct.FAILED, NOW_MS, places[Holds.FAULTY], source="check"),
        actor=keeper,
        now_ms=NOW_MS,
    )
    assert f"{other.number}: failed its check without a finding" in [
        check.fault for check in verify_workshop()
    ]


def test_a_delivery_is_for_something_that_stands_and_waits_in_its_own_place(delivery, places, keeper):
    order = delivery.order
    again = begin_delivery(order, "LS-9", places[Holds.ARRIVALS], "d1", actor=keeper, now_ms=NOW_MS)
    assert again == delivery
    wrong = begin_delivery(order, "", places[Holds.GOOD], "d2", actor=keeper, now_ms=NOW_MS)
    assert wrong == Refused(GoodsRefusal.WRONG_PLACE)
    close_order(order.pk, "no more", actor=keeper, now_ms=NOW_MS)
    late = begin_delivery(order, "", places[Holds.ARRIVALS], "d2", actor=keeper, now_ms=NOW_MS)
    assert late == Refused(GoodsRefusal.ORDER_CLOSED, "PO-1")
    assert finish(delivery.pk, actor=keeper, now_ms=NOW_MS) == Refused(GoodsRefusal.NOTHING_ENTERED)
    assert (Delivery.objects.count(), Order.objects.count(), GoodsCheck.objects.count()) == (1, 1, 0)
    assert DeviceState.ARRIVED not in Device.objects.values_list("state", flat=True)
