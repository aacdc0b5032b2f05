"""What each group's unexplained loss follows: asked once a day over the last four weeks, and kept (R-B2).

It names rooms to be looked at, with how sure that is; it accuses nobody. A group whose rooms are counted behind sub groups is asked
there, where the rooms are.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.attribution import Attribution, attribute
from central.domain.group_hours import UsualLoss
from central.domain.usual_loss import learn
from central.link.telemetry.models import BalanceDay, LossFollowed
from central.losses.balances.groups import groups_at
from central.losses.balances.queries import gateway_of, group_hours
from gateway.contract.rules import GroupRule

DAYS, QUIET_DAYS = 28, 28
RANKED_KEPT = 20


@dataclass(frozen=True, slots=True)
class Followed:
    """What was found over a window."""

    from_ms: int
    until_ms: int
    made_ms: int
    found: Attribution


def followed(building: Building, group: str) -> Followed | None:
    """Give the newest finding of a group."""
    row = LossFollowed.objects.filter(gateway=gateway_of(building), group=group).order_by("-until_ms").first()
    if row is None:
        return None
    return Followed(row.from_ms, row.until_ms, row.made_ms, msgspec.convert(row.found, Attribution))


def follow_next(now_ms: int) -> bool:
    """Ask one group that was not asked since its gateway told a new day; False when none is left."""
    for building in Building.objects.exclude(groups=[]).order_by("code"):
        gateway_id = gateway_of(building)
        for rule in groups_at(groups_of(building), now_ms):
            if rule.subs and _is_due(gateway_id, rule, now_ms):
                follow(building, rule.group, now_ms)
                return True
    return False


def follow(building: Building, group: str, now_ms: int) -> Followed:
    """Ask what a group's loss followed over the weeks before today, and keep the answer."""
    today = campus_day(now_ms)
    until_ms, from_ms = start_of_day_ms(today), start_of_day_ms(today - timedelta(days=DAYS))
    hours = group_hours(building, group, from_ms, until_ms)
    usual = _usual_before(building, group, from_ms, tuple(hours.subs_wh))
    found = attribute(replace(hours, usual=usual))
    content = msgspec.to_builtins(found)
    content["ranked"] = content["ranked"][:RANKED_KEPT]
    LossFollowed.objects.update_or_create(
        gateway=gateway_of(building),
        group=group,
        until_ms=until_ms,
        defaults={"from_ms": from_ms, "made_ms": now_ms, "found": content},
    )
    return Followed(from_ms, until_ms, now_ms, found)


def _is_due(gateway_id: str, rule: GroupRule, now_ms: int) -> bool:
    until_ms = start_of_day_ms(campus_day(now_ms))
    yesterday_ms = start_of_day_ms(campus_day(now_ms) - timedelta(days=1))
    told = BalanceDay.objects.filter(gateway=gateway_id, day_ms=yesterday_ms).exists()
    known = LossFollowed.objects.filter(gateway=gateway_id, group=rule.group, until_ms=until_ms)
    return told and not known.exists()


def _usual_before(building: Building, group: str, until_ms: int, subs: tuple[str, ...]) -> UsualLoss | None:
    """Learn the usual loss from the weeks before, where the same meters were counted then."""
    from_ms = until_ms - QUIET_DAYS * 86_400_000
    before = group_hours(building, group, from_ms, until_ms)
    return learn(before) if tuple(before.subs_wh) == subs else None
