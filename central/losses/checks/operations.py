"""Record a daily check: each party its own, a warden for a building that he serves (R-4.2.0). Once, immutable, on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building
from central.clock import campus_day
from central.domain.daily_checks import Part, Party, minutes_of
from central.ledger.operations import record_audit
from central.losses.checks.check_models import DailyCheck
from central.office.models import User
from central.office.people import roles_of
from central.office.photos import PhotoRefusal, keep_photos
from central.office.roles import PARTY_OFFICES

MINUTE_MS = 60_000
AHEAD_MS = 5 * MINUTE_MS
"""So far ahead an end may lie: two clocks never agree."""
OLDEST_DAYS = 31
MOST_POINTS, LONGEST_POINT = 20, 200


class CheckRefusal(StrEnum):
    """Why a check was not recorded."""

    NOT_HIS_PARTY = "not-his-party"
    NO_BUILDING = "no-building"
    NOT_HIS_BUILDING = "not-his-building"
    NOT_IN_ORDER = "not-in-order"
    IN_FUTURE = "in-future"
    TOO_OLD = "too-old"
    NO_WORDS = "no-words"
    """A point is not in order: what was found is said in words."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: CheckRefusal | PhotoRefusal


@dataclass(frozen=True, slots=True)
class Check:
    """What somebody checked. `points`: each with whether it was in order; `told_ms`: when it was written down."""

    check_id: str
    party: Party
    building: Building | None
    from_ms: int
    until_ms: int
    told_ms: int
    points: Sequence[tuple[str, bool]] = ()
    text: str = ""
    photos: Sequence[bytes] = ()


@transaction.atomic
def record_check(check: Check, *, actor: User, now_ms: int) -> DailyCheck | Refused:
    """Record a check; the same id again with the same content is the same check."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if (known := DailyCheck.objects.filter(check_id=check.check_id).first()) is not None:
        return known if _is_same(known, check, actor) else Refused(CheckRefusal.EXISTS_WITH_DIFFERENT)
    if why := _fault(check, actor, now_ms):
        return Refused(why)
    photos = keep_photos(check.photos, by=actor, now_ms=now_ms)
    if isinstance(photos, PhotoRefusal):
        return Refused(photos)
    kept = DailyCheck.objects.create(
        check_id=check.check_id,
        party=check.party,
        building=check.building,
        day=campus_day(check.from_ms),
        from_ms=check.from_ms,
        until_ms=check.until_ms,
        told_ms=check.told_ms,
        received_ms=now_ms,
        by=actor,
        points=[[point[:LONGEST_POINT], is_ok] for point, is_ok in check.points[:MOST_POINTS]],
        text=check.text.strip()[:1000],
        photos=photos,
    )
    _on_record(kept, actor, now_ms)
    return kept


def _fault(check: Check, actor: User, now_ms: int) -> CheckRefusal | None:
    if roles_of(actor, now_ms).isdisjoint(PARTY_OFFICES[check.party]):
        return CheckRefusal.NOT_HIS_PARTY
    if check.party is Party.WARDENS and check.building is None:
        return CheckRefusal.NO_BUILDING
    if check.building is not None and not actor.serves(check.building.pk):
        return CheckRefusal.NOT_HIS_BUILDING
    if check.until_ms <= check.from_ms or campus_day(check.from_ms) != campus_day(check.until_ms - 1):
        return CheckRefusal.NOT_IN_ORDER
    if check.until_ms > check.told_ms + AHEAD_MS:
        return CheckRefusal.IN_FUTURE
    if (campus_day(now_ms) - campus_day(check.from_ms)).days > OLDEST_DAYS:
        return CheckRefusal.TOO_OLD
    all_in_order = all(is_ok for _point, is_ok in check.points)
    return None if all_in_order or check.text.strip() else CheckRefusal.NO_WORDS


def _is_same(known: DailyCheck, check: Check, actor: User) -> bool:
    building_id = check.building.pk if check.building else None
    said = (actor.pk, check.party, building_id, check.from_ms, check.until_ms, check.text.strip()[:1000])
    return said == (known.by_id, known.party, known.building_id, known.from_ms, known.until_ms, known.text)


def _on_record(kept: DailyCheck, actor: User, now_ms: int) -> None:
    minutes = minutes_of([Part(kept.from_ms, kept.until_ms, kept.told_ms)])
    where = f" {kept.building.code}" if kept.building else ""
    record_audit(
        actor=actor.get_username(),
        action="daily-check",
        subject=f"{kept.party}{where} {kept.day}",
        detail=f"{minutes} min: {kept.text}"[:200],
        now_ms=now_ms,
    )
