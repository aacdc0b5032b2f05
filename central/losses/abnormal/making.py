"""Make a month's list of rooms with unusual use, once for each building, when the month is over and told (R-3.5).

The rules are the domain's (`abnormal_use`): a room's change against its own past and its peers, and what the group's loss follows.
What comes out is kept as it was, with what it was computed with; a rule that gets better changes no former month.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec
from django.db import transaction

from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.abnormal_use import LISTED_FROM, Abnormal, abnormal_rooms
from central.domain.attributed import Attribution
from central.domain.change_of_use import RoomChange, judge_changes
from central.domain.change_rows import REFERENCE_DAYS, RoomsHours
from central.domain.periods import Period, month_period
from central.ledger.operations import record_audit
from central.link.telemetry.models import HourlyUse, LossFollowed
from central.losses.abnormal.models import AbnormalRow, AbnormalRun
from central.losses.abnormal.told import Told, told_of
from central.losses.balances.groups import groups_at
from central.losses.balances.queries import gateway_of

CENTRAL = "central"
VERSION = 1
"""Of how the list is put together here; kept with each list."""
DAY_MS = 86_400_000
WAITS_DAYS = 3
"""So long a month waits for a building that has told nothing from after its end."""
CATCH_UP_MONTHS = 3
PAST_DAYS = REFERENCE_DAYS
"""Before a month; without any use in them nothing is to compare with, and no list is made."""
FOLLOWED_WITHIN_DAYS = 10
"""A group's finding belongs to a month whose end it is so near to."""


def make_next_list(now_ms: int) -> AbnormalRun | None:
    """Make one list that is due, the oldest first; None when there is none. A missed month is caught up with."""
    for month in _months_over(now_ms):
        made = AbnormalRun.objects.filter(month=_name(month)).values("building")
        for building in Building.objects.exclude(pk__in=made).order_by("code"):
            if _is_told(building, month, now_ms):
                return make_list(building, month, now_ms)
    return None


def make_list(building: Building, month: Period, now_ms: int) -> AbnormalRun:
    """Make a building's list of a month; one that is there is given as it is."""
    told = told_of(building, month)
    followed = _followed(building, told.until_ms)
    changes = [change for hours in told.hours for change in judge_changes(hours)]
    ranked = [one for one in abnormal_rooms(changes, list(followed.values())) if one.room in told.rooms]
    listed = [one for one in ranked if one.is_listed]
    with transaction.atomic():
        Building.objects.select_for_update(no_key=True).get(pk=building.pk)
        known = AbnormalRun.objects.filter(building=building, month=_name(month)).first()
        if known is not None:
            return known
        run = AbnormalRun.objects.create(
            building=building,
            month=_name(month),
            from_ms=told.from_ms,
            month_ms=start_of_day_ms(month.first),
            until_ms=told.until_ms,
            made_ms=now_ms,
            used=_used(told, changes, followed),
        )
        rows = [_row(run, place, one, told, followed) for place, one in enumerate(listed, start=1)]
        AbnormalRow.objects.bulk_create(rows)
        record_audit(
            actor=CENTRAL,
            action="abnormal-list",
            subject=f"{building.code} {run.month}",
            detail=f"{len(rows)} of {len(told.rooms)} rooms",
            now_ms=now_ms,
        )
    return run


def _months_over(now_ms: int) -> list[Period]:
    """Give the last months that are over, the oldest first."""
    months, day = [], campus_day(now_ms)
    for _one in range(CATCH_UP_MONTHS):
        day = day.replace(day=1) - timedelta(days=1)
        months.append(month_period(day.year, day.month))
    return months[::-1]


def _is_told(building: Building, month: Period, now_ms: int) -> bool:
    """Say whether something was told of the weeks before, of the month and from after it, or nothing will come soon."""
    until_ms = start_of_day_ms(month.after)
    meters = list(building.meters.values_list("meter_no", flat=True))
    heard, month_ms = HourlyUse.objects.filter(meter__in=meters), start_of_day_ms(month.first)
    has_past = heard.filter(hour_ms__gte=month_ms - PAST_DAYS * DAY_MS, hour_ms__lt=month_ms).exists()
    if not has_past or not heard.filter(hour_ms__gte=month_ms, hour_ms__lt=until_ms).exists():
        return False
    return now_ms >= until_ms + WAITS_DAYS * DAY_MS or heard.filter(hour_ms__gte=until_ms).exists()


