"""How a meter is built and wired: the keys of a `[[line.meter]]` table, checked before anything is built from them."""

import re
from typing import Literal

import msgspec

from firmware_tools.virtual_meter.models import MODELS
from firmware_tools.virtual_meter.relay import Fault


class MeterSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How a meter is built and wired; the keys of a `[[line.meter]]` table."""

    name: str
    address: str
    """12 digits or fewer (DL/T 645), or a unit number 1..247 (Modbus)."""
    model: str = "dlt645-1p"
    load: str = "script"
    register_kwh: str = "0.00"
    meter_number: str = ""
    """Identity 04000402; by default derived from the address."""
    ct_ratio: int = 1
    power_factor_milli: int = 970
    relay: bool | None = None
    """Overrides the model: has a relay, or not."""
    key_needed: bool = True
    """1B needs the key on the meter; false: 1B closes at once."""
    relay_delay_ms: int = 100
    trip_limit_a: int = 30
    keep_power: bool = False
    relay_fault: Fault = Fault.NONE
    relay_open: bool = False
    passwords: dict[str, str] = msgspec.field(default_factory=lambda: {"02": "000000", "04": "000000"})
    """Password level -> six digits (PA, P2 P1 P0)."""
    programming_key: bool = True
    """The programming key is pressed: 14 and 15 are allowed."""
    clock_offset_s: int = 0
    clock_drift_ppm: int = 0
    clock_year: int | None = None
    """Start with this year on the calendar instead of the true one."""
    dead: bool = False
    turn_round_ms: list[int] = []
    """[shortest, longest]; by default the line's."""
    preamble_fe: int = 4
    frame_data_limit: int = 200
    """Longest DATA of a reply; a smaller one forces follow-up frames on everyday blocks."""
    settlement_day: int = 1
    """Its own month ends at midnight before this day."""
    tariffs: int = 4
    baud: int | None = None
    discovery: Literal["standard", "echo", "address-only", "unabbreviated", "broadcast"] = "standard"
    """How it answers those who don't know its address (DL/T 645): `echo` with the address asked for, `address-only` to 13H alone,
    `unabbreviated` to all AA but to no shortened address, `broadcast` to reads at 999999999999 (1997)."""
    own_prepay: Literal["", "energy", "money"] = ""
    """Its own prepayment is on (status word 3, bits 8 and 9); it is told, the meter here doesn't cut by it."""
    own_credit: str = "0.00"
    """What 00900100 (kWh) or 00900200 (yuan) shows then."""
    behind: list[str] = []
    """Meters of the campus whose supply flows through this one, too: it is their master, `load` is what else hangs on it."""
    lost_ppm: int = 0
    """What the conductors behind it lose of what flows through."""
    count: int = 1
    """Build this many, with names NAME-001.. and rising addresses."""


def check_spec(spec: MeterSpec) -> None:
    """Raise ValueError, with what to write instead, on a spec that can't be built."""
    model = MODELS.get(spec.model)
    if model is None:
        raise ValueError(f"meter {spec.name}: no model {spec.model!r}; there are {', '.join(MODELS)}")
    if model.protocol == "dlt645" and not (spec.address.isdigit() and len(spec.address) <= 12):
        raise ValueError(f"meter {spec.name}: address {spec.address!r} must be 1 to 12 digits")
    if model.protocol == "modbus" and not (spec.address.isdigit() and 1 <= int(spec.address) <= 247):
        raise ValueError(f"meter {spec.name}: Modbus address {spec.address!r} must be 1 to 247")
    if spec.ct_ratio < 1 or not 100 <= spec.power_factor_milli <= 1000:
        raise ValueError(f"meter {spec.name}: ct_ratio must be at least 1 and power_factor_milli 100 to 1000")
    if (
        not 20 <= spec.frame_data_limit <= 200
        or not 0 <= spec.preamble_fe <= 16
        or not 1 <= spec.tariffs <= 63
    ):
        raise ValueError(
            f"meter {spec.name}: frame_data_limit is 20 to 200, preamble_fe 0 to 16, tariffs 1 to 63"
        )
    if not 1 <= spec.settlement_day <= 28:
        raise ValueError(f"meter {spec.name}: settlement_day is 1 to 28")
    parse_register(spec.own_credit)
    if spec.turn_round_ms and len(spec.turn_round_ms) != 2:
        raise ValueError(f"meter {spec.name}: turn_round_ms is [shortest, longest]")


def parse_register(text: str) -> int:
    """Turn a register such as "123.45" into 0.01 kWh; raise ValueError beyond 0.00 to 999999.99."""
    match = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,2}))?", text.strip())
    if match is None:
        raise ValueError(f"register {text!r} must lie in 0.00 to 999999.99 (kWh)")
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def default_meter_number(address: str) -> str:
    """Return the identity of a meter whose configuration names none."""
    return str(int(address) + 800_000_000_000).zfill(12)[-12:]
