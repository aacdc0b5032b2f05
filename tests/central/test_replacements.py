"""Replacements: one record for each swap, offline ones too; the store's devices follow, or it is said what is missing (R-4.3.5)."""

from io import BytesIO

import msgspec
import pytest
from PIL import Image

from central.campus.models import Binding, Building
from central.domain.device_states import DeviceAct, Holds
from central.link.meter_swaps import Refused as SwapRefused
from central.link.meter_swaps import Swap, SwapRefusal
from central.link.models import BilledRegister, Gateway
from central.office.models import User
from central.office.photos import PhotoRefusal, keep_photos
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in
from central.workshop.replacements.minding import mind_replacements
from central.workshop.replacements.models import Replacement, ReplacementStep, TrueUp
from central.workshop.replacements.queries import missing_of
from central.workshop.replacements.recording import (
    RecordRefusal,
    Refused,
    Said,
    close_without_device,
    record_new,
    say,
    swap_here,
    try_devices,
)
from gateway.contract.meter_facts import MeterSwapped
from tests.central.conftest import NOW_MS
from tests.central.unmetered_steps import DAY_MS, HOUR_MS, ROOM, lived_since, swap

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
Kind = ReplacementStep.Kind


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), "white").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def lei(settings, tmp_path) -> User:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return User.objects.create_user("lei", role="technician")


@pytest.fixture
def store(twin) -> dict[str, Device]:
    """The old module in use in 1-301, a good one with the new number on its plate."""
    maker = Maker.objects.create(code="hx", name="Huaxing")
    module = DeviceType.objects.create(code="dds", kind=DeviceType.Kind.MODULE, maker=maker, name="DDS")
    places = {one: Place.objects.create(code=one.value, name=one.value, holds=one.value) for one in Holds}
    old = take_in(
        NewDevice(module, "old", meter_no="m-301", act=DeviceAct.ADOPTED),
        DeviceMove("a", DeviceAct.ADOPTED, 1, building=Building.objects.get(code="1"), where="301"),
        actor=None,
        now_ms=2,
    )
    new = take_in(
        NewDevice(module, "n-301"),
        DeviceMove("b", DeviceAct.RECEIVED, 1, places[Holds.ARRIVALS]),
        actor=None,
        now_ms=2,
    )
    step(new.number, DeviceMove("c", DeviceAct.PASSED, 2, places[Holds.GOOD]), actor=None, now_ms=3)
    return {"old": old, "new": new}


def test_a_swap_is_recorded_once_and_the_devices_follow(store):
    swap("g1.s1", NOW_MS - HOUR_MS, NOW_MS, last_frame="68aa", received_ms=NOW_MS + DAY_MS)
    assert record_new(NOW_MS + DAY_MS) == 1
    assert record_new(NOW_MS + DAY_MS) == 0
    row = Replacement.objects.get()
    assert (row.room.full_label, row.last_wh, row.last_frame, row.at_ms) == ("1-301", 100_000, "68aa", NOW_MS)
    for device in store.values():
        device.refresh_from_db()
    assert (store["old"].state, store["old"].place.holds) == ("faulty", "faulty")
    assert (store["new"].state, store["new"].meter_no, store["new"].where) == ("in-use", "n-301", "301")
    missing = missing_of(row)
    assert not missing.of_store
    assert not missing.photos, "the gateway read both registers"
    assert missing.solved


def test_what_the_store_does_not_know_it_must_complete(twin, lei):
    swap("g1.s1", NOW_MS - HOUR_MS, NOW_MS, last_read_by="lei")
    record_new(NOW_MS)
    row = Replacement.objects.get()
    missing = missing_of(row)
    assert (missing.device_out, missing.device_in, missing.photos) == (True, True, True)
    try_devices(row.pk, actor=lei, now_ms=NOW_MS)
    assert missing_of(Replacement.objects.get()).of_store
    done = close_without_device(
        row.pk, "x1", Kind.DEVICE_OUT, "thrown away by the builder", actor=lei, now_ms=NOW_MS
    )
    assert isinstance(done, ReplacementStep)
    again = close_without_device(row.pk, "x2", Kind.DEVICE_OUT, "again", actor=lei, now_ms=NOW_MS)
    assert again == Refused(RecordRefusal.DONE)
    assert close_without_device(row.pk, "x3", Kind.DEVICE_IN, " ", actor=lei, now_ms=NOW_MS) == Refused(
        RecordRefusal.NO_WORDS
    )
    assert not missing_of(Replacement.objects.get()).device_out


def test_what_is_said_is_kept_once_and_a_bad_picture_keeps_nothing(twin, lei):
    swap("g1.s1", NOW_MS - HOUR_MS, NOW_MS, first_read_by="lei")
    record_new(NOW_MS)
    row = Replacement.objects.get()

    def said(name, what):
        return say(row.pk, name, what, actor=lei, now_ms=NOW_MS)

    assert said("p1", Said(Kind.PHOTOS)) == Refused(RecordRefusal.NO_PHOTOS)
    assert said("p1", Said(Kind.PHOTOS, photos=[b"no picture"])) is PhotoRefusal.NOT_A_PICTURE
    assert not row.steps.filter(kind=Kind.PHOTOS).exists()
    for _again in range(2):
        assert isinstance(said("p1", Said(Kind.PHOTOS, photos=[picture()])), ReplacementStep)
    assert said("p1", Said(Kind.NOTE, "other")) == Refused(RecordRefusal.EXISTS_WITH_DIFFERENT)
    said("p2", Said(Kind.NOT_SOLVED, "the wiring, too", "fault:3"))
    kinds = [step.kind for step in row.steps.exclude(kind__in=(Kind.DEVICE_IN, Kind.DEVICE_OUT))]
    assert kinds == [Kind.PHOTOS, Kind.NOT_SOLVED]
    missing = missing_of(Replacement.objects.get())
    assert (missing.photos, missing.solved) == (False, False)


