"""When something was, as far as a gateway can say. Every fact has one."""

import msgspec

from gateway.contract.identifiers import BootId


class Instant(msgspec.Struct, frozen=True, array_like=True):
    """When, as far as the gateway can say (C-14): the wall clock counts only while it is trusted."""

    boot: BootId
    monotonic_ms: int
    wall_ms: int
    """UTC."""
    trusted: bool
