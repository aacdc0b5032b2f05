"""Find a room the way people ask for one: its number, building and number, an occupant's name or card, a meter's number."""

import re

from django.db.models import F, FilteredRelation, Q, QuerySet

from central.campus.models import Account, Binding, Customer, MeteringPoint, Occupancy, Room
from central.clock import campus_day
from central.desk.merchants.cards import card_number

HITS_AT_MOST = 30
BY_ROOM = ("room__building__code", "room__floor", "room__label")
_BUILDING_AND_ROOM = re.compile(r"(?P<building>.+?)\s*(?:[-#/ ]|号楼|栋|幢)\s*(?P<label>\S+)")


def find_points(text: str, now_ms: int) -> list[MeteringPoint]:
    """Give the metering points that fit, exact room labels first, then by building and room; at most HITS_AT_MOST."""
    text = text.strip()
    if not text:
        return []
    if carded := list(points_with_class().filter(_payment_card(text)).distinct()[:HITS_AT_MOST]):
        return carded
    exact = list(points_with_class().filter(_exact(text))[:HITS_AT_MOST])
    return [*exact, *_others(text, exact, now_ms)]


def _others(text: str, exact: list[MeteringPoint], now_ms: int) -> QuerySet[MeteringPoint]:
    """Each way is asked apart, and the first few are chosen before anything is read of them: thousands may fit."""
    ways = (_room(text), _person(text, now_ms), _meter(text))
    found, *more = (MeteringPoint.objects.filter(way).order_by().values("pk") for way in ways)
    fitting = MeteringPoint.objects.filter(pk__in=found.union(*more)).exclude(
        pk__in=[one.pk for one in exact]
    )
    first = list(fitting.order_by(*BY_ROOM).values_list("pk", flat=True)[: HITS_AT_MOST - len(exact)])
    return points_with_class().filter(pk__in=first).order_by(*BY_ROOM)


def point_of_room(room_id: int) -> MeteringPoint | None:
    """Give one room's metering point, with all that `room_lines` needs."""
    return points_with_class().filter(room__pk=room_id).first()


def points_with_class() -> QuerySet[MeteringPoint]:
    """Select metering points with all that `room_lines` reads of them; one building and one class serve all their rooms."""
    live = FilteredRelation("accounts", condition=~Q(accounts__state=Account.State.CLOSED))
    points = MeteringPoint.objects.select_related("room").annotate(
        live=live, live_account=F("live__code"), live_id=F("live__pk")
    )
    return points.prefetch_related("room__building", "customer_class__tariff", "customer_class__buckets")


def _split(text: str) -> tuple[str, str] | None:
    match = _BUILDING_AND_ROOM.fullmatch(text)
    return (match["building"], match["label"]) if match else None


def _fits(field: str, how: str, text: str) -> Q:
    """Letters fit in either case. What has none, as numbers and Chinese names, is compared as it is, by an index where one is."""
    return Q(**{f"{field}__{how if text.upper() == text.lower() else 'i' + how}": text})


def _building(name: str) -> Q:
    return _fits("room__building__code", "exact", name) | _fits("room__building__name", "startswith", name)


def _exact(text: str) -> Q:
    parts = _split(text)
    same_label = _fits("room__label", "exact", text)
    return (
        same_label | (_building(parts[0]) & _fits("room__label", "exact", parts[1])) if parts else same_label
    )


def _room(text: str) -> Q:
    parts = _split(text)
    begins = _fits("room__label", "startswith", text)
    return begins | (_building(parts[0]) & _fits("room__label", "startswith", parts[1])) if parts else begins


def _person(text: str, now_ms: int) -> Q:
    """Points where somebody lives who is called so. Asked from the people on: joined, each room would be looked at for each."""
    today = campus_day(now_ms)
    here_now = Q(until_day__isnull=True) | Q(until_day__gte=today)
    return Q(pk__in=_stays_of(text).filter(here_now).values("account__point"))


def _stays_of(text: str) -> QuerySet[Occupancy]:
    """Give who lived where, ever, of people whose name has the text or whose number begins with it."""
    people = Customer.objects.filter(_fits("name", "contains", text) | _fits("number", "startswith", text))
    return Occupancy.objects.filter(customer__in=people.values("pk")).order_by()


def _meter(text: str) -> Q:
    return Q(
        pk__in=Binding.objects.filter(_fits("meter__meter_no", "exact", text))
        .order_by()
        .values("account__point")
    )


def _payment_card(text: str) -> Q:
    """A card in force, as the reader types it (R-4.2.1); numbers are kept plain, in capitals."""
    lasting = [Account.State.OPEN, Account.State.CLOSING]
    return Q(
        accounts__payment_cards__number=card_number(text),
        accounts__payment_cards__end=None,
        accounts__state__in=lasting,
    )


def is_only_hit(text: str, room: Room, hits: int) -> bool:
    """Say whether Enter may go straight to this first hit: it is the only one, or its full label was typed."""
    return hits == 1 or room.full_label.casefold() == text.strip().casefold()


def find_accounts(text: str) -> QuerySet[Account]:
    """Give accounts of any state whose code, room, occupant or card fits, by code; all for an empty text."""
    accounts = Account.objects.select_related("point__room__building", "point__customer_class").order_by(
        "code"
    )
    if not text:
        return accounts
    person = Q(pk__in=_stays_of(text).values("account"))
    return accounts.filter(
        _fits("code", "contains", text) | _fits("point__room__label", "startswith", text) | person
    )