def test_a_swap_told_here_needs_photographs_and_is_the_same_record_again(store, lei):
    lived_since(ROOM, NOW_MS - 30 * DAY_MS)
    told = Swap("1-301", "m-301", 100_000, "n-301", 0, "display dark")
    assert swap_here("k1", told, [], actor=lei, now_ms=NOW_MS) == Refused(RecordRefusal.NO_PHOTOS)
    wrong = Swap("1-301", "m-999", 100_000, "n-301", 0, "display dark")
    refused = swap_here("k1", wrong, kept(lei), actor=lei, now_ms=NOW_MS)
    assert isinstance(refused, SwapRefused)
    assert refused.why is SwapRefusal.OTHER_OLD
    assert not Replacement.objects.exists()
    for _again in range(2):
        row, _unbilled = swap_here("k1", told, kept(lei), actor=lei, now_ms=NOW_MS)
    assert Replacement.objects.get() == row
    assert Binding.objects.filter(meter__meter_no="n-301", account__code=ROOM).count() == 1
    store["new"].refresh_from_db()
    assert store["new"].state == "in-use"
    assert not missing_of(row).photos


def kept(by) -> list[str]:
    return keep_photos([picture()], by=by, now_ms=NOW_MS)


def register(meter: str, wh: int, at_ms: int) -> None:
    gateway = Gateway.objects.get(building__code="1")
    said = {"gateway": gateway, "account": ROOM, "register_wh": wh, "at_ms": at_ms, "at_trusted": True}
    BilledRegister.objects.update_or_create(meter=meter, defaults=said)


def test_what_the_old_module_of_a_swap_told_here_counted_is_trued_up_when_the_gateway_bills_by_the_new_one(
    store, lei
):
    lived_since(ROOM, NOW_MS - 30 * DAY_MS)
    register("m-301", 88_000, NOW_MS - 50 * HOUR_MS)
    told = Swap("1-301", "m-301", 100_000, "n-301", 0, "link and display dark")
    swap_here("k1", told, kept(lei), actor=lei, now_ms=NOW_MS)
    mind_replacements(NOW_MS + HOUR_MS)
    assert not TrueUp.objects.exists(), "the gateway may have billed more than is known here"
    register("m-301", 91_000, NOW_MS - 2 * HOUR_MS)
    register("n-301", 0, NOW_MS)
    mind_replacements(NOW_MS + 2 * HOUR_MS)
    assert mind_replacements(NOW_MS + 2 * HOUR_MS) == 0
    trued = TrueUp.objects.get()
    assert (trued.interval, trued.energy_wh, trued.method) == ("here:k1", 9_000, TrueUp.Method.REGISTER)
    assert (trued.from_ms, trued.to_ms) == (NOW_MS - 2 * HOUR_MS, NOW_MS)


def test_a_number_that_was_mistyped_and_put_right_leaves_nothing_of_the_old_module_unbilled(store, lei):
    lived_since(ROOM, NOW_MS - 30 * DAY_MS)
    register("m-301", 88_000, NOW_MS - 2 * HOUR_MS)
    mistyped = Swap("1-301", "m-301", 100_000, "n-310", 0, "link and display dark")
    put_right = Swap("1-301", "n-310", 0, "n-301", 0, "mistyped")
    for place, told in enumerate((mistyped, put_right)):
        assert isinstance(swap_here(f"k{place}", told, kept(lei), actor=lei, now_ms=NOW_MS + place), tuple)
    register("n-301", 0, NOW_MS + HOUR_MS)
    mind_replacements(NOW_MS + 2 * HOUR_MS)
    assert TrueUp.objects.get().energy_wh == 12_000


def test_a_swap_that_comes_hours_late_by_the_gateways_own_message_is_recorded_and_trued_up(taker, twin):
    fact = MeterSwapped(
        swap="gw-1.e1.swap1", old_meter="m-301", new_meter="m-900", last_wh=51_000, first_wh=7_000,
        at=twin.at(), last_at=msgspec.structs.replace(twin.at(), wall_ms=twin.at().wall_ms - 2 * HOUR_MS),
        by="li", why="burnt out", account=ROOM, binding="gw-1.e1.swap1", from_ms=NOW_MS, last_frame="68aa",
    )  # fmt: skip
    for _twice in range(2):
        taker.take(twin.topic("up"), twin.batch(fact), NOW_MS + 5 * HOUR_MS)
    mind_replacements(NOW_MS + 5 * HOUR_MS)
    assert mind_replacements(NOW_MS + 5 * HOUR_MS) == 0
    row = Replacement.objects.get()
    assert (row.room.full_label, row.by, row.last_frame, row.first_read_by) == ("1-301", "li", "68aa", "")
    trued = TrueUp.objects.get()
    assert (trued.interval, trued.to_ms - trued.from_ms) == ("swap:gw-1.e1.swap1", 2 * HOUR_MS)
    assert trued.state == TrueUp.State.NO_FIGURE, "nobody knows this room's past"
