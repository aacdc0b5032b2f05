"""Make a building's low-balance list, keep it as it is, and queue it for the building's groups. Once for each due, on record."""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building
from central.clock import campus_day
from central.desk.low_balance import LOW_KWH, LOW_YUAN, Found, low_rooms
from central.domain.known_settings import Place
from central.domain.low_balance import Data, LowRoom, group_of
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.dated_settings import Used, computed_with
from central.office.models import User
from central.office.notices import notify
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.public_links import public_path

NOTICE = "low-balance"
CENTRAL = "central"
UNITS = {LOW_YUAN: "fen", LOW_KWH: "kwh"}


class ListRefusal(StrEnum):
    """Why no list was made."""

    NOT_HIS_BUILDING = "not-his-building"
    NO_ROOMS = "no-rooms"
    """The building has no prepaid room with an open account."""


def make_list(
    building: Building, due: str, *, now_ms: int, by: User | None = None, tell: bool = True
) -> LowBalanceList | ListRefusal:
    """Make a building's list; a due that has one gives it again, and nobody is told twice.

    Who is told are the groups `building-<code>`, and only when a room is low: there is nothing to pass on otherwise.
    """
    if by is not None and not by.serves(building.pk):
        return ListRefusal.NOT_HIS_BUILDING
    with computed_with() as used:
        found = low_rooms(building, now_ms)
    if not found.data.rooms and by is not None:
        return ListRefusal.NO_ROOMS
    with transaction.atomic():
        lock_head()
        known = LowBalanceList.objects.filter(due=due).first()
        if known is not None:
            return known
        kept = _kept(building, due, found, _limits(used.values()), by)
        record_audit(
            actor=by.get_username() if by else CENTRAL,
            action="low-balance-list",
            subject=f"low-balance list {kept.pk}",
            detail=f"{building.code}: {len(found.rooms)} of {found.data.rooms} rooms, {kept.digest}",
            now_ms=now_ms,
        )
        if tell and found.rooms:
            tell_groups(kept, now_ms)
    return kept


def tell_groups(kept: LowBalanceList, now_ms: int) -> int:
    """Queue a list for its building's groups, inside the caller's transaction; asked again, nobody is told twice."""
    return notify(NOTICE, params_of(kept), to=[group_of(kept.building.code)], key=key_of(kept), now_ms=now_ms)


def params_of(kept: LowBalanceList) -> dict[str, str | int]:
    """Give what the notice of a list is filled in with."""
    return {"building": kept.building.name, "list": kept.pk, "link": public_path(kept)}


def key_of(kept: LowBalanceList) -> str:
    """Give the key under which a list is told."""
    return f"low-balance-{kept.pk}"


def rooms_of(kept: LowBalanceList) -> list[LowRoom]:
    """Give a kept list's rooms."""
    return [
        LowRoom(
            label=row["room"],
            floor=row["floor"],
            amounts=tuple((amount, unit) for amount, unit in row["left"]),
            limit=row["limit"],
            days=row["days"],
            is_protected=row["protected"],
            is_shared=row["shared"],
            heard_ms=row["heard_ms"],
        )
        for row in kept.rows
    ]


def data_of(kept: LowBalanceList) -> Data:
    """Give what a kept list's figures rest on."""
    return Data(kept.at_ms, kept.as_of_ms, kept.is_silent, kept.rooms, kept.unheard)


def rows_to_json(rooms: Iterable[LowRoom]) -> list[dict[str, object]]:
    """Write rooms as they are kept."""
    return [
        {
            "room": room.label,
            "floor": room.floor,
            "left": [list(amount) for amount in room.amounts],
            "limit": room.limit,
            "days": room.days,
            "protected": room.is_protected,
            "shared": room.is_shared,
            "heard_ms": room.heard_ms,
        }
        for room in rooms
    ]


def digest_of(kept: LowBalanceList) -> str:
    """Give the hash of what a list says."""
    said = [
        *(kept.building_id, kept.due, kept.at_ms, kept.as_of_ms, kept.is_silent, kept.rooms, kept.unheard),
        *(kept.rows, kept.limits),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _kept(
    building: Building, due: str, found: Found, limits: list[list[object]], by: User | None
) -> LowBalanceList:
    data = found.data
    kept = LowBalanceList(
        building=building,
        due=due,
        day=campus_day(data.at_ms),
        at_ms=data.at_ms,
        by=by,
        as_of_ms=data.as_of_ms,
        is_silent=data.is_silent,
        rooms=data.rooms,
        unheard=data.unheard,
        rows=rows_to_json(found.rooms),
        limits=limits,
    )
    kept.digest = digest_of(kept)
    kept.save()
    return kept


def _limits(used: Iterable[Used]) -> list[list[object]]:
    """Give the limits that were read: unit, value, place and name, those of the campus first."""
    lines = {
        (UNITS[one.code], one.value, one.place or Place.CAMPUS.value, one.where)
        for one in used
        if one.code in UNITS
    }
    order = [Place.CAMPUS, Place.CLASS, Place.BUILDING, Place.ROOM]
    return [list(line) for line in sorted(lines, key=lambda line: (order.index(Place(line[2])), line))]
