"""Goods-in as the workshop sees it: an order half come, devices that wait, a good one, faulty ones, one claim answered."""

from datetime import timedelta
from io import BytesIO

from PIL import Image

from central import clock
from central.domain.device_states import Holds
from central.domain.goods_in import Finding
from central.office.models import User
from central.office.photos import keep_photos
from central.workshop.claims.following import log_call, log_reply
from central.workshop.claims.models import Claim, ClaimStep
from central.workshop.claims.operations import Said
from central.workshop.claims.sending import sent_otherwise
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.goods.checking import Checked, Damage, check_device
from central.workshop.goods.deliveries import Entry, begin_delivery, enter, finish
from central.workshop.goods.models import Delivery, GoodsCheck
from central.workshop.goods.orders import place_order

DAY_MS = 86_400_000
PLACES = {
    Holds.ARRIVALS: ("S-1", "待验收架"),
    Holds.GOOD: ("S-2", "合格品架"),
    Holds.FAULTY: ("S-3", "不合格品架"),
}


def goods() -> None:
    """Write two orders down, take two deliveries in, check three devices, follow one claim."""
    keeper, now_ms = User.objects.get(username="manager"), clock.now_ms()
    module, other = store()
    day = clock.campus_day(now_ms) - timedelta(days=12)
    order = place_order(
        "WO-2026-0117", module.maker, day, {module: 6, other: 2}, actor=keeper, now_ms=now_ms - 9 * DAY_MS
    )
    place_order("WO-2026-0118", module.maker, day, {other: 4}, actor=keeper, now_ms=now_ms - 8 * DAY_MS)
    first = delivered(order, [module, module, module, other], "LS-20261120", keeper, now_ms - 5 * DAY_MS)
    finish(first.pk, actor=keeper, now_ms=now_ms - 5 * DAY_MS)
    delivered(order, [module], "LS-20261129", keeper, now_ms - DAY_MS)
    devices = list(Device.objects.filter(arrivals__delivery=first).order_by("pk"))
    good = Checked("g" * 8, is_good=True, place=Place.objects.get(code="S-2"), read_plate=True)
    assert isinstance(check_device(devices[0].pk, good, actor=keeper, now_ms=now_ms - 4 * DAY_MS), GoodsCheck)
    answered = fault(devices[1], Finding.CASE, "外壳左上角裂开", "tan", keeper, now_ms - 4 * DAY_MS)
    follow(answered, keeper, now_ms - 3 * DAY_MS)
    fault(devices[2], Finding.DISPLAY, "通电后显示屏缺笔画", "gray", keeper, now_ms - 2 * DAY_MS)


def store() -> tuple[DeviceType, DeviceType]:
    """Give a maker's two models and the three places, made where they are not there yet."""
    maker, _made = Maker.objects.get_or_create(
        code="hz",
        defaults={"name": "杭州某某电表有限公司", "mail": "claims@example.org", "phone": "0571-8888"},
    )
    kinds = (
        ("dds-1531", DeviceType.Kind.MODULE, "DDS1531 单相模块"),
        ("zwj-8", DeviceType.Kind.CONCENTRATOR, "ZWJ-8 中位机"),
    )
    made = [
        DeviceType.objects.get_or_create(code=code, defaults={"kind": kind, "maker": maker, "name": name})[0]
        for code, kind, name in kinds
    ]
    for holds, (code, name) in PLACES.items():
        Place.objects.get_or_create(code=code, defaults={"name": name, "holds": holds.value})
    return made[0], made[1]


def delivered(order: object, types: list[DeviceType], note: str, keeper: User, at_ms: int) -> Delivery:
    """Take a delivery in, one device of each type named."""
    delivery = begin_delivery(order, note, Place.objects.get(code="S-1"), note, actor=keeper, now_ms=at_ms)
    for place, type_ in enumerate(types):
        entry = Entry(f"{note}-{place}", type_, f"20261130{note[-4:]}{place:04}")
        assert isinstance(enter(delivery.pk, entry, actor=keeper, now_ms=at_ms + place * 20_000), Device)
    return delivery


def fault(device: Device, what: Finding, words: str, colour: str, keeper: User, at_ms: int) -> Claim:
    """Fail a device's check for one damage, with its photograph."""
    file = BytesIO()
    Image.new("RGB", (640, 420), colour).save(file, "JPEG")
    photos = keep_photos([file.getvalue()], by=keeper, now_ms=at_ms)
    said = Checked(
        f"check-{device.pk}",
        is_good=False,
        place=Place.objects.get(code="S-3"),
        damages=[Damage(what, words, photos)],
        read_plate=True,
    )
    # A claim of its own for each: what was sent is not added to.
    done = check_device(device.pk, said, actor=keeper, now_ms=at_ms)
    assert isinstance(done, GoodsCheck), done
    return done.claim


def follow(claim: Claim, keeper: User, at_ms: int) -> None:
    """Send it by post, telephone, have it answered; the day is over."""
    steps = (
        (sent_otherwise, Said("f1", ClaimStep.Kind.HANDED, at_ms, "顺丰快递 SF1234567890")),
        (log_call, Said("f2", ClaimStep.Kind.CALLED, at_ms, "对方同意更换，周五发货", {"with": "李经理"})),
        (
            log_reply,
            Said(
                "f3",
                ClaimStep.Kind.REPLIED,
                at_ms,
                "同意更换一台，两日内发出",
                {"promise": "replace", "due": clock.campus_day(at_ms + 2 * DAY_MS).isoformat()},
            ),
        ),
    )
    for act, said in steps:
        assert isinstance(act(claim.pk, said, actor=keeper, now_ms=at_ms), Claim)
