"""A small campus as it looks after a day of work: three buildings, one welded relay, one dead meter, one protected room.

What central owns is made by its operations where there are any; what a gateway reports is written as ingest would have left it.
"""

from collections.abc import Iterable

from django.db import transaction

from central import clock
from central.campus.import_plan import plan_import
from central.campus.models import Account, Binding, Building, CustomerClass
from central.campus.operations import Imported, carry_out
from central.domain.known_settings import Place
from central.ledger.chart_of_accounts import customer, energy_revenue, subsidy
from central.ledger.operations import Draft, book
from central.link.models import (
    AccountDecision,
    Alarm,
    BilledRegister,
    Gateway,
    GatewayEntry,
    QuarantinedRow,
    RelayState,
    WatermarkCheck,
)
from central.link.operations import enrol_gateway
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import DecisionEvent, HourlyUse, LastReading, RelayEvent
from central.office.models import User
from central.office.setting_changes import Change, set_at_console
from tests.browser.own_site import PASSWORD as PASSWORD

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
CLASSES = (
    "class,name,group,unit,warn_at,minimum\ndormitory,学生宿舍,dormitory,yuan,10;5,10\nshop,商户,merchant,kwh,20,50\n",
)
PRICES = ("class,price,from\ndormitory,0.5583,2025-09-01\nshop,0.9214,2025-09-01\n",)
SIGNERS = {"director": User.Role.DIRECTOR, "vice": User.Role.VP_NETWORK, "finance": User.Role.FINANCE}
NAMES = (
    *("王小明", "李丽", "张伟", "刘洋", "陈静", "杨帆", "赵磊", "黄蓉", "周杰", "吴倩"),
    *("徐涛", "孙悦", "马超", "朱琳", "胡军", "郭敏", "何欣", "高峰", "林涵", "罗兰"),
)
BY_HOUR_WH = (
    *(30, 25, 22, 20, 20, 24, 60, 110, 90, 70, 75, 140),
    *(160, 90, 70, 75, 90, 150, 260, 320, 340, 300, 190, 80),
)
"""What a room uses in each hour of a day."""
UNSETTLED_WH = 1_000
"""What most rooms used since their last settlement."""
WELDED, SILENT, PROTECTED, CUT, LOW = "1-103", "1-104", "1-105", "1-101", "1-102"


def people() -> None:
    """Make one cashier, one administrator, and those who sign (R-4.2.1)."""
    User.objects.create_user("cashier", password=PASSWORD, role=User.Role.CASHIER)
    User.objects.create_user("manager", password=PASSWORD, role=User.Role.ADMIN)
    for name, role in SIGNERS.items():
        User.objects.create_user(name, password=PASSWORD, role=role)


def campus(buildings: int = 3, rooms: int = 12) -> None:
    """Import buildings with floors of six rooms, shops on the ground floor of the last one; then a gateway's reports."""
    with transaction.atomic(), transaction.atomic(using=TELEMETRY):
        _campus(buildings, rooms)


def _campus(buildings: int, rooms: int) -> None:
    now_ms = clock.now_ms()
    # Tests pay on any day of the year: September's minimum has tests of its own.
    set_at_console(
        Change("sale.seasonal-minimum", Place.CAMPUS, "", [], 0), why="tests", now_ms=now_ms - 200 * DAY_MS
    )
    import_lists(CLASSES + PRICES, now_ms - 90 * DAY_MS)
    import_lists((_rooms_list(buildings, rooms),), now_ms - 60 * DAY_MS)
    for building in Building.objects.order_by("code"):
        gateway = _gateway(building, now_ms)
        points = building.rooms.select_related("point__customer_class").order_by("floor", "label")
        for index, room in enumerate(points):
            account = room.point.accounts.get()
            left = _left(account.point.code, room.point.customer_class, index)
            _book_balance(account, room.point.customer_class, left, now_ms)
            meter = account.bindings.get().meter.meter_no
            _report(gateway, account, meter, room.point.customer_class, left, index, now_ms)
    _gateway_troubles(now_ms)


def import_lists(lists: Iterable[str], at_ms: int) -> None:
    """Carry out campus lists."""
    for text in lists:
        done = carry_out(plan_import(text.encode()), actor="seed", now_ms=at_ms)
        assert isinstance(done, Imported), done


