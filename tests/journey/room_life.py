"""What happens in the rooms while nobody measures: somebody pays, the room is supplied, uses it up, is cut, and pays again."""

import asyncio
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from firmware_tools.campus.cashier import Cashier, DeskRefused, Offer, Sale
from firmware_tools.campus.meter_control import meter_events
from firmware_tools.campus.opening import CASHIER

RETRY_S = 0.3
DESK_TROUBLE = (DeskRefused, OSError, LookupError, HTTPException)
"""What a cashier meets while the server is away: no connection, half an answer, an error page."""


class RelayWatch:
    """Hears every relay move from the meters themselves and wakes whoever waits for one."""

    def __init__(self, control: Path) -> None:
        self._control = control
        self._closed: dict[str, bool] = {}
        self._changed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.cuts = 0

    def knows(self, meter: str, *, closed: bool) -> None:
        """Take a state that was read otherwise."""
        self._closed[meter] = closed
        self._changed[meter].set()

    async def listen(self) -> None:
        """Listen until cancelled."""
        async for event in meter_events(self._control):
            if event["event"] == "relay":
                self.cuts += not event["contact_closed"]
            if event["event"] in ("relay", "load"):
                self.knows(event["meter"], closed=event["contact_closed"])

    async def until(self, meter: str, *, closed: bool) -> None:
        """Wait until a meter's contact is where it should be."""
        while self._closed.get(meter) is not closed:
            self._changed[meter].clear()
            await self._changed[meter].wait()


@dataclass
class Desk:
    """A cashier who presses the button of one and the same page again until it is confirmed."""

    web_url: str
    sales: list[Sale] = field(default_factory=list)
    pressed_again: int = 0
    _cashier: Cashier | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pay(self, room: str, yuan: str) -> Sale:
        """Take cash for a room, however long it takes."""
        async with self.turn:
            offer = await self._insist(lambda cashier: cashier.offer(room, yuan))
            sale = await self._press(offer)
            self.sales.append(sale)
            return sale

    async def _press(self, offer: Offer) -> Sale:
        tries = 0

        def press(cashier: Cashier) -> Sale:
            nonlocal tries
            tries += 1
            return cashier.press(offer)

        sale = await self._insist(press)
        self.pressed_again += tries - 1
        return sale

    async def _insist(self, act):
        while True:
            try:
                return await asyncio.to_thread(act, await self._signed_in())
            except DESK_TROUBLE:
                await asyncio.sleep(RETRY_S)

    async def _signed_in(self) -> Cashier:
        if self._cashier is None:
            cashier = Cashier(self.web_url)
            await asyncio.to_thread(cashier.sign_in, CASHIER.name, CASHIER.password)
            self._cashier = cashier
        return self._cashier


async def live(
    meter: str, room: str, desk: Desk, watch: RelayWatch, seed: int, paid: asyncio.Queue[Sale]
) -> None:
    """Pay, be supplied, run out, again and again until cancelled."""
    dice = random.Random(f"{seed}:{room}")
    # The first credit comes while the room is still supplied: a new account is not cut before it had any, for a while.
    await desk.pay(room, "1.00")
    while True:
        await watch.until(meter, closed=False)
        await asyncio.sleep(dice.uniform(0.5, 3))
        sale = await desk.pay(room, f"{dice.randrange(100, 140) / 100:.2f}")
        await watch.until(meter, closed=True)
        paid.put_nowait(sale)


def wall_ms() -> int:
    """The machine's wall clock: at rate 1 it is the campus's too."""
    return time.time_ns() // 1_000_000
