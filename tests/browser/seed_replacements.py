"""Replacements and rooms that nobody metered, as the office sees them: to be completed, standing, computed, told."""

from django.db import transaction

from central import clock
from central.campus.models import Account
from central.domain.device_states import DeviceAct
from central.link.models import Gateway, MeterSwap, SoftwareControl, SoftwareControlEnd
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import HourlyUse
from central.office.models import User
from central.office.roles import Role
from central.workshop.devices.models import DeviceType, Maker
from central.workshop.devices.operations import DeviceMove, NewDevice, take_in
from central.workshop.replacements.intervals import compute_new
from central.workshop.replacements.models import TrueUp
from central.workshop.replacements.recording import record_new
from central.workshop.replacements.true_ups import check, tell
from tests.browser.own_site import PASSWORD

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PAST_DAYS = 40
ROOMS = ("103", "104", "105", "106")


def people() -> dict[str, User]:
    """Make the technician and the store keeper, unless they are there; give everybody by name."""
    for name, role in (("technician", Role.TECHNICIAN), ("store", Role.STORE)):
        if not User.objects.filter(username=name).exists():
            User.objects.create_user(name, password=PASSWORD, role=role, email=f"{name}@example.org")
    return {one.username: one for one in User.objects.all()}


def replacements() -> None:
    """Make all of them in building 1."""
    with transaction.atomic(), transaction.atomic(using=TELEMETRY):
        who, now_ms = people(), clock.now_ms()
        hour_ms = now_ms // HOUR_MS * HOUR_MS
        uses(hour_ms - PAST_DAYS * DAY_MS, hour_ms)
        control("sc-1", "103", hour_ms - 6 * DAY_MS, hour_ms - DAY_MS)
        control("sc-2", "104", hour_ms - 3 * DAY_MS, hour_ms - 2 * HOUR_MS, counted_wh=123_450)
        control("sc-3", "105", hour_ms - 4 * DAY_MS, None)
        swap("106", hour_ms - 4 * HOUR_MS, hour_ms - HOUR_MS)
        old_module("103")
        record_new(now_ms)
        compute_new(now_ms)
        row = TrueUp.objects.get(interval="control:sc-1")
        check(row.pk, "seed-check", None, actor=who["finance"], now_ms=now_ms)
        tell(row.pk, "seed-tell", "通知单已交给宿舍长", actor=who["cashier"], now_ms=now_ms)


def account_of(label: str) -> Account:
    """Give the account of a room of building 1."""
    return Account.objects.get(point__room__building__code="1", point__room__label=label, closed_ms=None)


def meter_of(label: str) -> str:
    """Give a room's meter."""
    return str(account_of(label).bindings.earliest("from_ms").meter.meter_no)


def uses(from_ms: int, until_ms: int) -> None:
    """All rooms of the building used a little each hour, more in the evening and on Sundays."""
    rows = []
    labels = Account.objects.filter(point__room__building__code="1", closed_ms=None)
    for number, label in enumerate(labels.values_list("point__room__label", flat=True)):
        meter = meter_of(label)
        for at_ms in range(from_ms, until_ms, HOUR_MS):
            hour, day = (at_ms // HOUR_MS + 8) % 24, (at_ms + 8 * HOUR_MS) // DAY_MS
            wh = (60 + 15 * number) * (3 if hour >= 18 else 1) * (12 if day % 7 == 2 else 10) // 10
            rows.append(HourlyUse(meter=meter, hour_ms=at_ms, energy_wh=wh + day % 5 * 3))
    HourlyUse.objects.bulk_create(rows, ignore_conflicts=True)


def control(name: str, label: str, from_ms: int, to_ms: int | None, counted_wh: int | None = None) -> None:
    """A room's module failed; it stayed on."""
    row = SoftwareControl.objects.create(
        control=name,
        gateway=Gateway.objects.get(building__code="1"),
        account=account_of(label).code,
        meter=meter_of(label),
        began_ms=from_ms + HOUR_MS // 4,
        began_trusted=True,
        last_good_wh=478_190,
        last_good_ms=from_ms,
        last_good_trusted=True,
        wh_per_day=3_000,
        by="technician",
        why="模块显示屏不亮，仓库无备件",
        received_ms=from_ms,
    )
    if to_ms is not None:
        SoftwareControlEnd.objects.create(
            control=row,
            end="good-again" if counted_wh else "swapped",
            at_ms=to_ms,
            at_trusted=True,
            by="technician",
            why="换上新模块",
            counted_wh=counted_wh,
            received_ms=to_ms,
        )


def swap(label: str, from_ms: int, to_ms: int) -> None:
    """A module was replaced on site, its last register typed from the display."""
    MeterSwap.objects.create(
        swap="seed.s1",
        gateway=Gateway.objects.get(building__code="1"),
        account=account_of(label).code,
        binding="seed-b1",
        old_meter=meter_of(label),
        new_meter="202519990",
        last_wh=412_340,
        first_wh=20,
        first_frame="68AA00199925206891083333343357C716",
        last_read_by="technician",
        by="technician",
        why="模块通讯中断，读数无法采集",
        from_ms=to_ms,
        at_ms=to_ms,
        at_trusted=True,
        last_at_ms=from_ms,
        received_ms=to_ms,
    )


def old_module(label: str) -> None:
    """The store knows a room's module, in use."""
    maker, _made = Maker.objects.get_or_create(code="hx", defaults={"name": "华星电表厂"})
    kind, _made = DeviceType.objects.get_or_create(
        code="dds-hx", defaults={"kind": DeviceType.Kind.MODULE, "maker": maker, "name": "DDS-HX"}
    )
    account = account_of(label)
    move = DeviceMove("seed-adopt", DeviceAct.ADOPTED, 1, building=account.point.room.building, where=label)
    new = NewDevice(kind, "HX-0001", meter_no=meter_of(label), act=DeviceAct.ADOPTED)
    take_in(new, move, actor=None, now_ms=clock.now_ms())
