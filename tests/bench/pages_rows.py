"""A campus of many rooms for benches of pages, straight into the tables: people, meters, states, readings, alarms, sales of weeks.

The books are not chained: they are only read here. What is on a page is what a campus of that size has on a bad day.
"""

import os
from collections.abc import Iterable
from pathlib import Path

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEKS = 4
"""Each room pays once a week."""
ENTRIES_EACH = 6
ON_THE_WAY = 120
"""Payments that are credited and not supplied yet."""
AT_ONCE = 2_000


def set_up(folder: Path) -> None:
    os.environ["CARDROOM_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "central.config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    for database in ("default", "telemetry"):
        call_command("migrate", database=database, verbosity=0)


def seed_rooms(rooms: int, per_building: int) -> int:
    """Write a campus straight into the tables; give a room's id."""
    from django.db import transaction

    from central import clock
    from central.campus.models import Building, CustomerClass
    from tests.browser import seed

    now_ms = clock.now_ms()
    seed.import_lists(seed.CLASSES + seed.PRICES, now_ms - 90 * seed.DAY_MS)
    customer_class = CustomerClass.objects.get(code="dormitory")
    with transaction.atomic(), transaction.atomic(using="telemetry"):
        for number in range(1, rooms // per_building + 1):
            building = Building.objects.create(code=str(number), name=f"{number}号楼")
            _fill(building, customer_class, per_building, now_ms)
    return Building.objects.get(code="1").rooms.all()[7].pk


def _fill(building, customer_class, rooms: int, now_ms: int) -> None:
    from central.campus.models import Account, Binding, Customer, Meter, MeteringPoint, Occupancy, Room
    from central.clock import campus_day

    numbers = range(rooms)
    labels = [f"{n // 50 + 1}{n % 50 + 1:02d}" for n in numbers]
    here = Room.objects.bulk_create(
        Room(building=building, floor=n // 50 + 1, label=labels[n]) for n in numbers
    )
    points = MeteringPoint.objects.bulk_create(
        MeteringPoint(code=f"{building.code}-{room.label}", room=room, customer_class=customer_class)
        for room in here
    )
    accounts = Account.objects.bulk_create(
        Account(code=f"{point.code}.1", point=point, opened_ms=now_ms - 60 * 24 * HOUR_MS) for point in points
    )
    people = Customer.objects.bulk_create(
        Customer(number=f"{building.code}-{n}", name=f"住户{n}") for n in range(rooms * 2)
    )
    from_day = campus_day(now_ms - 60 * 24 * HOUR_MS)
    Occupancy.objects.bulk_create(
        Occupancy(account=accounts[n // 2], customer=person, from_day=from_day)
        for n, person in enumerate(people)
    )
    meters = Meter.objects.bulk_create(
        Meter(meter_no=f"2024{int(building.code):03d}{n:05d}", building=building) for n in numbers
    )
    Binding.objects.bulk_create(
        Binding(code=f"{account.code}/{meter}", meter=meter, account=account, from_ms=account.opened_ms)
        for account, meter in zip(accounts, meters, strict=True)
    )
    _report(building, accounts, meters, now_ms)


def _counters() -> dict[str, int]:
    """What a gateway of four lines tells of itself."""
    kinds = ("exchanges", "answers", "silences", "retries", "echoes", "damage:bad-checksum", "openings")
    lines = {f"line:line-{line}:{kind}": 10_000 + line for line in range(1, 5) for kind in kinds}
    return {
        **lines,
        "outbox:rows": 3,
        "outbox:oldest-s": 2,
        "store:free-bytes": 10**10,
        "link:publishes": 9_999,
    }


def _report(building, accounts, meters, now_ms: int) -> None:
    from central.ledger.chart_of_accounts import customer
    from central.ledger.models import LedgerAccount
    from central.link.models import AccountDecision, Alarm, BilledRegister, Gateway, RelayState
    from central.link.telemetry.models import HourlyUse, LastReading, RelayEvent

    gateway = Gateway.objects.create(
        id=f"gw-{building.code}",
        building=building,
        public_key="0" * 64,
        enrolled_ms=1,
        software="0.1.0",
        epoch="e1",
        counters=_counters(),
        counters_ms=now_ms,
        online=True,
        last_seen_ms=now_ms,
    )
    tied = [
        (n, account.code, meter.meter_no)
        for n, (account, meter) in enumerate(zip(accounts, meters, strict=True))
    ]
    sides = [customer(code, "paid", "yuan") for _n, code, _meter in tied]
    LedgerAccount.objects.bulk_create(
        LedgerAccount(code=side.code, unit=side.unit, kind=side.kind, credits=n * 370_000)
        for n, side in enumerate(sides)
    )
    states = {
        n: {
            "at_ms": now_ms,
            "desired_closed": n % 20 > 0,
            "observed_closed": n % 20 > 0,
            "verdict": "confirmed",
        }
        for n, _code, _meter in tied
    }
    RelayState.objects.bulk_create(
        RelayState(
            meter=meter, gateway=gateway, account=code, received_ms=now_ms, why="credit-left", **states[n]
        )
        for n, code, meter in tied
    )
    AccountDecision.objects.bulk_create(
        AccountDecision(
            account=code,
            gateway=gateway,
            decision="warn" if n % 9 else "close",
            reason="credit-low",
            balance=0,
            at_ms=now_ms,
        )
        for n, code, _meter in tied
    )
    BilledRegister.objects.bulk_create(
        BilledRegister(
            meter=meter,
            gateway=gateway,
            account=code,
            register_wh=1_000_000,
            entry=code,
            at_ms=now_ms - HOUR_MS,
        )
        for _n, code, meter in tied
    )
    Alarm.objects.bulk_create(
        Alarm(gateway=gateway, code=f"silent:{meter}", what="meter-silent", subject=meter, raised_ms=now_ms)
        for n, _code, meter in tied
        if n % 100 == 3
    )
    LastReading.objects.bulk_create(
        LastReading(
            meter=meter,
            gateway=gateway.pk,
            wall_ms=now_ms,
            register_wh=1_000_400,
            power_w=n,
            current_ma=n,
            outcome="advanced",
        )
        for n, _code, meter in tied
    )
    RelayEvent.objects.bulk_create(
        RelayEvent(meter=meter, why="credit-left", **states[n]) for n, _code, meter in tied
    )
    HourlyUse.objects.bulk_create(
        HourlyUse(meter=meter, hour_ms=now_ms // HOUR_MS * HOUR_MS - back * HOUR_MS, energy_wh=120)
        for _n, _code, meter in tied
        for back in range(48)
    )


def sell_and_use(now_ms: int) -> None:
    """Make weeks of shifts and payments with their receipts, and the newest entries of every account."""
    from central.campus.models import Account
    from central.desk.models import Payment, Receipt, ReceiptSeries
    from central.desk.shift_models import Shift, ShiftEnd
    from central.link.models import Delivery, GatewayEntry, Grant
    from central.office.models import User

    cashier = User.objects.get(username="cashier")
    accounts = list(Account.objects.select_related("point__room__building", "point__customer_class"))
    days = [now_ms - (WEEKS * 7 - n) * DAY_MS for n in range(WEEKS * 7)]
    shifts = [_shift(n, at_ms, cashier) for n, at_ms in enumerate(days, 1)]
    _store(Shift, shifts)
    _store(ShiftEnd, [_shift_end(shift, cashier) for shift in shifts])
    sales = [_sale(n, accounts[n % len(accounts)], shifts, cashier) for n in range(len(accounts) * WEEKS)]
    for place, model in enumerate((Grant, Payment, Receipt)):
        _store(model, [sale[place] for sale in sales])
    _store(Delivery, _deliveries([sale[0] for sale in sales], now_ms))
    for name, last in (("receipt", len(sales)), ("shift", len(shifts))):
        ReceiptSeries.objects.update_or_create(name=name, defaults={"last_number": last})
    entries = (
        _entry(account, n, back, now_ms) for n, account in enumerate(accounts) for back in range(ENTRIES_EACH)
    )
    _store(GatewayEntry, entries)


def _shift(number: int, at_ms: int, cashier):
    from central.clock import campus_day
    from central.desk.shift_models import Shift

    return Shift(
        number=number, drawer="main", cashier=cashier, day=campus_day(at_ms), opened_ms=at_ms, float_fen=0
    )


def _shift_end(shift, cashier):
    from central.desk.shift_models import ShiftEnd

    zero = {"paid_out_fen": 0, "left_fen": 0, "pieces": {}, "receipts": 0}
    ended = {"ended_ms": shift.opened_ms + 8 * HOUR_MS, "ended_by": cashier}
    return ShiftEnd(shift=shift, taken_fen=5_000, counted_fen=5_000, expected_fen=5_000, **ended, **zero)


def _sale(number: int, account, shifts, cashier):
    from central.desk.models import Payment, Receipt
    from central.link.models import Grant

    shift = shifts[number % len(shifts)]
    at_ms = shift.opened_ms + number % 20_000
    grant = Grant(
        grant_id=f"p-{number}", account=account, bucket="paid", unit="yuan", amount=50_000_000,
        source="payment", created_ms=at_ms,
    )  # fmt: skip
    payment = Payment(
        payment_id=f"pay-{number}", account=account, bucket="paid", amount_fen=5_000, cashier=cashier,
        at_ms=at_ms, grant=grant.grant_id, shift=shift, sale=f"pay-{number}",
    )  # fmt: skip
    receipt = Receipt(
        number=number + 1, payment=payment, room=account.point.room.full_label, occupants="住户",
        class_name=account.point.customer_class.name, cashier_name="cashier", amount_fen=5_000,
        credited=50_000_000, unit="yuan", balance_before=0, balance_after=50_000_000,
        micro_yuan_per_kwh=558_000, at_ms=at_ms, shift=shift,
    )  # fmt: skip
    return grant, payment, receipt


def _deliveries(grants, now_ms: int) -> Iterable[object]:
    from central.link.models import Delivery

    for n, grant in enumerate(grants):
        done_ms = None if n >= len(grants) - ON_THE_WAY else grant.created_ms + 900
        gateway = f"gw-{grant.account.point.room.building.code}"
        yield Delivery(grant=grant, gateway_id=gateway, serial=n + 1, applied_ms=done_ms, supplied_ms=done_ms)


def _entry(account, number: int, back: int, now_ms: int):
    from central.link.models import GatewayEntry

    gateway, at_ms = f"gw-{account.point.room.building.code}", now_ms - back * HOUR_MS
    used = 120 + number % 90
    return GatewayEntry(
        entry=f"{gateway}.e1.{number}-{back}", gateway_id=gateway, epoch="e1", seq=number * ENTRIES_EACH + back + 1,
        account=account.code, meter="", kind="consumption", cause="hour", at_ms=at_ms, at_trusted=True, boot="b",
        monotonic_ms=0, energy_wh=used, register_from_wh=0, register_to_wh=used, micro_yuan_per_kwh=558_000,
        carried_nano_yuan=0, lines=[["paid", "yuan", -used * 558, 0]], booked=True, received_ms=at_ms,
    )  # fmt: skip


def _store(model, rows: Iterable[object]) -> None:
    """Store rows in parts, so that memory stays small."""
    part: list[object] = []
    for row in rows:
        part.append(row)
        if len(part) == AT_ONCE:
            model.objects.bulk_create(part)
            part = []
    model.objects.bulk_create(part)
