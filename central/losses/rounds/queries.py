"""Reads rounds: the one that is under way, a building's days, rooms that nobody has seen for days."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from central.campus.models import Building, Room
from central.domain.round_coverage import Outcome, floors_of, not_seen_for, outcomes, resumes
from central.losses.rounds.round_models import Round, RoundEntry
from central.office.dated_settings import Where, number_at
from central.office.models import User, of_served

SEEN = Q(outcome__in=(Outcome.IN_ORDER, Outcome.FOUND))


@dataclass(frozen=True, slots=True)
class WalkedRoom:
    """One room of the page of a round."""

    pk: int
    label: str
    outcome: str
    """Empty while nothing is said of it."""


@dataclass(frozen=True, slots=True)
class WalkedFloor:
    """One floor of the page of a round."""

    number: int
    seen: int
    rooms: tuple[WalkedRoom, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """A round under way, or the one that a page would begin (`round` None)."""

    round_id: str
    round: Round | None
    floors: tuple[WalkedFloor, ...]

    @property
    def seen(self) -> int:
        """How many rooms were seen."""
        return sum(floor.seen for floor in self.floors)

    @property
    def rooms(self) -> int:
        """How many there are."""
        return sum(len(floor.rooms) for floor in self.floors)


def rounds_of(reader: User) -> QuerySet[Round]:
    """Give the rounds through buildings that the reader serves, newest first, with their ends, and how much was found."""
    found = Round.objects.filter(of_served(reader, "building")).select_related("building", "by", "end")
    return found.annotate(
        found=Count("entries__room", filter=Q(entries__outcome=Outcome.FOUND), distinct=True),
        last_ms=Max("entries__at_ms"),
    ).order_by("-started_ms", "-pk")


def walk_of(walker: User, building: Building, now_ms: int) -> Walk:
    """Give the round that this person has under way in the building; else the next one's id, with nothing said yet.

    That id is the same until the round begins: the page that is shown, its copy on the phone and a second phone mean one round.
    """
    own = Round.objects.filter(building=building, by=walker)
    next_id = uuid.uuid5(uuid.NAMESPACE_OID, f"round {building.pk} {walker.pk} {own.count()}")
    last = own.filter(end=None).first()
    under_way = last if last is not None and resumes(last.started_ms, now_ms) else None
    said = list(under_way.entries.values_list("room", "outcome")) if under_way else []
    stands = outcomes((room, Outcome(outcome)) for room, outcome in said)
    rooms = list(building.rooms.values_list("pk", "floor", "label"))
    floors = [
        WalkedFloor(
            floor.number,
            floor.seen,
            tuple(WalkedRoom(pk, label, stands.get(pk, "")) for pk, on, label in rooms if on == floor.number),
        )
        for floor in floors_of([(pk, on) for pk, on, _label in rooms], stands)
    ]
    return Walk(under_way.round_id if under_way else str(next_id), under_way, tuple(floors))


def entries_of(walked: Round) -> QuerySet[RoundEntry]:
    """Give a round's entries in order of time, with room, case and who said it."""
    return walked.entries.select_related("room", "case", "by")


def unseen(building: Building, now_ms: int) -> list[tuple[Room, int | None]]:
    """Give the rooms that no round has seen for as many days as the setting says, with the days since; None: never."""
    days = number_at("round.unseen-days", now_ms, Where(building=building.code))
    rooms = {room.pk: room for room in building.rooms.all()}
    seen = RoundEntry.objects.filter(SEEN, room__building=building).order_by()
    seen_ms = dict(seen.values_list("room").annotate(last=Max("at_ms")))
    return [(rooms[room], age) for room, age in not_seen_for(days, seen_ms, rooms, now_ms)]


def last_rounds(buildings: Iterable[Building], reader: User) -> dict[int, Round]:
    """Give building -> its last round."""
    found: dict[int, Round] = {}
    ids = [building.pk for building in buildings]
    newest = Round.objects.filter(building__in=ids).order_by().values("building").annotate(last=Max("pk"))
    for walked in rounds_of(reader).filter(pk__in=[row["last"] for row in newest]):
        found[walked.building_id] = walked
    return found
