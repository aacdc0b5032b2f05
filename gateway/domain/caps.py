"""How much power a point may draw, by day and by night (R-B1). Knows no relay: it gives its word, with what it rests on."""

import msgspec

from gateway.contract.rules import PowerCapRule
from gateway.domain.power_watch import PowerWatch, Trip

POWER_CAP = "power-cap"
NIGHT_CAP = "night-cap"


def limit_of(rule: PowerCapRule, night: bool | None) -> tuple[int, str]:
    """Give the limit in force and its name; 0 is none. `night` None: the time isn't known, and the wider limit holds (C-14)."""
    by_day, by_night = (rule.limit_w, POWER_CAP), (rule.night_limit_w, NIGHT_CAP)
    if not rule.night or night is False:
        return by_day
    if night is True:
        return by_night
    return (0, "") if 0 in (by_day[0], by_night[0]) else max(by_day, by_night)


def watch_cap(
    watch: PowerWatch, rule: PowerCapRule | None, power_w: int, night: bool | None
) -> tuple[PowerWatch, Trip | None]:
    """Take one reading of power; give the trip once enough readings in a row were above the limit."""
    limit_w, reason = limit_of(rule, night) if rule else (0, "")
    if rule is None or limit_w <= 0 or power_w <= limit_w:
        return msgspec.structs.replace(watch, over=0), None
    over = watch.over + 1
    watch = msgspec.structs.replace(watch, over=over)
    if over < rule.confirmations:
        return watch, None
    facts = {"power_w": power_w, "limit_w": limit_w}
    return watch, Trip(reason, rule.restore_after_s, rule.restores_per_day, facts)
