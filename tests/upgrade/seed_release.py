"""Fill a new central with a little of everything that money and telemetry are made of, in its own release's code.

Run inside a release's tree by `keep_release.py`: only what has been there since the first release is used. Prints nothing.
"""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402

from central import clock  # noqa: E402
from central.config import data_folder  # noqa: E402

NOW_MS = 1_795_000_000_000
LIST = """building,building_name,floor,room,class,meter,protected,occupants,price
1,North,3,301,dormitory,m-301,no,Wang;Li,0.558
1,North,3,302,dormitory,m-302,no,Zhang,0.558
2,South,1,101,dormitory,m-101,no,Zhao,0.558
"""


def seed() -> None:
    """Set up, import a campus, sell, have a gateway read, bill, switch and decide."""
    data_folder.make_keys()
    for alias in connections:
        call_command("migrate", database=alias, verbosity=0, interactive=False, skip_checks=True)
    clock.now_ms = lambda: NOW_MS
    from central.campus.import_plan import plan_import
    from central.campus.operations import carry_out, make_default_classes

    make_default_classes()
    carry_out(plan_import(LIST.encode()), actor="seed", now_ms=NOW_MS - 86_400_000)
    _sell()
    _receive()
    connections.close_all()


def _sell() -> None:
    from central.desk.operations import pay
    from central.office.models import User

    boss = User.objects.create_user("boss", password="!", role="admin")
    cashier = User.objects.create_user("anna", password="!", first_name="Anna")
    assert boss.pk != cashier.pk
    try:
        from tests.open_shifts import on_shift
    except ImportError:
        pass
    else:
        on_shift(cashier, NOW_MS)
    for number, (account, fen) in enumerate((("1-301.1", 5_000), ("1-302.1", 3_000), ("1-301.1", 1_234))):
        with transaction.atomic():
            paid = pay(f"p-{number}", account, fen, cashier, now_ms=NOW_MS + number)
        assert type(paid).__name__ == "Paid", paid


def _receive() -> None:
    from central.ingest.take_message import MessageTaker
    from central.link.operations import enrol_gateway
    from gateway.contract.facts import ReadingOutcome
    from tests.central.gateway_twin import GatewayTwin

    twin = GatewayTwin(now_ms=NOW_MS)
    enrol_gateway(twin.name, "1", twin.public_key, actor="seed", now_ms=NOW_MS - 1000)
    taker = MessageTaker(on_bench=False)
    taker.take(twin.topic("birth"), twin.birth(), NOW_MS)
    for hour in range(30):
        twin.now_ms = NOW_MS + hour * 86_400_000
        outcome = ReadingOutcome.ADVANCED if hour else ReadingOutcome.FIRST
        facts = [twin.consumption("1-301.1", 100, 100 * (hour + 1)), twin.reading(100 * (hour + 1), outcome)]
        assert taker.take(twin.topic("up"), twin.batch(*facts), twin.now_ms) is not None
    taker.write_counts(NOW_MS)


if __name__ == "__main__":
    sys.exit(seed())
