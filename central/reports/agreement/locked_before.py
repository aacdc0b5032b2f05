"""The locked period before: its rows stand as they were signed, and what changed in them since counts now, with both dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from central.campus.models import Building
from central.clock import campus_day
from central.domain.agreement_rows import Row
from central.domain.four_way import Party
from central.domain.late_changes import changes_since
from central.domain.periods import Period
from central.losses.readings.models import AgreedTable
from central.reports.agreement.content import OF_KEY, BuildingContent, content_in
from central.reports.agreement.given import Given
from central.reports.agreement.models import AgreementLock
from central.reports.k3.models import K3Import
from central.reports.k3.queries import import_of

LINE_OF = {party: key for key, parties in OF_KEY.items() for party in parties}


@dataclass(frozen=True, slots=True)
class Before:
    """A building's locked period before: what was signed, and when."""

    content: BuildingContent
    locked_ms: int


def locked_before(before: Period, buildings: Iterable[Building]) -> dict[str, Before]:
    """Give what was signed of the period before, by building: of those that have locked it."""
    locks = AgreementLock.objects.filter(period=before.name, building__in=buildings)
    return {
        one.building.code: Before(content_in(bytes(one.kept.content)), one.at_ms)
        for one in locks.select_related("kept", "building")
    }


def put_locked(given: Mapping[Party, Given], known: Iterable[Before], period: Period) -> None:
    """Put each building's locked rows of the period before in place of what is known of it now; the difference goes to `period`.

    Only where a party tells of `period` at all: a change alone would make a missing source look like a small one.
    """
    contents = [one.content for one in known]
    for party, one in given.items():
        for content in contents:
            _put(one, party, content, period)


def _put(given: Given, party: Party, content: BuildingContent, period: Period) -> None:
    frame = (content.building, content.period)
    line = content.get(LINE_OF[party])
    kept = line.rows_of(party) if line else ()
    now = [row for row in given.rows if row.frame == frame]
    told = frame in given.frames
    given.rows = [row for row in given.rows if row.frame != frame] + list(kept)
    if told and kept and (content.building, period.name) in given.frames:
        own = [
            row for row in kept if row.booked is None
        ]  # what came late from a period before it is in no list of its own
        given.rows += changes_since(own, now, period.name, booked_on)


def booked_on(row: Row) -> date:
    """Give the day on which a row came or went: of K/3's lists the import's, of readings the newest table's."""
    kind, _colon, rest = row.origin.partition(":")
    if kind == "k3":
        made = K3Import.objects.filter(pk=import_of(rest)).select_related("end").first()
        if made is not None:
            return campus_day(made.end.at_ms if hasattr(made, "end") else made.at_ms)
    elif kind == "sheet":
        building, _between, name = rest.partition(":")
        tables = AgreedTable.objects.filter(sheet__building=building, sheet__period=name)
        newest = tables.order_by("-agreed_ms").values_list("agreed_ms", flat=True).first()
        if newest is not None:
            return campus_day(newest)
    return row.day
