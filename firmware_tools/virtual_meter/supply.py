"""Exact physics of one metering point: load and contact in, energy out.

Energy is an integer in micro-watt-seconds (milliwatts times milliseconds), so no step, however the time is cut up, rounds anything.
What the meter shows is derived from it and never fed back.
"""

import hashlib
from dataclasses import dataclass

UWS_PER_WH = 3_600_000_000
UWS_PER_CENTI_KWH = 10 * UWS_PER_WH
REGISTER_MODULUS = 100_000_000
"""The register shows XXXXXX.XX kWh and wraps after 999999.99."""

VOLTAGE_LOW_MV, VOLTAGE_SPAN_MV = 222_000, 11_000
VOLTAGE_STEP_MS = 10_000
DROP_MV_PER_KW = 400
"""The voltage at the meter falls a little with its own load."""

PHASE_SHARES = (40, 33, 27)
"""A three-phase load is never balanced: percent on A, B, C."""


@dataclass(slots=True)
class Energy:
    """True energy since installation, exact, with the part that flowed while the meter reported its relay open."""

    total_uws: int = 0
    while_reported_open_uws: int = 0

    def add(self, power_mw: int, duration_ms: int, reported_closed: bool) -> None:
        """Add a stretch of constant power."""
        amount = power_mw * duration_ms
        self.total_uws += amount
        if not reported_closed:
            self.while_reported_open_uws += amount


@dataclass(frozen=True, slots=True)
class Phase:
    """Instantaneous values of one phase as the meter sees them (behind its current transformer)."""

    voltage_mv: int
    current_ma: int
    power_mw: int
    power_factor_milli: int

    @property
    def apparent_mva(self) -> int:
        return self.voltage_mv * self.current_ma // 1000

    @property
    def reactive_mvar(self) -> int:
        square = self.apparent_mva**2 - self.power_mw**2
        return round(square**0.5) if square > 0 else 0


def split_phases(
    power_mw: int, phases: int, ct_ratio: int, power_factor_milli: int, seed: str, at_ms: int
) -> list[Phase]:
    """Return consistent V, I, P of each phase for the whole load of a metering point."""
    shares = PHASE_SHARES if phases == 3 else (100,)
    powers = [power_mw * share // 100 // ct_ratio for share in shares]
    powers[0] += power_mw // ct_ratio - sum(powers)
    found = []
    for index, phase_mw in enumerate(powers):
        voltage_mv = _mains_mv(f"{seed}:{index}", at_ms) - phase_mw * DROP_MV_PER_KW // 1_000_000
        current_ma = round(phase_mw * 1_000_000 / (voltage_mv * power_factor_milli))
        found.append(Phase(voltage_mv, current_ma, phase_mw, power_factor_milli if phase_mw else 1000))
    return found


def frequency_centi_hz(seed: str, at_ms: int) -> int:
    """Return the mains frequency, 49.97..50.03 Hz."""
    return 4997 + _wobble(f"hz:{seed}", at_ms // VOLTAGE_STEP_MS) * 7 // 65536


def register_centi_kwh(start_centi_kwh: int, energy_uws: int, ct_ratio: int) -> int:
    """Return the shown register in 0.01 kWh, truncated as a counting wheel truncates, wrapped after 999999.99."""
    return (start_centi_kwh + energy_uws // (UWS_PER_CENTI_KWH * ct_ratio)) % REGISTER_MODULUS


def _mains_mv(seed: str, at_ms: int) -> int:
    return VOLTAGE_LOW_MV + VOLTAGE_SPAN_MV * _wobble(seed, at_ms // VOLTAGE_STEP_MS) // 65536


def _wobble(seed: str, step: int) -> int:
    return int.from_bytes(hashlib.blake2s(f"{seed}:{step}".encode(), digest_size=2).digest(), "big")
