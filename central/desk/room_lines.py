"""A room as screens show it, read for many rooms at once: who, how much is left, whether it is supplied and why.

Plain data out; a fixed number of queries, however many rooms. What a gateway has not yet reported is None here, never a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from central.campus.models import Account, Binding, MeteringPoint, Occupancy
from central.clock import campus_day
from central.desk.supply import Circumstances, Supply, supply_of, worst
from central.ledger.chart_of_accounts import customer
from central.ledger.queries import balances
from central.link.models import Alarm, RelayState
from central.link.telemetry.models import LastReading

METER_SILENT, ACCOUNT_QUARANTINED = "meter-silent", "account-quarantined"


@dataclass(frozen=True)
class Amount:
    """What is left in one unit: micro-yuan for `yuan`, watt-hours for `kwh`."""

    amount: int
    unit: str


@dataclass(frozen=True)
class RoomLine:
    """One room with its live account."""

    room_id: int
    label: str
    """With the building: `1-301`."""
    building: str
    floor: int
    account: str
    """The live account's code; empty when nobody occupies the room."""
    class_name: str
    unit: str
    occupants: tuple[str, ...]
    amounts: tuple[Amount, ...]
    """The class's unit first."""
    is_low: bool
    supply: Supply
    meters: tuple[str, ...]
    """Several where one balance feeds them all."""
    power_w: int | None
    register_wh: int | None
    """None with several meters: registers are not added."""
    last_seen_ms: int | None
    """Of the meter heard longest ago."""

    @property
    def meter(self) -> str:
        """The first meter, or empty."""
        return self.meters[0] if self.meters else ""

    @property
    def balance(self) -> int:
        """What is left in the class's own unit, for sorting."""
        return self.amounts[0].amount if self.amounts else 0


def room_lines(points: Iterable[MeteringPoint], now_ms: int) -> list[RoomLine]:
    """Read the lines of these metering points (with room, building and class selected), in their order."""
    points = list(points)
    accounts = _live_accounts(points)
    codes = [account.code for account in accounts.values()]
    meters = _meters_now(codes)
    every_meter = [meter for several in meters.values() for meter in several]
    relays = RelayState.objects.in_bulk(every_meter)
    readings = LastReading.objects.in_bulk(every_meter)
    amounts = _amounts(accounts.values(), points)
    occupants = _occupants(codes, now_ms)
    silent, quarantined = _open_alarms(METER_SILENT), _open_alarms(ACCOUNT_QUARANTINED)
    lines = []
    for point in points:
        code = accounts[point.pk].code if point.pk in accounts else ""
        here = meters.get(code, ())
        heard = [readings[meter] for meter in here if meter in readings]
        powers = [reading.power_w for reading in heard if reading.power_w is not None]
        left = amounts.get(code, ())
        lines.append(
            RoomLine(
                room_id=point.room_id,
                label=point.room.full_label,
                building=point.room.building.name,
                floor=point.room.floor,
                account=code,
                class_name=point.customer_class.name,
                unit=point.customer_class.unit,
                occupants=occupants.get(code, ()),
                amounts=left,
                is_low=bool(left) and left[0].amount <= max(point.customer_class.warn_at, default=0),
                supply=_supply(point, here, relays, readings, silent, code in quarantined),
                meters=here,
                power_w=sum(powers) if powers else None,
                register_wh=heard[0].register_wh if len(heard) == 1 else None,
                last_seen_ms=min((reading.wall_ms for reading in heard), default=None),
            )
        )
    return lines


def _supply(
    point: MeteringPoint,
    meters: tuple[str, ...],
    relays: dict[str, RelayState],
    readings: dict[str, LastReading],
    silent: dict[str, int],
    quarantined: bool,
) -> Supply:
    """Judge a room; of several meters behind one balance the worst speaks."""
    judged = []
    for meter in meters or ("",):
        reading = readings.get(meter)
        raised_ms = silent.get(meter)
        silent_since_ms = (reading.wall_ms if reading else raised_ms) if raised_ms else None
        here = Circumstances(bool(meter), point.cut_off, point.protected, silent_since_ms, quarantined)
        judged.append(supply_of(relays.get(meter), here))
    return worst(judged)


def _live_accounts(points: list[MeteringPoint]) -> dict[int, Account]:
    live = Account.objects.filter(point__in=points).exclude(state=Account.State.CLOSED)
    return {account.point_id: account for account in live}


def _meters_now(accounts: list[str]) -> dict[str, tuple[str, ...]]:
    """Give each account's meters. A meter's newest tie counts: one that has moved on is no longer here."""
    ever_here = Binding.objects.filter(account__code__in=accounts).values("meter_id")
    ties = Binding.objects.filter(meter__in=ever_here).order_by("from_ms")
    account_of = dict(ties.values_list("meter__meter_no", "account__code"))
    meters: dict[str, tuple[str, ...]] = {}
    for meter, account in account_of.items():
        meters[account] = (*meters.get(account, ()), meter)
    return meters


def _amounts(accounts: Iterable[Account], points: list[MeteringPoint]) -> dict[str, tuple[Amount, ...]]:
    """Sum each account's buckets by unit."""
    class_of = {point.pk: point.customer_class for point in points}
    sums: dict[str, dict[str, int]] = {}
    owner: dict[str, str] = {}
    sides = []
    for account in accounts:
        customer_class = class_of[account.point_id]
        sums[account.code] = {customer_class.unit: 0}
        for bucket in customer_class.buckets.all():
            side = customer(account.code, bucket.name, bucket.unit)
            sides.append(side)
            owner[side.code] = account.code
    units = {side.code: side.unit for side in sides}
    for code, amount in balances(sides).items():
        by_unit = sums[owner[code]]
        by_unit[units[code]] = by_unit.get(units[code], 0) + amount
    return {
        code: tuple(Amount(left, unit) for unit, left in by_unit.items()) for code, by_unit in sums.items()
    }


def _occupants(accounts: list[str], now_ms: int) -> dict[str, tuple[str, ...]]:
    today = campus_day(now_ms)
    named: dict[str, tuple[str, ...]] = {}
    rows = Occupancy.objects.filter(account__code__in=accounts, from_day__lte=today).exclude(
        until_day__lt=today
    )
    for code, name in rows.order_by("customer__number").values_list("account__code", "customer__name"):
        named[code] = (*named.get(code, ()), name)
    return named


def _open_alarms(what: str) -> dict[str, int]:
    """Give the subjects of the open alarms of a kind, with when each was raised."""
    return dict(Alarm.objects.filter(what=what, cleared_ms=None).values_list("subject", "raised_ms"))
