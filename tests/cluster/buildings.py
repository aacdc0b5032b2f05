"""Many buildings in one process, each a whole gateway but for its lines: `python -m tests.cluster.buildings FOLDER`.

Real: journal, writer thread, books, outbox, command receiver, uplink with its spare brokers, all put together by the gateway's own
`assemble`. Only meters are made up: each room's register is posted as a line poller posts it. Prints each quarter second, as JSON,
how far each outbox is written and acknowledged; ends when its standard input does, after the outboxes are empty.
"""

import asyncio
import contextlib
import json
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from gateway.adapters.key_file import load_key
from gateway.adapters.model_files import read_models
from gateway.app.assembly import assemble
from gateway.app.parts import Parts
from gateway.application.outbox import marks
from gateway.application.ports import Journal
from gateway.application.post_reading import post_reading
from gateway.application.settle import settle
from gateway.application.settle_due import write_watermark
from gateway.config import GatewayConfig, load_config
from gateway.contract.facts import EntryCause, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import AccountRule
from gateway.domain.reading import MeterReading

SWEEP_S = 1.0
SETTLE_EVERY_S = 15.0
WATERMARK_EVERY_S = 10.0
TELL_EVERY_S = 0.25
DRAIN_WITHIN_S = 60.0


@dataclass
class Building:
    """One gateway at work."""

    parts: Parts
    meters: list[str]
    register_wh: int = 1_000_000
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def live(self) -> None:
        """Post a sweep of readings each second, settle and compare now and then."""
        settled_s = compared_s = 0.0
        while True:
            began_s = time.monotonic()
            self.register_wh += 10
            now = self.parts.clock.now()
            await self.parts.store.run(lambda journal, now=now: self._sweep(journal, now))
            if began_s - settled_s > SETTLE_EVERY_S:
                settled_s = began_s
                await self.parts.store.run(lambda journal, now=now: _settle_all(journal, now))
            if began_s - compared_s > WATERMARK_EVERY_S:
                compared_s = began_s
                await self.parts.store.run(lambda journal, now=now: write_watermark(journal, now))
            await asyncio.sleep(max(0.0, began_s + SWEEP_S - time.monotonic()))

    def _sweep(self, journal: Journal, now: Instant) -> None:
        for meter in self.meters:
            post_reading(
                journal, MeterReading(MeterNo(meter), self.register_wh, raw=b"\x68\x16", power_w=500), now
            )

    async def depth(self) -> tuple[int, int]:
        """Give how far the outbox is written, and how far acknowledged."""
        return await self.parts.store.run(
            lambda journal: (
                sum(journal.last_seq(mark.epoch) for mark in marks(journal)),
                sum(mark.acked_seq for mark in marks(journal)),
            )
        )


def _settle_all(journal: Journal, now: Instant) -> None:
    for account in journal.records(AccountRule):
        settle(journal, AccountId(account), EntryCause.HOUR, now)


async def main(root: Path) -> int:
    """Run all buildings of a folder until standard input ends; exit code 1 when an outbox was not emptied."""
    plan = json.loads((root / "plan.json").read_text())
    async with AsyncExitStack() as endings:
        buildings = {name: await _begin(root / name, meters, endings) for name, meters in plan.items()}
        living = [asyncio.create_task(building.live()) for building in buildings.values()]
        telling = asyncio.create_task(_tell(buildings))
        await asyncio.to_thread(sys.stdin.read)
        await _end(living)
        for (
            building
        ) in buildings.values():  # the last sweep waits for company: it is a row once it is committed
            await building.parts.store.run(lambda journal: journal.must_commit())
        drained = await _drained(buildings)
        await _end([telling, *(task for building in buildings.values() for task in building.tasks)])
        for building in buildings.values():
            await building.parts.uplink.stop()
        print(json.dumps({"ended": True, "drained": drained}), flush=True)
    return 0 if drained else 1


async def _begin(folder: Path, meters: list[str], endings: AsyncExitStack) -> Building:
    config, signer = load_config(folder / "gateway.toml"), load_key(folder / "gateway.key")
    assert isinstance(config, GatewayConfig), config
    parts, _booted = await assemble(config, signer, read_models(), endings)
    building = Building(parts, meters)
    building.tasks += [asyncio.create_task(parts.drain.run()), asyncio.create_task(parts.receiver.run())]
    await parts.uplink.start()
    return building


async def _tell(buildings: dict[str, Building]) -> None:
    while True:
        depths = {name: await building.depth() for name, building in buildings.items()}
        print(json.dumps({"at": time.monotonic(), "depths": depths}), flush=True)
        await asyncio.sleep(TELL_EVERY_S)


async def _drained(buildings: dict[str, Building]) -> bool:
    give_up = time.monotonic() + DRAIN_WITHIN_S
    while time.monotonic() < give_up:
        depths = [await building.depth() for building in buildings.values()]
        if all(written == acked for written, acked in depths):
            return True
        await asyncio.sleep(0.2)
    return False


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
