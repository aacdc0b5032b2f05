"""A work order on the running campus: two rooms locked out and read back, then released and read back (R-4.3.4).

Run in central's environment: `python -m tests.journey.work_leg begin`; it prints what it saw as JSON. `begin` ends when both rooms
are locked out, `paid ACCOUNT` when the gateway has booked the room's newest credit, `end` when the order is closed.
"""

import json
import sys
import time
from collections.abc import Callable
from uuid import uuid4

PATIENCE_S = 60


def wait_for(true: Callable[[], object], what: str) -> None:
    """Look again until it is so."""
    until_s = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > until_s:
            raise SystemExit(f"never: {what}")
        time.sleep(0.1)


def begin() -> list[str]:
    """Plan it, let the director decide that it can't wait, start it; give how the locks stand."""
    from central import clock
    from central.campus.models import Building
    from central.office import approvals
    from central.office.models import User
    from central.office.roles import Role
    from central.workshop.work_orders.models import Scope
    from central.workshop.work_orders.overriding import ask_override
    from central.workshop.work_orders.planning import Plan, plan_order
    from central.workshop.work_orders.steps import Deed
    from central.workshop.work_orders.working import MEASURES, isolated, start

    now_ms, wu = clock.now_ms(), User.objects.create_user("wu", role=Role.ELECTRICIAN)
    building = Building.objects.get(code="1")
    plan = Plan(building, Scope.ROOMS, "101, 102", "t", "w", now_ms, now_ms + 3_600_000, person=wu)
    order = plan_order(plan, uuid4().hex, actor=wu, now_ms=now_ms)
    asked = ask_override(order, is_danger=True, why="w", key="k", actor=wu, now_ms=now_ms)
    director = User.objects.get(role=Role.DIRECTOR)
    approvals.sign(asked.number, approve=True, reason="", actor=director, now_ms=now_ms)
    start(order.pk, Deed("s"), actor=wu, now_ms=clock.now_ms())
    wait_for(lambda: set(_seen("locking")) <= {"locked", "was-off"}, "locked out")
    isolated(order.pk, frozenset(MEASURES), Deed("i"), actor=wu, now_ms=clock.now_ms())
    return _seen("locking")


def paid(account: str) -> list[str]:
    """Wait until the gateway has booked the newest payment; give why it is not supplied."""
    from central.desk.models import Payment
    from central.desk.queries import delivery_state

    payment = Payment.objects.filter(account__code=account).latest("at_ms")
    wait_for(lambda: delivery_state(payment).applied_ms, "credited")
    wait_for(lambda: delivery_state(payment).why_not == "locked-out", "locked out in words")
    return [str(delivery_state(payment).why_not)]


def end() -> list[str]:
    """End it, wait for every supply, close it; give how they came back."""
    from central import clock
    from central.office.models import User
    from central.workshop.work_orders.models import WorkOrder
    from central.workshop.work_orders.steps import Deed
    from central.workshop.work_orders.working import close, end_work

    order, wu = WorkOrder.objects.get(), User.objects.get(username="wu")
    done = {"is_solved": True, "is_clear": True, "actor": wu}
    end_work(order.pk, Deed("e", "t"), now_ms=clock.now_ms(), **done)
    wait_for(lambda: _seen("returns") == ["closed", "closed"], "on again")
    found = _seen("returns")
    return [*found, close(order.pk, Deed("c"), actor=wu, now_ms=clock.now_ms()).state]


def _seen(what: str) -> list[str]:
    from central import clock
    from central.workshop.work_orders.models import WorkOrder
    from central.workshop.work_orders.reading import read_order

    points = read_order(WorkOrder.objects.get(), clock.now_ms()).points
    return [getattr(point, what).value for point in points]


if __name__ == "__main__":
    import django

    django.setup()
    act, *arguments = sys.argv[1:]
    print(json.dumps({"begin": begin, "paid": paid, "end": end}[act](*arguments)))
