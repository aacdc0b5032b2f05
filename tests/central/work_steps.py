"""Steps that tests of work orders take: people, a planned order, its lock-outs answered and read back."""

import msgspec

from central.campus.models import Building, MeteringPoint, Room
from central.domain.work_agreement import Says
from central.link.models import Command
from central.office import approvals
from central.office.models import User
from central.office.roles import Role
from central.workshop.work_orders.answering import Said, answer
from central.workshop.work_orders.models import Scope, WorkAnswer, WorkOrder
from central.workshop.work_orders.overriding import ask_override
from central.workshop.work_orders.planning import Plan, plan_order, tell
from central.workshop.work_orders.reading import read_order
from central.workshop.work_orders.steps import Deed
from central.workshop.work_orders.working import MEASURES, end_work, isolated, start
from gateway.contract.facts import RelayVerdict
from tests.central.conftest import NOW_MS
from tests.central.steps import answered, up

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FROM_MS, UNTIL_MS = NOW_MS + 48 * HOUR_MS, NOW_MS + 50 * HOUR_MS
ALL = frozenset(MEASURES)


def people():
    """Give an electrician, a warden, the director and a cashier by name."""
    who = {"wu": Role.ELECTRICIAN, "wei": Role.WARDEN, "dir": Role.DIRECTOR, "kai": Role.CASHIER}
    return {name: User.objects.create_user(name, role=role) for name, role in who.items()}


def north():
    return Building.objects.get(code="1")


def planned(actor, scope=Scope.FLOOR, place="3", key="k1", **more):
    said = {
        "task": "更换三楼分线箱",
        "why": "接触不良",
        "from_ms": FROM_MS,
        "until_ms": UNTIL_MS,
        "person": actor,
    }
    order = plan_order(Plan(north(), scope, place, **(said | more)), key, actor=actor, now_ms=NOW_MS)
    assert isinstance(order, WorkOrder), order
    return order


def told(order, actor, now_ms=NOW_MS, step="t1"):
    done = tell(order.pk, Deed(step), actor=actor, now_ms=now_ms)
    assert isinstance(done, WorkOrder), done
    return done


def room(label="301"):
    return Room.objects.get(building__code="1", label=label)


def says(order, label, what=Says.AGREES, why="", actor=None, now_ms=NOW_MS, answer_id=None, **more):
    said = Said(room(label).pk, what, why, **more)
    name = answer_id or f"a-{label}-{what}-{now_ms}"
    return answer(order.pk, said, name, actor=actor, now_ms=now_ms)


def agreed(order, *labels):
    for label in labels:
        assert isinstance(says(order, label), WorkAnswer)


def started(order, actor, now_ms=FROM_MS, step="s1"):
    return start(order.pk, Deed(step), actor=actor, now_ms=now_ms)


def working(order, actor, now_ms=FROM_MS + 1):
    done = isolated(order.pk, ALL, Deed("i1"), actor=actor, now_ms=now_ms)
    assert isinstance(done, WorkOrder), done
    return done


def ended(order, actor, now_ms=FROM_MS + HOUR_MS, step="e1", **more):
    said = {"is_solved": True, "is_clear": True} | more
    return end_work(order.pk, Deed(step, "换了分线箱，接线已紧固"), actor=actor, now_ms=now_ms, **said)


def overridden(order, actor, signer, is_danger=False, now_ms=NOW_MS, key="o1"):
    asked = ask_override(order, is_danger=is_danger, why="有触电危险", key=key, actor=actor, now_ms=now_ms)
    return approvals.sign(asked.number, approve=True, reason="同意", actor=signer, now_ms=now_ms)


def wishes():
    """What was asked of relays, in order: wish, meter, reference."""
    found = [
        msgspec.json.decode(bytes(one.body))
        for one in Command.objects.filter(kind="set-relay").order_by("pk")
    ]
    return [(one["wish"], one["meter"], one.get("ref", "")) for one in found]


def gateway_does(taker, twin, meter, wish, *, closed, why, verdict="confirmed"):
    """The gateway answers the last such wish, and says what it read back."""
    orders = Command.objects.filter(kind="set-relay", subject=meter, outcome="").order_by("pk")
    for one in orders:
        assert msgspec.json.decode(bytes(one.body))["wish"] == wish
        answered(taker, twin, one)
    reads_back(taker, twin, meter, closed=closed, why=why, verdict=verdict)


def reads_back(taker, twin, meter, *, closed, why, verdict="confirmed"):
    twin.now_ms += 1000
    account = {"m-301": "1-301.1", "m-302": "1-302.1"}[meter]
    said = twin.relay(closed, RelayVerdict(verdict), account, why=why)
    up(taker, twin, msgspec.structs.replace(said, meter=meter))


def locks(order, now_ms=FROM_MS):
    """How each meter's lock-out stands, by room."""
    found = read_order(WorkOrder.objects.get(pk=order.pk), now_ms)
    return {one.row.room.label: [point.locking.value for point in one.points] for one in found.rooms}


def returns(order, now_ms=FROM_MS):
    found = read_order(WorkOrder.objects.get(pk=order.pk), now_ms)
    return {one.row.room.label: [point.returns.value for point in one.points] for one in found.rooms}


def stands(order, now_ms=FROM_MS):
    found = read_order(WorkOrder.objects.get(pk=order.pk), now_ms)
    return {one.row.room.label: one.stand.stand.value for one in found.rooms}


def protect(label):
    MeteringPoint.objects.filter(room=room(label)).update(protected=True)
