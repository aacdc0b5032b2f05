"""Search the given ports side by side and tell what happens, event by event."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.technician.find.found import Event, FindState

ALL_PROTOCOLS = ("dlt645-2007", "dlt645-1997", "modbus-rtu")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be searched."""

    protocols: tuple[str, ...] = ALL_PROTOCOLS
    bauds: tuple[int, ...] = ()
    """Only these speeds; none: all, the likely ones first."""
    expect: int | None = None
    """End a port when so many meters were found on it: its electrician knows how many hang there."""
    thorough: bool = False
    """Ask each silent place twice."""


async def find(ports: Sequence[str], state: FindState, plan: Plan | None = None) -> AsyncIterator[Event]:
    """Search and tell; `state` is changed as the search goes on, so whoever keeps it after an event loses nothing.

    Close the generator (or cancel its task) to stop: the ports are closed and the same call goes on where it stopped.
    """
    raise NotImplementedError
    yield