def _rooms_list(buildings: int, rooms: int) -> str:
    lines = ["楼栋,楼栋名称,楼层,房间,类别,表号,保电,学号,住户"]
    for number in range(1, buildings + 1):
        for index in range(rooms):
            floor, label = index // 6 + 1, f"{index // 6 + 1}{index % 6 + 1:02d}"
            is_shop = number == buildings > 1 and floor == 1
            people_here = range(1 if is_shop else 2)
            names = ";".join(NAMES[(index * 2 + n + number * 3) % len(NAMES)] for n in people_here)
            numbers = ";".join(f"S{number}{index:03d}{n}" for n in people_here)
            protected = "yes" if f"{number}-{label}" == PROTECTED else "no"
            kind = "shop" if is_shop else "dormitory"
            lines.append(
                f"{number},{number}号楼,{floor},{label},{kind},2024{number}{index:04d},{protected},{numbers},{names}"
            )
    return "\n".join(lines) + "\n"


def _gateway(building: Building, now_ms: int) -> Gateway:
    key = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
    gateway = enrol_gateway(
        f"gw-{building.code}", building.code, key, actor="seed", now_ms=now_ms - 40 * DAY_MS
    )
    assert isinstance(gateway, Gateway), gateway
    gateway.online = building.code != "3"
    gateway.last_seen_ms = now_ms - (9 * 60_000 if building.code == "3" else 1_200)
    gateway.software, gateway.epoch = "0.1.0", "e7c1"
    gateway.counters = {"frames-sent": 41_230, "frames-bad-checksum": 3, "rows-acked": 18_400}
    gateway.counters_ms = now_ms
    numbers = building.meters.order_by("meter_no").values_list("meter_no", flat=True)
    gateway.meters_seen = [[no, "rs485-1", "dlt645-2007-relay", no.zfill(12)] for no in numbers]
    gateway.save()
    return gateway


def _left(code: str, customer_class: CustomerClass, index: int) -> int:
    if code == CUT:
        return -1_240_000
    if code == LOW:
        return 3_870_000
    return (23_000_000 + index * 7_310_000) if customer_class.unit == "yuan" else 48_500 + index * 9_120


def _book_balance(account: Account, customer_class: CustomerClass, left: int, now_ms: int) -> None:
    unit = customer_class.unit
    mine, other = customer(account.code, "paid", unit), subsidy(unit)
    if left < 0:
        mine, other = energy_revenue(customer_class.code, unit), mine
    with transaction.atomic():
        book(
            [Draft(f"seed:{account.code}", other, mine, abs(left), "opening", now_ms - 30 * DAY_MS)],
            now_ms,
        )


def _report(
    gateway: Gateway,
    account: Account,
    meter: str,
    customer_class: CustomerClass,
    left: int,
    index: int,
    now_ms: int,
) -> None:
    code = account.code.removesuffix(".1")
    is_on = code != CUT
    power_w = 0 if not is_on else 85 + index * 37 % 900
    heard_ms = now_ms - (47 * 60_000 if code == SILENT else 2_000 + index * 700)
    register_wh = 412_340 + index * 13_370
    BilledRegister.objects.create(
        meter=meter,
        gateway=gateway,
        account=account.code,
        register_wh=register_wh - (0 if code in (CUT, LOW) else UNSETTLED_WH),
        entry=f"{gateway.pk}.e7c1.{index * 10}",
        at_ms=now_ms - HOUR_MS,
    )
    LastReading.objects.create(
        meter=meter,
        gateway=gateway.pk,
        wall_ms=heard_ms,
        register_wh=register_wh,
        power_w=640 if code == WELDED else power_w,
        current_ma=2_910 if code == WELDED else power_w * 1000 // 220,
        relay_closed=is_on and code != WELDED,
        outcome="advanced",
    )
    verdict, why = "confirmed", "credit-left" if is_on else "credit-spent"
    if code == WELDED:
        verdict, why = "contradicted", "no-effect"
    elif code == PROTECTED:
        verdict, why = "confirmed", "protected"
    seen = {
        "desired_closed": is_on and code != WELDED,
        "commanded_closed": is_on and code != WELDED,
        "observed_closed": is_on and code != WELDED,
        "verdict": verdict,
        "why": why,
        "current_ma": 2_910 if code == WELDED else 0,
    }
    RelayState.objects.create(
        meter=meter,
        gateway=gateway,
        account=account.code,
        at_ms=now_ms - 3 * HOUR_MS,
        received_ms=now_ms,
        **seen,
    )
    RelayEvent.objects.create(meter=meter, at_ms=now_ms - 3 * HOUR_MS, **seen)
    decision, reason = ("open", "credit-spent") if code in (CUT, WELDED) else ("close", "credit-left")
    if code == LOW:
        decision, reason = "warn", "credit-low"
    for table in (AccountDecision, DecisionEvent):
        extra = {"gateway": gateway} if table is AccountDecision else {}
        table.objects.create(
            account=account.code,
            decision=decision,
            reason=reason,
            balance=left,
            at_ms=now_ms - 3 * HOUR_MS,
            **extra,
        )
    _history(gateway, account, meter, customer_class, left, index, now_ms)


