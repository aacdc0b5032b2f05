"""Two desks that sell without end: `python -m tests.cluster.desks SECONDS_BETWEEN`, in a central's environment.

Real: central's own payment with receipt, ledger, chain, grant and signed command. A payment that fails, because the database went
away under it, is tried again by the same id, as the web page does: it may have been booked before. Prints each payment that was
told to be paid; ends when its standard input does.
"""

import json
import sys
import threading
import time

import django

DESKS = 2
FEN = 1_000
AGAIN_S = 0.2


def main() -> None:
    """Sell at all desks until standard input ends."""
    django.setup()
    from central.campus.models import Account
    from central.desk.shifts import open_shift_of
    from central.office.models import User
    from tests.open_shifts import on_shift

    pause_s, stopping = float(sys.argv[1]), threading.Event()
    accounts = list(Account.objects.order_by("code").values_list("code", flat=True))
    cashiers = [User.objects.get(username=f"cashier-{number}") for number in range(DESKS)]
    for number, cashier in enumerate(cashiers):
        if open_shift_of(cashier) is None:
            on_shift(cashier, _now_ms(), f"desk {number}")
    desks = [
        threading.Thread(target=_desk, args=(number, cashier, accounts, pause_s, stopping))
        for number, cashier in enumerate(cashiers)
    ]
    for desk in desks:
        desk.start()
    sys.stdin.read()
    stopping.set()
    for desk in desks:
        desk.join()


def _now_ms() -> int:
    from central import clock

    return clock.now_ms()


def _desk(
    number: int, cashier: object, accounts: list[str], pause_s: float, stopping: threading.Event
) -> None:
    from django.db import connections

    turn = 0
    while not stopping.is_set():
        began_s = time.monotonic()
        payment = f"d{number}-{turn}"
        tries = _paid(payment, accounts[(number * 7 + turn * DESKS) % len(accounts)], cashier)
        said = {"paid": payment, "at": time.monotonic(), "began": began_s, "tries": tries}
        print(json.dumps(said), flush=True)
        turn += 1
        time.sleep(pause_s)
    connections.close_all()


def _paid(payment: str, account: str, cashier: object) -> int:
    """Pay, however often the database goes away meanwhile; give how many tries it took."""
    from django.db import close_old_connections
    from django.db.utils import InterfaceError, OperationalError

    from central.desk.operations import Paid, pay

    tries = 0
    while True:
        tries += 1
        try:
            paid = pay(payment, account, FEN, cashier, now_ms=_now_ms())
        except (OperationalError, InterfaceError):
            close_old_connections()
            time.sleep(AGAIN_S)
            continue
        assert isinstance(paid, Paid), paid
        return tries


if __name__ == "__main__":
    main()
