"""What the campus, the books and the meters say of every room, for comparing a list with: a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from central.campus.models import Account, Binding, Bucket, Occupancy, Room
from central.clock import campus_day
from central.desk.go_live.models import OpeningBalance, OpeningBatch
from central.domain.opening_rows import plain
from central.ledger.models import LedgerAccount
from central.link.models import Gateway
from central.link.telemetry.models import LastReading

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class CampusRoom:
    """A room as the campus has it; `account` is empty where no account lives."""

    label: str
    building_id: int
    building: str
    account_id: int | None
    account: str
    is_open: bool
    pays_from: str
    billing: str
    class_name: str
    unit: str
    buckets: dict[str, str]
    """Units by bucket."""


@dataclass(frozen=True, slots=True)
class Known:
    """The rooms by every name a list may use, and what is known of their accounts."""

    by_name: dict[str, CampusRoom]
    rooms: list[CampusRoom]
    meters: dict[int, tuple[str, ...]]
    occupied: set[int]
    readings: dict[str, tuple[int, int]]
    """Register and instant by meter."""
    with_gateway: set[int]

    def room_of(self, building: str, room: str) -> CampusRoom | None:
        """Find a room by building and label, by its building's name, or by its whole label alone."""
        names = [f"{building}\n{room}", room] if building else [room]
        return next((found for name in names if (found := self.by_name.get(name.casefold()))), None)


def known_rooms(now_ms: int) -> Known:
    """Read the campus with its meters, occupants, newest readings and gateways."""
    accounts = {a.point_id: a for a in _live_accounts()}
    buckets: dict[int, dict[str, str]] = {}
    for class_id, name, unit in Bucket.objects.values_list("customer_class", "name", "unit"):
        buckets.setdefault(class_id, {})[name] = unit
    by_name, rooms = {}, []
    for room in Room.objects.select_related("building", "point__customer_class").filter(point__isnull=False):
        known = _campus_room(room, accounts.get(room.point.pk), buckets)
        rooms.append(known)
        for building in (room.building.code, room.building.name):
            by_name[f"{plain(building)}\n{plain(room.label)}".casefold()] = known
        by_name[plain(known.label).casefold()] = known
    day = campus_day(now_ms)
    lasting = Occupancy.objects.filter(Q(until_day=None) | Q(until_day__gte=day), from_day__lte=day)
    readings = LastReading.objects.values_list("meter", "register_wh", "wall_ms")
    return Known(
        by_name,
        rooms,
        _meters(),
        set(lasting.values_list("account", flat=True)),
        {meter: (register, at_ms) for meter, register, at_ms in readings},
        set(Gateway.objects.values_list("building", flat=True)),
    )


def _live_accounts() -> Iterable[Account]:
    return Account.objects.exclude(state=Account.State.CLOSED).select_related("pays_from")


def _campus_room(room: Room, account: Account | None, buckets: dict[int, dict[str, str]]) -> CampusRoom:
    customer_class = room.point.customer_class
    return CampusRoom(
        label=room.full_label,
        building_id=room.building_id,
        building=room.building.code,
        account_id=account.pk if account else None,
        account=account.code if account else "",
        is_open=account is not None and account.state == Account.State.OPEN,
        pays_from=account.pays_from.code if account and account.pays_from else "",
        billing=room.point.billing,
        class_name=customer_class.name,
        unit=customer_class.unit,
        buckets=buckets.get(customer_class.pk, {}),
    )


def _meters() -> dict[int, tuple[str, ...]]:
    """Give the meters tied to each account now: the newest tie of a meter ends the one before."""
    newest: dict[str, int] = {}
    ties = Binding.objects.order_by("from_ms").values_list("meter__meter_no", "account")
    for meter, account in ties:
        newest[meter] = account
    found: dict[int, tuple[str, ...]] = {}
    for meter, account in newest.items():
        found[account] = (*found.get(account, ()), meter)
    return found


def opened(account_ids: Iterable[int] | None = None) -> dict[tuple[int, str], tuple[int, bool]]:
    """Give what was carried out so far, by account and bucket: the opening balance, and whether the room is live.

    A room that was taken back stands at zero and may be opened again.
    """
    rows = OpeningBalance.objects.filter(batch__done__isnull=False)
    if account_ids is not None:
        rows = rows.filter(account__in=list(account_ids))
    in_order = rows.order_by("batch__done", "number")
    return {
        (account, bucket): (after, kind != OpeningBatch.Kind.BACK)
        for account, bucket, after, kind in in_order.values_list("account", "bucket", "after", "batch__kind")
    }


def booked_already(codes: Iterable[str]) -> dict[str, int]:
    """Give what the books hold for customers' ledger accounts, where it is not nothing."""
    wanted, found = list(codes), {}
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        rows = LedgerAccount.objects.filter(code__in=wanted[start : start + ROWS_AT_ONCE])
        found |= {row.code: row.balance for row in rows if row.balance}
    return found
