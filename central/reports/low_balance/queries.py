"""Reads kept lists with what became of them, and who looked at the buildings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.domain.notice import TO_BE_SENT, TOLD, State
from central.office.models import Delivery, Notice, User, of_served
from central.office.words import Badge
from central.reports.low_balance.lists import key_of
from central.reports.low_balance.models import BuildingCheckLook, LowBalanceList

NOBODY_LOW = Badge(_("no room is low"), "good", "done")
NONE_KNOWN = Badge(_("none is known to be low"), "warn", "silent")
NO_GROUP = Badge(_("no group is set up: copy it by hand"), "warn", "todo")
NOT_TOLD = Badge(_("not told"), "mute", "unknown")
BY_HAND = Badge(_("to be told by hand"), "warn", "todo")
FAILED = Badge(_("could not be sent"), "bad", "fail")
ON_ITS_WAY = Badge(_("on its way"), "info", "wait")
ALL_TOLD = Badge(_("told"), "good", "done")


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list with what became of it."""

    kept: LowBalanceList
    badge: Badge
    deliveries: list[Delivery]

    @property
    def count(self) -> int:
        """How many rooms are on it."""
        return len(self.kept.rows)


def lists_of(reader: User) -> QuerySet[LowBalanceList]:
    """Give the lists of the buildings that a reader serves, newest first."""
    found = LowBalanceList.objects.filter(of_served(reader, "building"))
    return found.select_related("building", "by").order_by("-at_ms", "-pk")


def newest_of_day(day: date, buildings: Iterable[Building]) -> dict[Building, LowBalanceList | None]:
    """Give each building's newest list of a day; None where none was made."""
    buildings = list(buildings)
    made = LowBalanceList.objects.filter(day=day, building__in=buildings).select_related("building", "by")
    newest = {one.building_id: one for one in made.order_by("at_ms", "pk")}
    return {building: newest.get(building.pk) for building in buildings}


def list_lines(lists: Iterable[LowBalanceList]) -> list[ListLine]:
    """Put lists beside what became of their notices; two queries, however many."""
    lists = list(lists)
    keys = [key_of(one) for one in lists]
    asked = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    told: dict[str, list[Delivery]] = {}
    for row in (
        Delivery.objects.filter(notice__key__in=keys).select_related("notice", "channel").order_by("pk")
    ):
        told.setdefault(row.notice.key, []).append(row)
    return [_line(one, key_of(one) in asked, told.get(key_of(one), [])) for one in lists]


def _line(kept: LowBalanceList, asked: bool, deliveries: list[Delivery]) -> ListLine:
    return ListLine(kept, _badge(kept, asked, [row.state for row in deliveries]), deliveries)


def _badge(kept: LowBalanceList, asked: bool, states: list[str]) -> Badge:
    """Say how far a list has come; what asks for a person comes first."""
    if not asked:
        nobody = NONE_KNOWN if kept.is_silent else NOBODY_LOW
        return NOT_TOLD if kept.rows else nobody
    if not states:
        return NO_GROUP
    for state, badge in ((State.GAVE_UP, FAILED), (State.BY_HAND_WAITING, BY_HAND)):
        if state in states:
            return badge
    if any(state in TO_BE_SENT for state in states):
        return ON_ITS_WAY
    return ALL_TOLD if all(state in TOLD for state in states) else FAILED


def looks_at(day: date) -> QuerySet[BuildingCheckLook]:
    """Give who looked at the check of a day, the newest first."""
    return BuildingCheckLook.objects.filter(day=day).select_related("by")
