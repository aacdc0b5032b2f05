"""Asks every page of desk and dashboard on a campus of its own again and again. Prints JSON.

    python -m tests.bench.pages_load BUILDINGS ROOMS_EACH ROUNDS     (DATABASE_URL and TELEMETRY_DATABASE_URL say where)

Each round asks for another room, building and word, so that what the first one warmed is not all that is measured. The server's
own work is asked for in this process: no network, no browser. What is taken is the time that the processor worked for it, in our
process and in the database's own for us, and the time waited.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

CASHIER, TECHNICIAN = "cashier", "technician"
PART = {"HTTP_HX_REQUEST": "true"}
PAGES: dict[str, tuple[tuple[str, ...], bool]] = {
    "/": ((CASHIER,), True),
    "/buildings/{b}/": ((CASHIER,), True),
    "/buildings/{b}/?sort=-balance": ((CASHIER,), False),
    "/buildings/{b}/?show=cut-off": ((CASHIER,), True),
    "/buildings/{b}/?q={label}": ((CASHIER,), False),
    "/rooms/{room}/": ((CASHIER,), True),
    "/rooms/{room}/?by=day": ((CASHIER,), False),
    "/alarms/": ((CASHIER,), True),
    "/accounts/": ((CASHIER,), False),
    "/accounts/?q={b}-{label}": ((CASHIER,), False),
    "/accounts/?page={n}": ((CASHIER,), False),
    "/gateways/": ((TECHNICIAN,), True),
    "/office/": ((CASHIER,), False),
    "/health/": ((TECHNICIAN,), True),
    "/metrics": ((TECHNICIAN,), False),
    "/desk/": ((CASHIER,), False),
    "/desk/?q={label}": ((CASHIER,), True),
    "/desk/?q={b}-{label}": ((CASHIER,), False),
    "/desk/?q={b}": ((CASHIER,), True),
    "/desk/?q=住户{n}": ((CASHIER,), True),
    "/desk/?q={meter}": ((CASHIER,), True),
    "/desk/?q=nobody{n}": ((CASHIER,), True),
    "/desk/rooms/{room}/": ((CASHIER,), False),
    "/desk/rooms/{room}/read-back/?payment=00000000-0000-4000-8000-{n:012d}&amount=50": ((CASHIER,), False),
    "/desk/receipts/{receipt}/": ((CASHIER,), False),
    "/desk/waiting/": ((CASHIER,), True),
    "/desk/waiting/?few=1": ((CASHIER,), True),
    "/desk/corrections/": ((CASHIER,), False),
    "/desk/shift/": ((CASHIER,), False),
    "/desk/shifts/": ((CASHIER,), False),
    "/desk/shifts/{shift}/": ((CASHIER,), False),
    "/desk/days/": ((CASHIER,), False),
    "/desk/days/table/": ((CASHIER,), False),
    "/desk/hand-ins/": ((CASHIER,), False),
    "/desk/books/": ((CASHIER,), False),
    "/desk/volumes/": ((CASHIER,), False),
    "/desk/debts/": ((CASHIER,), False),
    "/desk/departures/": ((CASHIER,), False),
    "/desk/subsidies/": ((CASHIER,), False),
    "/desk/merchants/": ((CASHIER,), False),
    "/desk/merchants/bills/": ((CASHIER,), False),
    "/desk/outage/": ((CASHIER,), False),
    "/desk/go-live/": ((CASHIER,), False),
    "/desk/roster/": ((CASHIER,), False),
}
"""Address -> who asks, and whether a part of it is asked for as well, as the page refreshes itself."""


def main() -> None:
    """Set up, seed, ask; print what was found."""
    buildings, rooms_each, rounds = map(int, sys.argv[1:4])
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as folder:
        os.environ["CARDROOM_SECOND_FACTOR"] = "0"
        os.environ.pop("CARDROOM_BENCH_CLOCK", None)
        from tests.bench import pages_rows

        pages_rows.set_up(Path(folder))
        from central.config import data_folder

        data_folder.make_keys()
        began_s = time.perf_counter()
        _seed(buildings, rooms_each)
        seeded_s = time.perf_counter() - began_s
        print(json.dumps({"seeded_s": seeded_s, "pages": _measure(buildings, rooms_each, rounds)}))


def _seed(buildings: int, rooms_each: int) -> None:
    from django.db import connections, transaction

    from central import clock
    from central.link.pulse import beats
    from central.office.models import User
    from tests.bench import pages_rows
    from tests.open_shifts import on_shift

    pages_rows.seed_rooms(buildings * rooms_each, rooms_each)
    for name in (CASHIER, TECHNICIAN):
        User.objects.create_user(name, role=name)
    now_ms = clock.now_ms()
    with transaction.atomic():
        pages_rows.sell_and_use(now_ms)
    on_shift(User.objects.get(username=CASHIER), now_ms)
    for kind in (beats.INGEST, beats.NOTICES, beats.WEB):
        beats.beat(kind, kind, clock.real_now_ms())
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")


def _measure(buildings: int, rooms_each: int, rounds: int) -> dict[str, dict[str, float]]:
    from django.conf import settings
    from django.test import Client

    from central.campus.models import Room
    from central.config.lasting import keep_lasting
    from central.office.models import User

    settings.ROOT_URLCONF = "tests.bench.bare_page"
    clients = {}
    for name in (CASHIER, TECHNICIAN):
        clients[name] = Client()
        clients[name].force_login(
            User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend"
        )
    rooms = list(Room.objects.order_by("pk").values_list("pk", "building__code", "label"))
    fillings = [_filling(n, rooms[n * 7919 % len(rooms)], rooms_each) for n in range(rounds)]
    asked = [("/bare/", CASHIER, False)]
    for path, (who, has_part) in PAGES.items():
        asked += [(path, who[0], False), *([(path, who[0], True)] if has_part else [])]
    for path, who, as_part in asked:
        clients[who].get(path.format(**fillings[0]), **(PART if as_part else {}))
    keep_lasting()  # as the web server does after some hundred requests
    return {
        f"{path}{' (part)' if as_part else ''}": _ask(clients[who], path, fillings, as_part=as_part)
        for path, who, as_part in asked
    }


def _filling(n: int, room: tuple[int, str, str], rooms_each: int) -> dict[str, object]:
    pk, building, label = room
    meter = f"2024{int(building):03d}{n % rooms_each:05d}"
    return {
        "b": building,
        "room": pk,
        "label": label,
        "meter": meter,
        "n": n,
        "receipt": 1 + n * 31,
        "shift": 1 + n % 28,
    }


def _ask(client: object, path: str, fillings: list[dict[str, object]], *, as_part: bool) -> dict[str, float]:
    took_ms, worked_ms, largest = [], [], 0
    headers = PART if as_part else {}
    client.get(path.format(**fillings[-1]), **headers)
    backends = _backends()
    for filling in fillings:
        began_s, worked_s = time.perf_counter(), _worked_s(backends)
        answer = client.get(path.format(**filling), **headers)
        worked_ms.append((_worked_s(backends) - worked_s) * 1000)
        took_ms.append((time.perf_counter() - began_s) * 1000)
        if answer.status_code not in (200, 302):
            raise SystemExit(
                f"{path.format(**filling)} answered {answer.status_code}: {answer.content[:900].decode(errors='replace')}"
            )
        largest = max(largest, len(answer.content))
    return {
        "p50_ms": quantile(worked_ms, 0.5),
        "p99_ms": quantile(worked_ms, 0.99),
        "waited_p50_ms": quantile(took_ms, 0.5),
        "waited_p99_ms": quantile(took_ms, 0.99),
        "kb": largest / 1000,
    }


def _backends() -> list[Path]:
    """Give where the kernel says how long the database's own processes for us have worked; none on SQLite."""
    from django.db import connections

    found = []
    for alias in connections:
        if connections[alias].vendor == "postgresql":
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                found.append(Path(f"/proc/{cursor.fetchone()[0]}/schedstat"))
    return found


def _worked_s(backends: list[Path]) -> float:
    """Give the processor's time of this process and of the database's processes for us."""
    return time.process_time() + sum(int(path.read_text().split()[0]) for path in backends) / 1e9


def quantile(values: list[float], share: float) -> float:
    """Give the smallest value that the share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    main()