def _followed(building: Building, until_ms: int) -> dict[str, Attribution]:
    """Give what each group's loss was found to follow around a month's end, by the group's name."""
    found = {}
    within = {
        "until_ms__gt": until_ms - FOLLOWED_WITHIN_DAYS * DAY_MS,
        "until_ms__lte": until_ms + FOLLOWED_WITHIN_DAYS * DAY_MS,
    }
    for rule in groups_at(groups_of(building), until_ms - 1):
        rows = LossFollowed.objects.filter(gateway=gateway_of(building), group=rule.group, **within)
        near = min(rows, key=lambda row: abs(row.until_ms - until_ms), default=None)
        if near is not None:
            found[rule.group] = msgspec.convert(near.found, Attribution)
    return found


def _used(
    told: Told, changes: Iterable[RoomChange], followed: Mapping[str, Attribution]
) -> dict[str, object]:
    not_judged = Counter(str(one.not_judged) for one in changes if one.not_judged is not None)
    return {
        "version": VERSION,
        "listed_from_ppm": round(LISTED_FROM * 1_000_000),
        "reference_days": REFERENCE_DAYS,
        "rooms": len(told.rooms),
        "not_judged": dict(sorted(not_judged.items())),
        "groups": {name: str(found.verdict) for name, found in followed.items()},
    }


def _row(
    run: AbnormalRun, place: int, one: Abnormal, told: Told, followed: Mapping[str, Attribution]
) -> AbnormalRow:
    change = one.change
    reasons = [
        {
            "kind": str(reason.kind),
            "before": reason.before,
            "now": reason.now,
            "expected": reason.expected,
            "z_milli": round(reason.z * 1000),
        }
        for reason in (change.reasons if change else ())
    ]
    return AbnormalRow(
        run=run,
        room=told.rooms[one.room],
        place=place,
        meter=one.room,
        confidence_ppm=round(one.confidence * 1_000_000),
        score_milli=round(one.score * 1000),
        reasons=reasons,
        loss=_loss(one, followed),
        days=days_of(one.room, told),
    )


def _loss(one: Abnormal, followed: Mapping[str, Attribution]) -> dict[str, object]:
    if one.suspect is None:
        return {}
    group = next((name for name, found in followed.items() if one.suspect in found.ranked), "")
    return {
        "group": group,
        "missing_wh": round(one.suspect.missing_wh),
        "uncertainty_wh": round(one.suspect.uncertainty_wh),
        "pattern": str(one.suspect.pattern),
    }


def days_of(meter: str, told: Told) -> list[list[int | None]]:
    """Give a room's Wh by day, beside what they would be had it gone with its peers: its own past, scaled by theirs."""
    hours = next(one for one in told.hours if meter in one.rooms_wh)
    daily = {room: _daily(rows) for room, rows in hours.rooms_wh.items()}
    own = daily.pop(meter)
    usual = _mean(own[: hours.reference_days])
    shares = [_peers_share(daily.values(), hours, day) for day in range(len(own))]
    return [
        [wh, None if usual is None or share is None else round(usual * share)]
        for wh, share in zip(own, shares, strict=True)
    ]


def _peers_share(peers: Iterable[Sequence[int | None]], hours: RoomsHours, day: int) -> float | None:
    """Give the middle of how much of their own past the peers use on a day."""
    shares = []
    for days in peers:
        usual, now = _mean(days[: hours.reference_days]), days[day]
        if usual and now is not None:
            shares.append(now / usual)
    shares.sort()
    return shares[len(shares) // 2] if shares else None


def _daily(rows: Sequence[int | None]) -> list[int | None]:
    days = []
    for begin in range(0, len(rows), 24):
        known = [wh for wh in rows[begin : begin + 24] if wh is not None]
        days.append(sum(known) if len(known) >= 18 else None)
    return days


def _mean(days: Sequence[int | None]) -> float | None:
    known = [wh for wh in days if wh is not None]
    return sum(known) / len(known) if known else None


def _name(month: Period) -> str:
    return f"{month.first:%Y-%m}"
