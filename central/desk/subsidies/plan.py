"""Work a subsidy out: which rooms of the class, how many heads on a day, how much each; which are left out, and why.

Nothing is written. The same campus and the same choice give the same rows, and so the same digest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256

from django.db.models import Count, Q

from central.campus.models import Account, Bucket, MeteringPoint, Occupancy
from central.desk.room_names import folded, points_by_name
from central.link.models import Gateway


class WhyLeftOut(StrEnum):
    """Why a room of the choice gets nothing."""

    OTHER_CLASS = "other-class"
    NO_ACCOUNT = "no-account"
    NOT_OPEN = "account-not-open"
    NOT_PREPAID = "not-prepaid"
    NOBODY = "nobody"
    """Nobody occupies it on that day."""
    NO_GATEWAY = "no-gateway"
    """What can't be asked back is not given by a batch that can be undone."""
    PAYER_WITHOUT = "payer-without-bucket"
    """The room that pays for it keeps no such credit (C-4)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose. Without buildings it is the whole campus; with rooms, only these of it, as they were typed."""

    bucket: Bucket
    per_head: int
    heads_on: date
    expires_ms: int = 0
    buildings: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedSubsidy:
    """One room's part. `account` is the one that is credited, `payer` its code where another room pays."""

    room: str
    building_id: int
    building: str
    account_id: int
    heads: int
    amount: int
    payer: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A room that gets nothing."""

    room: str
    why: WhyLeftOut


@dataclass(slots=True)
class SubsidyPlan:
    """What a choice comes to."""

    choice: Choice
    rows: list[PlannedSubsidy] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Names of the list that are no room: they must be corrected first."""

    @property
    def heads(self) -> int:
        return sum(row.heads for row in self.rows)

    @property
    def amount(self) -> int:
        return sum(row.amount for row in self.rows)

    @property
    def can_be_asked(self) -> bool:
        return bool(self.rows) and not self.unknown

    @property
    def digest(self) -> str:
        """Give the hash that stands for the plan."""
        chosen = self.choice
        head = (chosen.bucket.customer_class_id, chosen.bucket.name, chosen.bucket.unit, chosen.per_head)
        rows = ((r.room, r.account_id, r.heads, r.amount) for r in self.rows)
        return digest_of((*head, chosen.heads_on.isoformat(), chosen.expires_ms), rows)


def digest_of(head: Iterable[object], rows: Iterable[tuple[object, ...]]) -> str:
    """Hash the terms of a batch and its rows in their order."""
    said = "\n".join("\t".join(map(str, row)) for row in ((*head,), *rows))
    return sha256(said.encode()).hexdigest()


def plan_subsidy(choice: Choice) -> SubsidyPlan:
    """Work a choice out, in a fixed number of queries."""
    plan, bucket = SubsidyPlan(choice), choice.bucket
    points = _points(choice, plan)
    accounts = _live_accounts(points)
    heads = heads_by_account([account.pk for account in accounts.values()], choice.heads_on)
    able = set(
        Bucket.objects.filter(name=bucket.name, unit=bucket.unit, refundable=False).values_list(
            "customer_class", flat=True
        )
    )
    gateways = set(Gateway.objects.values_list("building", flat=True))
    for point in points:
        planned = _planned(point, accounts.get(point.pk), heads, choice, able, gateways)
        if isinstance(planned, PlannedSubsidy):
            plan.rows.append(planned)
        else:
            plan.left_out.append(LeftOut(point.room.full_label, planned))
    return plan


def heads_by_account(account_ids: list[int], day: date) -> dict[int, int]:
    """Count who occupies each account on a day."""
    lasting = Occupancy.objects.filter(Q(until_day=None) | Q(until_day__gte=day), from_day__lte=day)
    counted = lasting.order_by().values_list("account").annotate(Count("customer", distinct=True))
    wanted = set(account_ids)
    return {account: count for account, count in counted if account in wanted}


def _points(choice: Choice, plan: SubsidyPlan) -> list[MeteringPoint]:
    """Give the points of the choice in the order of their rooms; what no room is called goes to the plan's `unknown`."""
    points = MeteringPoint.objects.select_related("room__building").order_by(
        "room__building__code", "room__floor", "room__label"
    )
    if choice.buildings:
        points = points.filter(room__building__code__in=choice.buildings)
    if not choice.rooms:
        return list(points.filter(customer_class=choice.bucket.customer_class_id))
    by_name = points_by_name(points)
    wanted: dict[int, MeteringPoint] = {}
    for typed in choice.rooms:
        point = by_name.get(folded(typed))
        if point is None:
            plan.unknown.append(typed.replace("\n", " "))
        else:
            wanted[point.pk] = point
    return [point for point in points if point.pk in wanted]


def _live_accounts(points: list[MeteringPoint]) -> dict[int, Account]:
    live = Account.objects.exclude(state=Account.State.CLOSED).select_related(
        "pays_from__point__room", "pays_from__point__customer_class"
    )
    wanted = {point.pk for point in points}
    return {account.point_id: account for account in live if account.point_id in wanted}


def _planned(
    point: MeteringPoint,
    account: Account | None,
    heads: dict[int, int],
    choice: Choice,
    able: set[int],
    gateways: set[int],
) -> PlannedSubsidy | WhyLeftOut:
    if point.customer_class_id != choice.bucket.customer_class_id:
        return WhyLeftOut.OTHER_CLASS
    if account is None:
        return WhyLeftOut.NO_ACCOUNT
    payer = account.pays_from or account
    if not account.state == payer.state == Account.State.OPEN:
        return WhyLeftOut.NOT_OPEN
    if point.billing != "prepaid":
        return WhyLeftOut.NOT_PREPAID
    if account.pays_from and account.pays_from.point.customer_class_id not in able:
        return WhyLeftOut.PAYER_WITHOUT
    if point.room.building_id not in gateways:
        return WhyLeftOut.NO_GATEWAY
    count = heads.get(account.pk)
    return _row(point, account, count, choice.per_head) if count else WhyLeftOut.NOBODY


def _row(point: MeteringPoint, account: Account, heads: int, per_head: int) -> PlannedSubsidy:
    payer = account.pays_from
    return PlannedSubsidy(
        room=point.room.full_label,
        building_id=point.room.building_id,
        building=point.room.building.code,
        account_id=payer.pk if payer else account.pk,
        heads=heads,
        amount=heads * per_head,
        payer=payer.point.code if payer else "",
    )
