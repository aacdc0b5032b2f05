"""A work order as pages and papers see it: each room's stand, each lock, what its start lacks (R-4.3.4). Reads, changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from central.campus.models import Building
from central.domain.delivery import RelayWord
from central.domain.work_agreement import Decision, RoomAsked, RoomStand, Rule, Says, decide
from central.domain.work_lock import (
    BACK,
    STANDING,
    Asked,
    Locking,
    PointFacts,
    Return,
    locking_of,
    return_of,
)
from central.domain.work_order import LOCKED, Lack, OrderAct, OrderState, start_lacks
from central.link.control_queries import locked_out
from central.link.models import Command, Gateway, LockOut, MeterSwap, RelayState
from central.office.dated_settings import Where, number_at
from central.workshop.work_orders.affected import Household, households, meters_off
from central.workshop.work_orders.models import WorkAnswer, WorkLock, WorkOrder, WorkRoom


@dataclass(frozen=True, slots=True)
class Point:
    """One meter's lock-out; `meter` is the one that hangs there now: what replaced another took its lock over."""

    lock: WorkLock
    meter: str
    locking: Locking
    returns: Return
    relay: RelayState | None
    explained: str = ""
    told: tuple[LockOut, ...] = ()
    """The lock-outs that stand as the gateway told them: who, why, since when."""

    @property
    def is_back(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.returns in BACK

    @property
    def holds_order_open(self) -> bool:
        """A lock that stands always does; what else is not back, until somebody says why."""
        return self.returns in STANDING or not (self.is_back or self.explained)


@dataclass(frozen=True, slots=True)
class RoomOfWork:
    """One room of an order."""

    row: WorkRoom
    household: Household
    answers: tuple[WorkAnswer, ...]
    """To the present window, the oldest first."""
    stand: RoomStand | None
    """None: left out by hand."""
    points: tuple[Point, ...] = ()

    @property
    def says(self) -> WorkAnswer | None:
        """The answer that counts."""
        return self.answers[-1] if self.answers else None


@dataclass(frozen=True, slots=True)
class OrderNow:
    """A whole order as of now."""

    order: WorkOrder
    rooms: tuple[RoomOfWork, ...]
    left_out: tuple[RoomOfWork, ...]
    rule: Rule
    decision: Decision
    lacks: list[Lack]
    gateway: Gateway | None

    @property
    def points(self) -> list[Point]:
        """Every meter that was to be locked."""
        return [point for room in self.rooms for point in room.points]

    @property
    def holding(self) -> list[Point]:
        """The meters that keep the order open."""
        return [point for point in self.points if point.holds_order_open]

    @property
    def people(self) -> int:
        """How many lose their power."""
        return sum(room.household.people for room in self.rooms)


def read_order(order: WorkOrder, now_ms: int) -> OrderNow:
    """Read an order with all its rooms; a fixed number of queries."""
    rows = list(order.rooms.select_related("room__building"))
    homes = dict(zip((r.pk for r in rows), households([r.room for r in rows], now_ms), strict=True))
    answers = answers_of(order)
    rule, decision = judged(order, rows, homes, answers, now_ms)
    stands = {one.room: one for one in decision.rooms}
    points = points_of(order, now_ms)
    rooms = [
        RoomOfWork(
            row,
            homes[row.pk],
            tuple(answers.get(row.room_id, ())),
            stands.get(row.room.label),
            tuple(points.get(row.room_id, ())),
        )
        for row in rows
    ]
    return OrderNow(
        order,
        tuple(one for one in rooms if one.stand is not None),
        tuple(one for one in rooms if one.stand is None),
        rule,
        decision,
        _lacks(order, decision, now_ms),
        Gateway.objects.filter(building=order.building_id).first(),
    )


def lacks_of(order: WorkOrder, now_ms: int) -> list[Lack]:
    """Give what the start of an order lacks now."""
    rows = list(order.rooms.select_related("room__building"))
    homes = dict(zip((r.pk for r in rows), households([r.room for r in rows], now_ms), strict=True))
    return _lacks(order, judged(order, rows, homes, answers_of(order), now_ms)[1], now_ms)


def judged(
    order: WorkOrder,
    rows: Iterable[WorkRoom],
    homes: dict[int, Household],
    answers: dict[int, list[WorkAnswer]],
    now_ms: int,
) -> tuple[Rule, Decision]:
    """Judge an order by the rule in force when its rooms were told."""
    rule = rule_of(order, now_ms)
    asked = [
        RoomAsked(
            row.room.label,
            bool(homes[row.pk].account),
            homes[row.pk].is_protected,
            row.told_ms,
            Says(answers[row.room_id][-1].says) if answers.get(row.room_id) else None,
        )
        for row in rows
        if row.origin != WorkRoom.Origin.LEFT_OUT
    ]
    is_overridden = order.override is not None
    return rule, decide(asked, rule, from_ms=order.from_ms, now_ms=now_ms, is_overridden=is_overridden)


def rule_of(order: WorkOrder, now_ms: int) -> Rule:
    """Give the rule for refusal and silence that holds for an order."""
    at_ms, where = order.told_ms or now_ms, Where(building=order.building.code)
    return Rule(
        number_at("work.notice-hours", at_ms, where),
        number_at("work.silence-hours", at_ms, where),
        number_at("work.refusals-percent", at_ms, where),
    )


def answers_of(order: WorkOrder) -> dict[int, list[WorkAnswer]]:
    """Give each room's answers to the present window, the oldest first."""
    found: dict[int, list[WorkAnswer]] = {}
    for one in order.answers.filter(asking=order.asking).select_related("by"):
        found.setdefault(one.room_id, []).append(one)
    return found


def points_of(order: WorkOrder, now_ms: int) -> dict[int, list[Point]]:
    """Give each room's locks as they stand, by the meters that hang there now."""
    locks = list(order.locks.select_related("lock", "release", "room"))
    now_there = meters_now(order, locks)
    relays = RelayState.objects.in_bulk([meter for meter in now_there.values() if meter])
    told: dict[str, list[LockOut]] = {}
    for one in locked_out().filter(meter__in=now_there.values()):
        told.setdefault(one.meter, []).append(one)
    elsewhere = needed_elsewhere(order)
    steps = order.steps.filter(act=OrderAct.EXPLAINED.value)
    explained = {step.facts.get("lock"): step.text for step in steps}
    found: dict[int, list[Point]] = {}
    for lock in locks:
        meter = now_there[lock.pk]
        relay, standing = relays.get(meter), tuple(told.get(meter, ()))
        is_needed = lock.handed_to_id is not None or meter in elsewhere
        owners = tuple(one.owner for one in standing)
        facts = _facts(lock, relay, owners, now_ms, is_needed_elsewhere=is_needed)
        said = explained.get(lock.pk, "")
        point = Point(lock, meter, locking_of(facts), return_of(facts), relay, said, standing)
        found.setdefault(lock.room_id, []).append(point)
    return found


def needed_elsewhere(order: WorkOrder) -> dict[str, WorkOrder]:
    """Give the meters that other orders, which go on, keep locked out: the gateway knows one lock-out of central's, not whose."""
    going_on = WorkOrder.objects.filter(
        building=order.building_id, state__in=[one.value for one in LOCKED]
    ).exclude(pk=order.pk)
    found: dict[str, WorkOrder] = {}
    for other in going_on:
        locks = other.locks.exclude(lock=None)
        found |= dict.fromkeys(meters_now(other, locks).values(), other)
    return found


def meters_at_work(building: Building, now_ms: int) -> set[str]:
    """Give a building's meters that are off for work or coming back: an isolated circuit silences them, which is no fault."""
    states = [one.value for one in (*LOCKED, OrderState.ENDED)]
    found = set[str]()
    for order in WorkOrder.objects.filter(building=building, state__in=states):
        found.update(meter for meter in meters_now(order, order.locks.all()).values() if meter)
        if order.state in LOCKED:
            found |= meters_off(building, order.scope, order.place, now_ms)
    return found


def meters_now(order: WorkOrder, locks: Iterable[WorkLock]) -> dict[int, str]:
    """Give the meter that hangs in each lock's place: swaps since the start are followed (R-4.3.5)."""
    since_ms = order.started_ms or 0
    swaps = MeterSwap.objects.filter(gateway__building=order.building_id, received_ms__gte=since_ms)
    follows = dict(swaps.order_by("received_ms").values_list("old_meter", "new_meter"))
    return {lock.pk: _last(lock.meter, follows) for lock in locks}


def _last(meter: str, follows: dict[str, str]) -> str:
    seen = {meter}
    while (following := follows.get(meter)) is not None and following not in seen:
        meter = following
        seen.add(meter)
    return meter


def _facts(
    lock: WorkLock, relay: RelayState | None, told: tuple[str, ...], now_ms: int, *, is_needed_elsewhere: bool
) -> PointFacts:
    word = relay and RelayWord(
        relay.observed_closed, relay.desired_closed, relay.verdict, relay.why, relay.at_ms
    )
    return PointFacts(
        bool(lock.meter),
        _asked(lock.lock, now_ms),
        _asked(lock.release, now_ms),
        word,
        lock.was_off,
        is_needed_elsewhere,
        told,
    )


def _asked(command: Command | None, now_ms: int) -> Asked:
    if command is None:
        return Asked()
    is_over = command.expires_ms is not None and command.expires_ms <= now_ms
    return Asked(is_made=True, outcome=command.outcome, is_over=is_over)


def _lacks(order: WorkOrder, decision: Decision, now_ms: int) -> list[Lack]:
    return start_lacks(
        decision,
        from_ms=order.from_ms,
        until_ms=order.until_ms,
        has_person=order.person_id is not None,
        is_danger=order.is_danger,
        now_ms=now_ms,
    )
