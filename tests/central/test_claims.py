"""Claims to makers: begun from what was found, mailed with the photographs, telephoned about, followed to their end (R-4.3.1)."""

from io import BytesIO

import pytest
from PIL import Image

from central.domain.device_states import DeviceAct, Holds
from central.office.models import User
from central.office.photos import keep_photos
from central.workshop.claims.models import Claim, ClaimStep
from central.workshop.claims.operations import ClaimRefusal, Refused, open_claim
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in

DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000


@pytest.fixture
def keeper(db, settings, tmp_path):
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return User.objects.create_user("keeper", last_name="孙", role="store")


@pytest.fixture
def module(db):
    maker = Maker.objects.create(code="hx", name="华星", mail="claims@example.org", phone="0571-1")
    return DeviceType.objects.create(code="dds-1", kind=DeviceType.Kind.MODULE, maker=maker, name="DDS-1")


@pytest.fixture
def places(db):
    return {one: Place.objects.create(code=one.value, name=one.value, holds=one.value) for one in Holds}


@pytest.fixture
def faulty(module, places):
    """Make faulty devices, by serial number."""

    def made(serial: str, type_: DeviceType = module) -> Device:
        came = DeviceMove(f"in-{serial}", DeviceAct.RECEIVED, NOW_MS, places[Holds.ARRIVALS])
        device = take_in(NewDevice(type_, serial, "PO-1"), came, actor=None, now_ms=NOW_MS)
        bad = DeviceMove(f"bad-{serial}", DeviceAct.FAILED, NOW_MS, places[Holds.FAULTY])
        return step(device.number, bad, actor=None, now_ms=NOW_MS)

    return made


def photo(keeper, colour="red"):
    file = BytesIO()
    Image.new("RGB", (3000, 2000), colour).save(file, "JPEG")
    return keep_photos([file.getvalue()], by=keeper, now_ms=NOW_MS)[0]


def opened(devices, keeper, text="case cracked", photos=(), source="goods:1"):
    return open_claim(devices, text, photos, source=source, actor=keeper, now_ms=NOW_MS)


def test_claims_of_one_source_gather_and_the_same_again_changes_nothing(faulty, keeper):
    first = faulty("A1")
    claim = opened([first], keeper, photos=[photo(keeper)])
    assert opened([first], keeper) == claim
    assert opened([first, faulty("A2")], keeper, "no display", [photo(keeper, "blue")]) == claim
    assert [(one.device.serial, one.finding) for one in claim.devices.all()] == [
        ("A1", "case cracked"),
        ("A2", "no display"),
    ]
    assert [(one.kind, len(one.photos)) for one in claim.steps.all()] == [("opened", 1), ("added", 1)]
    assert opened([faulty("A3")], keeper, source="fault:7") != claim


def test_what_cannot_be_claimed_is_refused_by_name(faulty, keeper, places):
    other = DeviceType.objects.create(
        code="x-1", kind="module", name="X", maker=Maker.objects.create(code="x", name="X")
    )
    first = faulty("A1")
    claim = opened([first], keeper)
    gone = faulty("A2")
    step(gone.number, DeviceMove("gone", DeviceAct.SCRAPPED, 1, why="burnt"), actor=None, now_ms=1)
    gone.refresh_from_db()
    tried = {
        ClaimRefusal.NO_DEVICES: [],
        ClaimRefusal.SEVERAL_MAKERS: [first, faulty("B1", other)],
        ClaimRefusal.IN_ANOTHER_CLAIM: [first],
        ClaimRefusal.NOT_CLAIMABLE: [gone],
    }
    for why, devices in tried.items():
        refused = opened(devices, keeper, source="fault:1")
        assert isinstance(refused, Refused)
        assert refused.why is why
    assert opened([faulty("A3")], keeper, photos=["0" * 64]) == Refused(ClaimRefusal.UNKNOWN_PHOTO)
    assert (Claim.objects.get(), ClaimStep.objects.count()) == (claim, 1)
