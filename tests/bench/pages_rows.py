"""A campus of many rooms for benches of pages, straight into the tables: people, meters, states, readings, alarms, sales of weeks.

The books are not chained: they are only read here. What is on a page is what a campus of that size has on a bad day.
"""

import os
from pathlib import Path

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEKS = 4
"""Each room pays once a week."""
DESKS = 8
ENTRIES_EACH = 6
ON_THE_WAY = 120
"""Payments that are credited and not supplied yet."""
HOURS = 48
"""Of which each meter's use is known."""
NUMBERED = "(SELECT a.*, ROW_NUMBER() OVER (ORDER BY a.id) AS k FROM campus_account a)"


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
    from central.link.telemetry.models import LastReading, RelayEvent

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
        boot="b",
        birth_issued_ms=now_ms,
        meters_seen=[
            [meter.meter_no, f"line-{n // 100 + 1}", "dlt645", meter.meter_no[-12:]]
            for n, meter in enumerate(meters)
        ],
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


def sell_and_use(now_ms: int) -> None:
    """Make weeks of shifts and payments with their receipts, and the newest entries of every account.

    The database makes the rows by itself, in few statements, and the same on SQLite and PostgreSQL.
    """
    from central.campus.models import Account
    from central.desk.models import ReceiptSeries
    from central.desk.shift_models import Shift, ShiftEnd
    from central.office.models import User

    others = [User(username=f"cashier-{n}", role="cashier") for n in range(1, DESKS)]
    cashiers = [User.objects.get(username="cashier"), *User.objects.bulk_create(others)]
    accounts, first_ms = Account.objects.count(), now_ms - WEEKS * 7 * DAY_MS
    shifts = [
        _shift(n + 1, first_ms + n // DESKS * DAY_MS, cashiers[n % DESKS]) for n in range(WEEKS * 7 * DESKS)
    ]
    Shift.objects.bulk_create(shifts)
    ShiftEnd.objects.bulk_create([_shift_end(shift) for shift in shifts])
    for name, last in (("receipt", accounts * WEEKS), ("shift", len(shifts))):
        ReceiptSeries.objects.update_or_create(name=name, defaults={"last_number": last})
    _sell(accounts, len(shifts))
    _use(now_ms)


def _sell(accounts: int, shifts: int) -> None:
    number = f"(w.n * {accounts} + r.k)"
    at_ms = f"(s.opened_ms + {number} % 20000)"
    sales = (
        f"FROM w CROSS JOIN {NUMBERED} r JOIN campus_meteringpoint p ON p.id = r.point_id "
        "JOIN campus_room room ON room.id = p.room_id JOIN campus_building b ON b.id = room.building_id "
        "JOIN campus_customerclass c ON c.id = p.customer_class_id "
        f"JOIN desk_shift s ON s.number = {number} % {shifts} + 1"
    )
    done_ms = f"CASE WHEN {number} > {accounts * WEEKS - ON_THE_WAY} THEN NULL ELSE {at_ms} + 900 END"
    made = {
        "link_grant": f"""grant_id: 'p-' || {number}; account_id: r.id; bucket: 'paid'; unit: 'yuan'; amount: 50000000;
            expires_ms: 0; source: 'payment'; note: ''; created_ms: {at_ms}""",
        "desk_payment": f"""payment_id: 'pay-' || {number}; account_id: r.id; purpose: 'energy'; bucket: 'paid';
            amount_fen: 5000; method: 'cash'; method_reference: ''; sale: 'pay-' || {number}; cashier_id: s.cashier_id;
            at_ms: {at_ms}; "grant": 'p-' || {number}; shift_id: s.number""",
        "desk_receipt": f"""number: {number}; payment_id: 'pay-' || {number}; room: b.code || '-' || room.label;
            occupants: ''; class_name: c.name; cashier_name: 'cashier'; amount_fen: 5000; credited: 50000000;
            unit: 'yuan'; balance_before: 0; balance_after: 50000000; micro_yuan_per_kwh: 558000; at_ms: {at_ms};
            shift_id: s.number""",
        "link_delivery": f"""grant_id: 'p-' || {number}; gateway_id: 'gw-' || b.code; serial: {number};
            applied_ms: {done_ms}; supplied_ms: {done_ms}; applied_entry: ''; refused: ''""",
    }
    for table, columns in made.items():
        _insert("default", table, columns, _numbers("w", WEEKS), sales)


def _use(now_ms: int) -> None:
    from django.db import connections

    at_ms, used = f"({now_ms} - h.n * {HOUR_MS})", "(120 + r.k % 90)"
    lines = f"'[[\"paid\", \"yuan\", -' || ({used} * 558) || ', 0]]'"
    if connections["default"].vendor == "postgresql":
        lines = f"CAST({lines} AS jsonb)"
    entry = f"""entry: b.code || '.e1.' || r.k || '.' || h.n; gateway_id: 'gw-' || b.code; epoch: 'e1';
        seq: r.k * {ENTRIES_EACH} + h.n; account: r.code; meter: ''; kind: 'consumption'; cause: 'hour'; at_ms: {at_ms};
        at_trusted: true; boot: 'b'; monotonic_ms: 0; energy_wh: {used}; register_from_wh: 0; register_to_wh: {used};
        micro_yuan_per_kwh: 558000; price_version: ''; provisional: false; carried_nano_yuan: 0; source: ''; raw_frame: '';
        lines: {lines}; booked: true; received_ms: {at_ms}"""
    of_building = (
        f"FROM h CROSS JOIN {NUMBERED} r JOIN campus_meteringpoint p ON p.id = r.point_id "
        "JOIN campus_room room ON room.id = p.room_id JOIN campus_building b ON b.id = room.building_id"
    )
    _insert("default", "link_gatewayentry", entry, _numbers("h", ENTRIES_EACH), of_building)
    hour_ms = f"({now_ms // HOUR_MS} - h.n) * {HOUR_MS}"
    use = f"meter: m.meter; hour_ms: {hour_ms}; energy_wh: 120"
    _insert(
        "telemetry",
        "telemetry_hourlyuse",
        use,
        _numbers("h", HOURS),
        "FROM h CROSS JOIN telemetry_lastreading m",
    )


def _numbers(name: str, count: int) -> str:
    return f"WITH RECURSIVE {name}(n) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT n + 1 FROM {name} WHERE n < {count - 1}) "


def _insert(alias: str, table: str, columns: str, numbers: str, source: str) -> None:
    """Insert what a source gives; `columns` are `name: expression`, apart by semicolons."""
    from django.db import connections

    pairs = [part.strip().split(": ", 1) for part in columns.split(";")]
    names, values = ", ".join(name for name, _value in pairs), ", ".join(value for _name, value in pairs)
    with connections[alias].cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {numbers}SELECT {values} {source}")


def _shift(number: int, at_ms: int, cashier):
    from central.clock import campus_day
    from central.desk.shift_models import Shift

    return Shift(
        number=number,
        drawer=f"desk-{cashier.pk}",
        cashier=cashier,
        day=campus_day(at_ms),
        opened_ms=at_ms,
        float_fen=0,
    )


def _shift_end(shift):
    from central.desk.shift_models import ShiftEnd

    zero = {"paid_out_fen": 0, "left_fen": 0, "pieces": {}, "receipts": 0}
    ended = {"ended_ms": shift.opened_ms + 8 * HOUR_MS, "ended_by": shift.cashier}
    return ShiftEnd(shift=shift, taken_fen=5_000, counted_fen=5_000, expected_fen=5_000, **ended, **zero)
