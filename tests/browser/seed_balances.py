"""Losses as weeks of hourly totals leave them: a building of two floors with masters, a tap behind one of them since four days."""

from datetime import timedelta

from central import clock
from central.campus.meter_groups import set_groups
from central.campus.models import Building
from central.link.telemetry.models import BalanceDay, InstantTotal
from central.losses.balances.following import follow
from central.losses.balances.groups import room_meters
from central.losses.balances.judging import judge_losses
from gateway.contract.rules import GroupKind, GroupRule

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
DAYS, TAPPED_DAYS, TAPPED_WH = 24, 4, 450
LOST_PER_MILLE = 15


def balances(days: int = DAYS) -> None:
    """Make the groups of building 1, tell what its gateway told, judge it, and ask what the loss follows."""
    now_ms = clock.now_ms()
    building = Building.objects.get(code="1")
    floors: dict[int, list[str]] = {}
    for meter, room in room_meters(building, now_ms).items():
        floors.setdefault(room.floor, []).append(meter)
    ratio = {"fixed_loss_ppm": 15_000, "tolerance_ppm": 50_000}
    groups = [
        GroupRule(f"F{floor}", GroupKind.FLOOR, f"T-1-{floor}", sorted(meters), **ratio)
        for floor, meters in sorted(floors.items())
    ]
    whole = GroupRule(
        "ALL", GroupKind.BUILDING, "T-1", [], [rule.group for rule in groups], own_use_w=180, **ratio
    )
    assert set_groups("1", [whole, *groups], actor="seed", now_ms=now_ms)
    _tell(groups, whole, clock.start_of_day_ms(clock.campus_day(now_ms) - timedelta(days=days)), now_ms)
    judge_losses(now_ms)
    follow(Building.objects.get(code="1"), groups[-1].group, now_ms)


def _tell(groups: list[GroupRule], whole: GroupRule, from_ms: int, now_ms: int) -> None:
    meters = [whole.master, *(rule.master for rule in groups), *(sub for rule in groups for sub in rule.subs)]
    totals, rows = {meter: 50_000 + 7 * place for place, meter in enumerate(meters)}, []
    for hour, at_ms in enumerate(range(from_ms, now_ms, HOUR_MS)):
        rows += [
            InstantTotal(
                gateway="gw-1", epoch="e7c1", meter=meter, at_ms=at_ms + 1_500, total_wh=total, offset_wh=0, step_wh=10,
                skew_wh=0 if place % 5 else 6, frozen=bool(place % 5),
            )
            for place, (meter, total) in enumerate(totals.items())
        ]  # fmt: skip
        tapped = TAPPED_WH if at_ms >= now_ms - TAPPED_DAYS * DAY_MS else 0
        _use(groups, whole, totals, hour, tapped)
    InstantTotal.objects.bulk_create(rows, batch_size=2000)
    days = range(from_ms - DAY_MS, now_ms, DAY_MS)
    BalanceDay.objects.bulk_create([BalanceDay(gateway="gw-1", day_ms=day_ms) for day_ms in days])


def _use(groups: list[GroupRule], whole: GroupRule, totals: dict[str, int], hour: int, tapped: int) -> None:
    """Let an hour pass: rooms by the time of day, conductors lose their share, the last floor is tapped."""
    through = 0
    for rule in groups:
        floor = 0
        for place, sub in enumerate(rule.subs):
            used = 120 + 40 * ((hour + place * 5) % 24 // 6) + (hour * 7919 + place * 104_729) % 37
            totals[sub] += used
            floor += used
        floor += floor * LOST_PER_MILLE // 1000 + (hour * 31) % 3 + (tapped if rule is groups[-1] else 0)
        totals[rule.master] += floor
        through += floor
    totals[whole.master] += through + 180 + through * LOST_PER_MILLE // 1000
