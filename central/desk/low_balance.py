"""Reads which rooms of a building are low on credit now, by the dated limits of each, and how old what is known of them is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from central.campus.models import Account, Building, MeteringPoint
from central.campus.queries import prices_at
from central.desk.lasting import days_left_of_rooms
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import points_with_class
from central.domain.known_settings import Place
from central.domain.low_balance import MINUTE_MS, Data, Limits, LowRoom, in_order, is_low, is_old
from central.link.models import Gateway
from central.office.dated_settings import Where, number_at
from central.office.models import DatedValue
from gateway.contract.quantities import MICRO_YUAN_PER_FEN
from gateway.contract.rules import Billing

LOW_YUAN, LOW_KWH = "balance.low-yuan", "balance.low-kwh"


@dataclass(frozen=True, slots=True)
class Found:
    """A building's low rooms, in the order in which they are told, and what the figures rest on."""

    rooms: list[LowRoom]
    data: Data


def low_rooms(building: Building, now_ms: int) -> Found:
    """Look at every prepaid room of a building that is open: those billed monthly or by card have no balance that runs out."""
    points = list(_points(building))
    lines = room_lines(points, now_ms)
    limits = limits_of(points, now_ms)
    is_silent, as_of_ms = links_of([building], now_ms)[building.pk]
    judged = [(point, line) for point, line in zip(points, lines, strict=True) if line.left.now]
    low = [(point, line) for point, line in judged if is_low(amounts_of(line), limits[point.pk])]
    listed = {line.room_id for _point, line in low}
    return Found(
        in_order(_rooms(low, limits, now_ms)),
        Data(
            at_ms=now_ms,
            as_of_ms=as_of_ms,
            is_silent=is_silent,
            rooms=len(judged),
            unheard=sum(
                is_old(line.last_seen_ms, as_of_ms or now_ms)
                for _point, line in judged
                if line.room_id not in listed and line.meters
            ),
        ),
    )


def amounts_of(line: RoomLine) -> tuple[tuple[int, str], ...]:
    """Give what a room has left as it is known now, the class's unit first."""
    return tuple((one.amount, one.unit) for one in line.left.now)


def limits_of(points: Iterable[MeteringPoint], now_ms: int) -> dict[int, Limits]:
    """Give each point's limits, by its number; settings are read once for each class and building, and for rooms of their own."""
    said = DatedValue.objects.filter(code__in=(LOW_YUAN, LOW_KWH), place=Place.ROOM)
    own = set(said.values_list("where", flat=True))
    read: dict[Where, Limits] = {}
    found = {}
    for point in points:
        label = point.room.full_label
        where = Where(point.customer_class.code, point.room.building.code, label if label in own else "")
        if where not in read:
            fen = number_at(LOW_YUAN, now_ms, where)
            read[where] = Limits(fen * MICRO_YUAN_PER_FEN, number_at(LOW_KWH, now_ms, where))
        found[point.pk] = read[where]
    return found


def links_of(buildings: Iterable[Building], now_ms: int) -> dict[int, tuple[bool, int | None]]:
    """Say whether each building's gateway is silent, and as of when its figures are: now, when it was heard last, or None."""
    heard_from_ms = now_ms - number_at("link.silent-after", now_ms) * MINUTE_MS
    found: dict[int, tuple[bool, int | None]] = {building.pk: (True, None) for building in buildings}
    for gateway in Gateway.objects.filter(building__in=found, last_seen_ms__isnull=False):
        is_heard = gateway.online and gateway.last_seen_ms >= heard_from_ms
        found[gateway.building_id] = (False, now_ms) if is_heard else (True, gateway.last_seen_ms)
    return found


def _points(building: Building) -> Iterable[MeteringPoint]:
    prepaid = points_with_class().filter(room__building=building, billing=Billing.PREPAID.value)
    return prepaid.filter(live__state=Account.State.OPEN)


def _rooms(
    low: Iterable[tuple[MeteringPoint, RoomLine]], limits: Mapping[int, Limits], now_ms: int
) -> Iterable[LowRoom]:
    low = list(low)
    prices = prices_at({point.customer_class.tariff_id for point, _line in low}, now_ms)
    asked = [(line, prices.get(point.customer_class.tariff_id)) for point, line in low]
    days = days_left_of_rooms(asked, now_ms)
    for point, line in low:
        amounts = amounts_of(line)
        yield LowRoom(
            label=point.room.label,
            floor=point.room.floor,
            amounts=amounts,
            limit=limits[point.pk].of(amounts[0][1]),
            days=days[line.room_id],
            is_protected=point.protected,
            is_shared=bool(line.shares_with),
            heard_ms=line.last_seen_ms,
        )
