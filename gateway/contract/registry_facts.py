"""What an electrician found in a building, as the gateway tells it: central keeps the newest for the Pi after this one (R-G6).

Nothing here is money: bindings and registers are the ledger's (C-3).
"""

import msgspec

from gateway.contract.instant import Instant


class RegistryTest(msgspec.Struct, frozen=True):
    """The last test of a meter; `tested_at` is ISO 8601 with its offset."""

    tested_at: str
    outcome: str
    energy_wh: int | None = None
    relay_closed: bool | None = None


class RegistryLine(msgspec.Struct, frozen=True):
    """One line as it is wired."""

    name: str
    port: str
    baud: int
    parity: str


class RegistryMeter(msgspec.Struct, frozen=True):
    """One meter as found."""

    meter_number: str
    line: str
    address: str
    model: str
    ct_ratio: int = 1
    location: str = ""
    test: RegistryTest | None = None


class RegistryCopy(msgspec.Struct, frozen=True, tag="registry", tag_field="kind"):
    """The whole registry of a gateway."""

    at: Instant
    lines: list[RegistryLine]
    meters: list[RegistryMeter]
