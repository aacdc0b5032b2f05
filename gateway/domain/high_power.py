"""A resistive load that came on at once: a step in active power whose own power factor is near 1 (R-B1). Knows no relay.

The step's own power factor is that of the difference: active power is added, and so is reactive power, which follows from active
power and power factor. A heater beside computers is seen for what it is, and so is a compressor. Where the factor before the step
isn't known, that of the whole after it stands for it.
"""

from math import isqrt

import msgspec

from gateway.contract.rules import HighPowerRule
from gateway.domain.power_watch import PowerWatch, Trip

HIGH_POWER = "high-power"
UNITY = 1000


def reactive_var(power_w: int, factor_milli: int) -> int:
    """Give the reactive power that goes with an active power at a power factor in thousandths; its sign is not told."""
    factor = min(abs(factor_milli), UNITY)
    if factor == 0:
        return 0
    apparent_va = abs(power_w) * UNITY // factor
    return isqrt(max(0, apparent_va * apparent_va - power_w * power_w))


def step_factor(calm_w: int, calm_factor: int | None, power_w: int, factor_milli: int) -> int:
    """Give the power factor of what came on, in thousandths."""
    if calm_w == 0 or calm_factor is None:
        return min(abs(factor_milli), UNITY)
    step_w = power_w - calm_w
    step_var = reactive_var(power_w, factor_milli) - reactive_var(calm_w, calm_factor)
    return step_w * UNITY // max(1, isqrt(step_w * step_w + step_var * step_var))


def watch_steps(
    watch: PowerWatch, rule: HighPowerRule | None, power_w: int, factor_milli: int | None
) -> tuple[PowerWatch, Trip | None]:
    """Take one reading of power and power factor; give the trip once enough readings in a row show the step.

    A reading without a power factor shows no step and hides none. What rises slowly is no step.
    """
    if rule is None:
        return msgspec.structs.replace(watch, steps=0), None
    step_w = 0 if watch.calm_w is None else power_w - watch.calm_w
    if step_w >= rule.step_w and factor_milli is None:
        return watch, None
    if step_w < rule.step_w or factor_milli is None or watch.calm_w is None:
        return msgspec.structs.replace(watch, steps=0, calm_w=power_w, calm_factor=factor_milli), None
    factor = step_factor(watch.calm_w, watch.calm_factor, power_w, factor_milli)
    if factor < rule.power_factor_milli:
        return msgspec.structs.replace(watch, steps=0, calm_w=power_w, calm_factor=factor_milli), None
    watch = msgspec.structs.replace(watch, steps=watch.steps + 1)
    if watch.steps < rule.confirmations:
        return watch, None
    facts = {"power_w": power_w, "step_w": step_w, "limit_w": rule.step_w, "power_factor_milli": factor}
    return watch, Trip(HIGH_POWER, rule.restore_after_s, rule.restores_per_day, facts)
