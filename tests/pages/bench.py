"""How long the live pages take on a large campus: `python -m tests.pages.bench [--rooms 20000] [--building 500] [--rounds 100]`.

Prints p50, p99 and worst of the server's own time, the processor's share of it, and the weight, of each page. Nothing is
asserted: the figures are a machine's, and on a busy one only the processor's time says much.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

ROOM_PAGES = ("/rooms/{room}/", "/desk/rooms/{room}/")
PAGES = (
    "/",
    "/buildings/1/",
    "/buildings/1/?sort=-balance",
    "/buildings/1/?show=cut-off",
    *ROOM_PAGES,
    "/alarms/",
)
HOUR_MS = 3_600_000


def main() -> None:
    """Seed a campus in a folder that is thrown away, then ask for every page again and again."""
    parser = argparse.ArgumentParser(description="time the live pages")
    parser.add_argument("--rooms", type=int, default=20_000)
    parser.add_argument("--building", type=int, default=500, help="rooms in one building")
    parser.add_argument("--rounds", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _set_up(Path(folder))
        began = time.perf_counter()
        room = _seed(asked.rooms, asked.building)
        print(
            f"{asked.rooms} rooms in buildings of {asked.building}, seeded in {time.perf_counter() - began:.0f} s"
        )
        _measure(room, asked.rounds)


def _set_up(folder: Path) -> None:
    os.environ["CARDROOM_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "central.config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    for database in ("default", "telemetry"):
        call_command("migrate", database=database, verbosity=0)


def _measure(room: int, rounds: int) -> None:
    from django.test import Client

    from central.office.models import User

    client = Client()
    client.force_login(User.objects.create_user("bench"), backend="django.contrib.auth.backends.ModelBackend")
    print(f"{'page':34}{'p50 ms':>9}{'p99 ms':>9}{'worst':>9}{'cpu p50':>9}{'kB':>8}")
    for page in PAGES:
        path, took_ms, cpu_ms = page.format(room=room), [], []
        for _ in range(rounds):
            began, cpu_began = time.perf_counter(), time.process_time()
            answer = client.get(path)
            cpu_ms.append((time.process_time() - cpu_began) * 1000)
            took_ms.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, path
        took_ms.sort()
        p50, p99 = (took_ms[min(rounds - 1, rounds * share // 100)] for share in (50, 99))
        print(
            f"{path:34}{p50:9.1f}{p99:9.1f}{took_ms[-1]:9.1f}{sorted(cpu_ms)[rounds // 2]:9.1f}{len(answer.content) / 1000:8.1f}"
        )


def _seed(rooms: int, per_building: int) -> int:
    """Write a campus straight into the tables; give a room's id. The books are not chained: they are only read here."""
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


def _report(building, accounts, meters, now_ms: int) -> None:
    from central.ledger.chart_of_accounts import customer
    from central.ledger.models import LedgerAccount
    from central.link.models import AccountDecision, Alarm, BilledRegister, Gateway, RelayState
    from central.link.telemetry.models import HourlyUse, LastReading, RelayEvent

    gateway = Gateway.objects.create(
        id=f"gw-{building.code}",
        building=building,
        public_key="",
        enrolled_ms=now_ms,
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


if __name__ == "__main__":
    main()
