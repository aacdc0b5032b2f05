"""Work orders as the office sees them: one whose rooms are asked, one being worked on with a silent meter, one that has ended."""

from django.db import transaction

from central import clock
from central.campus.models import Building, Room
from central.domain.work_agreement import Says
from central.link.models import Command, RelayState
from central.office import approvals
from central.office.models import Approval, User
from central.office.roles import Role
from central.workshop.work_orders.answering import Said, answer
from central.workshop.work_orders.models import Scope, WorkAnswer, WorkOrder
from central.workshop.work_orders.overriding import ask_override
from central.workshop.work_orders.planning import Plan, plan_order, tell
from central.workshop.work_orders.steps import Deed
from central.workshop.work_orders.working import MEASURES, end_work, isolated, start
from tests.browser.own_site import PASSWORD

HOUR_MS = 3_600_000
ASKED, GOING_ON, ENDED = 1, 2, 3


def work_orders() -> None:
    """Make all three, in building 2, whose gateway is heard."""
    with transaction.atomic():
        if not User.objects.filter(username="technician").exists():
            User.objects.create_user("technician", password=PASSWORD, role=Role.TECHNICIAN)
        now_ms = clock.now_ms()
        _asked(now_ms)
        _locked(_danger("102", now_ms), now_ms, silent=True)
        ended = _danger("103", now_ms)
        _locked(ended, now_ms, silent=False)
        deed = Deed("seed-ended", "更换了电表端子，紧固接线。")
        end_work(ended.pk, deed, is_solved=True, is_clear=True, actor=_technician(), now_ms=now_ms)


def _technician() -> User:
    return User.objects.get(username="technician")


def _plan(scope: Scope, place: str, task: str, from_ms: int, until_ms: int, now_ms: int) -> WorkOrder:
    plan = Plan(
        Building.objects.get(code="2"),
        scope,
        place,
        task,
        "端子发热，需停电处理",
        from_ms,
        until_ms,
        "fault:1",
        _technician(),
    )
    order = plan_order(plan, f"seed-{place}", actor=_technician(), now_ms=now_ms)
    assert isinstance(order, WorkOrder), order
    return order


def _asked(now_ms: int) -> None:
    from_ms = now_ms + 40 * HOUR_MS
    order = _plan(Scope.FLOOR, "2", "更换二楼分线箱", from_ms, from_ms + 2 * HOUR_MS, now_ms)
    tell(order.pk, Deed("seed-told"), actor=_technician(), now_ms=now_ms)
    for label, says, why in (("201", Says.AGREES, ""), ("202", Says.REFUSES, "周五上午考试，下午可以")):
        room = Room.objects.get(building__code="2", label=label)
        said = Said(room.pk, says, why, "王同学", WorkAnswer.Way.WARDEN)
        done = answer(order.pk, said, f"seed-{label}", actor=_technician(), now_ms=now_ms)
        assert isinstance(done, WorkAnswer), done


def _danger(label: str, now_ms: int) -> WorkOrder:
    """Plan one that can't wait, and let the director decide."""
    order = _plan(Scope.ROOM, label, f"处理 {label} 电表端子", now_ms - HOUR_MS, now_ms + HOUR_MS, now_ms)
    asked = ask_override(
        order, is_danger=True, why="端子烧焦冒烟", key=f"seed-{label}", actor=_technician(), now_ms=now_ms
    )
    assert isinstance(asked, Approval), asked
    director = User.objects.get(username="director")
    approvals.sign(asked.number, approve=True, reason="同意", actor=director, now_ms=now_ms)
    return order


def _locked(order: WorkOrder, now_ms: int, *, silent: bool) -> None:
    """Start, let the gateway answer, and isolate."""
    start(order.pk, Deed(f"seed-start-{order.pk}"), actor=_technician(), now_ms=now_ms)
    meter = order.locks.get().meter
    Command.objects.filter(kind="set-relay", subject=meter).update(state="answered", outcome="applied")
    word = ("unknown", "silent", None) if silent else ("confirmed", "locked out by central", False)
    RelayState.objects.filter(pk=meter).update(
        verdict=word[0], why=word[1], observed_closed=word[2], desired_closed=False, at_ms=now_ms
    )
    deed = Deed(f"seed-isolated-{order.pk}", "二楼总开关已锁，接地线挂于 2P 柜")
    isolated(order.pk, frozenset(MEASURES), deed, actor=_technician(), now_ms=now_ms)