def _history(
    gateway: Gateway,
    account: Account,
    meter: str,
    customer_class: CustomerClass,
    left: int,
    index: int,
    now_ms: int,
) -> None:
    this_hour_ms = now_ms - now_ms % HOUR_MS
    hours = range(24 * 8) if index < 6 else range(24)
    HourlyUse.objects.bulk_create(
        HourlyUse(meter=meter, hour_ms=this_hour_ms - HOUR_MS * back, energy_wh=_used_wh(back, index))
        for back in hours
        if not (index == 2 and 5 < back < 9)
    )
    register, balance = 412_340, left
    for back in range(5):
        used = _used_wh(back, index)
        cost = used * 558 if customer_class.unit == "yuan" else used
        GatewayEntry.objects.create(
            entry=f"{gateway.pk}.e7c1.{index * 10 + back}",
            gateway=gateway,
            epoch="e7c1",
            seq=index * 100 + 50 - back,
            account=account.code,
            meter=meter,
            kind="consumption",
            cause="hour",
            at_ms=this_hour_ms - HOUR_MS * back,
            at_trusted=True,
            boot="b1",
            monotonic_ms=1,
            energy_wh=used,
            register_from_wh=register - used,
            register_to_wh=register,
            carried_nano_yuan=0,
            lines=[["paid", customer_class.unit, -cost, balance]],
            booked=True,
            received_ms=now_ms,
        )
        register, balance = register - used, balance + cost


def _used_wh(hours_back: int, index: int) -> int:
    hour = clock.local(clock.now_ms() - hours_back * HOUR_MS).hour
    return BY_HOUR_WH[hour] + (index * 17 + hours_back * 13) % 60


def _gateway_troubles(now_ms: int) -> None:
    last = RelayEvent.objects.filter(verdict="contradicted").latest("pk")
    last.pk = None  # said again: the overview shows first what has the longest words
    last.save()
    gateway = Gateway.objects.get(pk="gw-1")
    for code, what, detail in (
        (WELDED, "relay-contradicted", "status open, 2.91 A"),
        (SILENT, "meter-silent", "no answer"),
    ):
        meter = Binding.objects.get(account__point__code=code).meter.meter_no
        Alarm.objects.create(
            gateway=gateway,
            code=f"{what}:{meter}",
            what=what,
            subject=meter,
            detail=detail,
            raised_ms=now_ms - 40 * 60_000,
        )
    Alarm.objects.create(
        gateway=gateway,
        code="clock-untrusted:gw-1",
        what="clock-untrusted",
        subject="gw-1",
        raised_ms=now_ms - 5 * HOUR_MS,
        cleared_ms=now_ms - 4 * HOUR_MS,
    )
    QuarantinedRow.objects.create(
        gateway=gateway,
        epoch="e7c1",
        seq=77,
        fact='{"kind":"weather"}',
        reason="unknown kind",
        received_ms=now_ms - HOUR_MS,
    )
    WatermarkCheck.objects.create(
        gateway=gateway,
        epoch="e7c1",
        seq=1200,
        last_command=14,
        at_ms=now_ms,
        checked_ms=now_ms - 60_000,
        accounts=12,
    )
