"""The store as its pages show it: makers, models, shelves, devices in every state, a closed stock-taking and an open one."""

import uuid

from central import clock
from central.campus.models import Building
from central.domain.device_states import DeviceAct
from central.office.models import User
from central.workshop.devices.models import DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, Refused, step, take_in
from central.workshop.stock import taking
from central.workshop.stock.adopting import adopt_building
from central.workshop.stock.taking import Closing, Scan
from central.workshop.stock.taking_queries import comparison
from tests.browser.own_site import PASSWORD

HOUR_MS = 3_600_000
SHELVES = (
    ("D-1", "待检桌", "arrivals"), ("H-1", "完好架 1", "good"), ("H-2", "完好架 2", "good"), ("X-1", "待修柜", "faulty"),
)  # fmt: skip
LIVES = (
    *(("", ""), ("", "")),
    *(("P", "H-1"), ("P", "H-1"), ("P", "H-2"), ("P", "H-1"), ("P", "H-2")),
    *(("F", "X-1"), ("F", "X-1"), ("FC", "X-1"), ("FS", "X-1")),
)
"""Of each device: passed, failed, then claimed or scrapped; and the shelf."""


def keeper() -> User:
    """Give the store keeper, made when first asked for."""
    found = User.objects.filter(username="keeper").first()
    return found or User.objects.create_user(
        "keeper", password=PASSWORD, last_name="库管员孙", role=User.Role.STORE
    )


def stock(building: str = "1") -> None:
    """Seed it all: eleven devices, then the meters of a building; stock-takings 1 (closed) and 2 (open)."""
    by, now_ms = keeper(), clock.now_ms() - 40 * HOUR_MS
    maker = Maker.objects.create(
        code="hx", name="浙江某某电表有限公司", mail="service@example.org", phone="0571-0000000"
    )
    other = Maker.objects.create(code="zw", name="某某电子", phone="010-000000")
    type_ = DeviceType.objects.create(
        code="DDS-1",
        kind="module",
        maker=maker,
        name="DDS1352 单相导轨表",
        meter_model="acrel-ddsy1352",
        least_good=8,
    )
    DeviceType.objects.create(code="ZWJ-2", kind="concentrator", maker=other, name="中卫机 32 路")
    wall = DeviceType.objects.create(code="OLD-1", kind="module", maker=other, name="旧型电表模块")
    places = {code: Place.objects.create(code=code, name=name, holds=holds) for code, name, holds in SHELVES}
    for number, (acts, shelf) in enumerate(LIVES):
        _device(_serial(number), type_, acts, places, shelf, by, now_ms + number * 60_000)
    adopt_building(Building.objects.get(code=building), wall, actor=by, now_ms=now_ms + HOUR_MS)
    _takings(places, by, now_ms + 2 * HOUR_MS)


def _serial(number: int) -> str:
    return f"2024110{number:05}"


def _device(
    serial: str, type_: DeviceType, acts: str, places: dict[str, Place], shelf: str, by: User, now_ms: int
) -> None:
    when = {"actor": by, "now_ms": now_ms}
    move = DeviceMove(uuid.uuid4().hex, DeviceAct.RECEIVED, now_ms, places["D-1"])
    device = take_in(NewDevice(type_, serial, "PO-2026-0117"), move, **when)
    steps = {
        "P": (DeviceAct.PASSED, shelf, ""),
        "F": (DeviceAct.FAILED, shelf, "外壳开裂"),
        "C": (DeviceAct.CLAIMED, "", "寄回厂家"),
        "S": (DeviceAct.SCRAPPED, "", "烧毁，厂家不修"),
    }
    for act, place, why in (steps[letter] for letter in acts):
        move = DeviceMove(uuid.uuid4().hex, act, now_ms, places.get(place), why=why)
        assert not isinstance(step(device.number, move, **when), Refused)


def _takings(places: dict[str, Place], by: User, now_ms: int) -> None:
    when = {"actor": by, "now_ms": now_ms}
    closed = taking.begin(str(uuid.uuid4()), places["H-1"], "月末盘点", **when)
    reads = (_serial(2), _serial(3), _serial(4), "无主标签 7")
    for label in reads:
        taking.scan(
            closed.pk, Scan(str(uuid.uuid4()), label, places["H-1"]), actor=by, now_ms=now_ms + 60_000
        )
    end = Closing(comparison(closed).digest)
    taking.close(closed.pk, end, actor=by, now_ms=now_ms + 120_000)
    now_open = taking.begin(str(uuid.uuid4()), None, "", actor=by, now_ms=now_ms + HOUR_MS)
    for label, shelf in (
        (_serial(2), "H-1"),
        (_serial(3), "H-2"),
        (_serial(5), "H-2"),
        (_serial(7), "H-1"),
        ("8899", "H-1"),
    ):
        what = Scan(str(uuid.uuid4()), label, places[shelf])
        taking.scan(now_open.pk, what, actor=by, now_ms=now_ms + HOUR_MS + 60_000)
