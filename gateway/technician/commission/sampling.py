"""The power of many meters, read again and again: all lines at once, one meter after another on each."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from gateway.protocols.driver import Item
from gateway.technician.commission.stage import Work
from gateway.technician.commission.wires import Wired
from gateway.technician.one_shot import Trouble

ROUNDS = 3


async def sample(meters: Mapping[str, Wired], work: Work) -> dict[str, list[int]]:
    """Read the power of each meter ROUNDS times, in W; a meter that does not answer has fewer. Stops early when told to."""
    powers: dict[str, list[int]] = {name: [] for name in meters}
    by_line: dict[str, list[str]] = defaultdict(list)
    for name, wired in meters.items():
        by_line[wired.bus.name].append(name)
    work.count(0, ROUNDS * len(meters))
    for _ in range(ROUNDS):
        sweeps = (_sweep(names, meters, powers, work) for names in by_line.values())
        await asyncio.gather(*sweeps)
    return powers


async def _sweep(
    names: Sequence[str], meters: Mapping[str, Wired], powers: dict[str, list[int]], work: Work
) -> None:
    for name in names:
        if work.stopped:
            return
        values = await meters[name].values(Item.POWER)
        if not isinstance(values, Trouble) and values.power_w is not None:
            powers[name].append(values.power_w)
        work.count(work.done + 1, work.total)
