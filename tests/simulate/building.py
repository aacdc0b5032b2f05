"""What happens to the building: purchases, orders and troubles by the dice, one asyncio task for each kind of them."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware_tools.virtual_meter.faults import LineFaults
from gateway.application.grant import apply_voucher
from gateway.contract.commands import (
    Configure,
    DrawEmergency,
    Grant,
    Opening,
    RelayWish,
    SetRelay,
    TakeBack,
)
from gateway.contract.facts import Alarm
from gateway.contract.rules import AccountRule, EmergencyRule, HighPowerRule, PolicyRule, PowerCapRule
from tests.application.site import room, tie
from tests.simulate.decisions import (
    CAP_ROOM,
    CAP_W,
    DARK_ROOM,
    EMERGENCY_LIMIT,
    EMERGENCY_ROOM,
    HIGH_POWER_ROOM,
    NO_CUT_EXTRA,
    NO_CUT_ROOM,
    STEP_W,
)
from tests.simulate.gateway_life import InlineStore, Life
from tests.simulate.invariants import Watch
from tests.simulate.link import Central
from tests.simulate.masters import GROUPS
from tests.simulate.tariffs import (
    DAY_MS,
    KNOWN_AT_FIRST,
    LEARNT_DAY,
    PRICES,
    TARIFFS,
    calendars,
    price_rules,
)
from tests.simulate.world import PROTECTED, ROOMS, GatewayTime, World

MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0
YEAR_MS = 365 * DAY_MS
QUIET_S = 3 * HOUR_S
SETTLED_WITHIN_S = 80 * MINUTE_S
"""The hour of C-12, a sweep, and the look that settles."""
NOISY = LineFaults(
    loss=0.06, deaf=0.05, split=0.1, delay=0.05, noise=0.08, flip=0.08, late_switch=0.03, foreign=0.02
)
LOOK_EVERY_S = 2 * HOUR_S


@dataclass
class Tally:
    """What a run was made of, and what was wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Building:
    """One run."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.folder, self.dice = folder, dice
        self.world = World(dice)
        self.central = Central(dice, self.world.now_ms)
        self.time = GatewayTime(self.world)
        self.watch = Watch(folder / "journal.db", self.world, self.central)
        self.world.on_move = self.watch.contact_moved
        self.counts: Counter[str] = Counter()
        self.boots = 1
        self.version = 0
        self.quiet = False
        self.restarting = False
        self.wakes_stale = False
        self.life: Life

    async def live(self, days: float, sought: str = "") -> Tally:
        """Set the building up, let the troubles loose, end in quiet, and conclude; or end with a fault that is sought."""
        for line in self.world.lines:
            await self.world.plug(line)
        await self._start()
        self._configure()
        for name in ROOMS:
            self._grant(name, 8_000_000)
        ending = [
            self._line_noise(),
            self._unplugging(),
            self._dying_meters(),
            self._outages(),
            self._clock_jumps(),
        ]
        ending += [self._heaters()]
        lasting = [
            self._late_price(),
            self._emergencies(),
            self._wardens(),
            self._purchases(),
            self._orders(),
            self._kills(),
            self._looks(),
            self._samples(),
            self.central.keep_sending(),
        ]
        troubles = [asyncio.create_task(trouble) for trouble in ending]
        tasks = [asyncio.create_task(other) for other in lasting]
        if not await self._found(sought, days):
            self._check_running([*troubles, *tasks])
            await self._calm_down(troubles, tasks)
            await asyncio.sleep(QUIET_S - SETTLED_WITHIN_S)
            self.watch.note_present()
            await asyncio.sleep(SETTLED_WITHIN_S)
            self._check_running(tasks)
            self.watch.conclude()
        await self.life.kill()
        for task in [*troubles, *tasks]:
            task.cancel()
        return self._tally(days)

    async def _found(self, sought: str, days: float) -> bool:
        """Wait for so many days, or, where a fault is sought, until it is told of; say whether it was."""
        if not sought:
            await asyncio.sleep(days * DAY_S)
            return False
        for _look in range(round(days * DAY_S / LOOK_EVERY_S)):
            await asyncio.sleep(LOOK_EVERY_S)
            if any(sought in fault for fault in self.watch.faults):
                return True
        return False

    def _check_running(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            if task.done() and not task.cancelled():
                raise AssertionError("a trouble ended by itself") from task.exception()

    async def _calm_down(self, troubles: list[asyncio.Task[None]], tasks: list[asyncio.Task[None]]) -> None:
        """No more troubles: mend everything, and let what is under way come to its end."""
        self.quiet = True
        for trouble in troubles:
            trouble.cancel()
        await asyncio.gather(*troubles, return_exceptions=True)
        self.central.is_up = True
        for line in self.world.lines.values():
            line.faults = LineFaults()
            await line.start()
        for meter in self.world.meters.values():
            meter.glitches.dead = False
        while self.restarting or self.watch.locked:
            self._check_running(tasks)
            await asyncio.sleep(10 * MINUTE_S)
        self.time.wrong_by_ms = 0

    def _tally(self, days: float) -> Tally:
        counts = {
            "virtual days": round(days),
            "requests on the wires": sum(line.counts.requests for line in self.world.lines.values()),
            "rows at central": sum(map(len, self.central.rows.values())),
            "ledger entries": self.watch.entries,
            "commands": len(self.central.commands),
            "commands sent again": self.central.again,
            "contacts opened": self.watch.cuts,
            "provisional entries": sum(one.provisional for one in self.watch.accounts.values()),
            "packs of readings thinned to nothing": self.watch.thinned,
            "Wh used while a wrong clock was believed": round(sum(self.watch.mispriced_wh.values())),
            "looks at the journal": self.watch.looks,
            **self.counts,
        }
        return Tally(counts, self.watch.faults)

    # --- the gateway's lives

    async def _start(self) -> None:
        self.life = Life(self.folder, self.world, self.central, self.time, self.boots)
        await self.life.start()
        if self.life.booted.quarantined:
            self.watch.blame(f"accounts in quarantine after a start: {self.life.booted.quarantined}")

    async def _kills(self) -> None:
        """Kill the process in the middle of a use case, or cut the Pi's power; start it again."""
        while True:
            await self._pause(1.5 * DAY_S)
            self.restarting = True
            store: InlineStore = self.life.store
            store.die_after(self.dice.randrange(1, 12), committed=self.dice.random() < 0.5)
            await store.died.wait()
            await self.life.kill()
            self.watch.look()
            if self.dice.random() < 0.4:
                await self._power_cut()
            else:
                self.counts["kill -9"] += 1
                await asyncio.sleep(self.dice.uniform(1, 20))
            await self._start()
            self.restarting = self.wakes_stale = False

    async def _power_cut(self) -> None:
        """The kernel's monotonic clock begins anew; the wall clock comes back right, stale, or in 1970."""
        self.counts["power cuts"] += 1
        off_ms = self.world.now_ms()
        wakes = self.dice.choice(["right", "stale", "1970"])
        self.wakes_stale = wakes == "stale"
        self.watch.sample(self.wakes_stale)
        await asyncio.sleep(self.dice.choice([20, 600, 4 * HOUR_S, 20 * HOUR_S]))
        self.boots += 1
        self.time.on_since_ms = self.world.now_ms()
        if wakes != "right":
            shows_ms = off_ms if wakes == "stale" else 5_000
            self.time.wrong_by_ms = shows_ms - self.world.now_ms()
            self.counts[f"woke with a clock {wakes}"] += 1
            self._mend_clock_later(self.dice.choice([2 * MINUTE_S, HOUR_S, 30 * HOUR_S]))

    async def _clock_jumps(self) -> None:
        """Somebody, or a time server gone mad, sets the clock: a year ahead, a year back, an hour, minutes."""
        while True:
            await self._pause(3 * DAY_S)
            self.counts["clock jumps"] += 1
            self.time.wrong_by_ms = self.dice.choice(
                [YEAR_MS, -YEAR_MS, 3_600_000, -3_600_000, 240_000, -self.world.now_ms()]
            )
            self._mend_clock_later(self.dice.choice([5 * MINUTE_S, 3 * HOUR_S, DAY_S]))

    def _mend_clock_later(self, after_s: float) -> None:
        asyncio.get_running_loop().call_later(after_s, setattr, self.time, "wrong_by_ms", 0)

    # --- wires and link

    async def _line_noise(self) -> None:
        while True:
            await self._pause(8 * HOUR_S)
            line = self.world.lines[self.dice.choice("ab")]
            line.faults = NOISY
            self.counts["hours of noise"] += 2
            await asyncio.sleep(2 * HOUR_S)
            line.faults = LineFaults()

    async def _unplugging(self) -> None:
        while True:
            await self._pause(2 * DAY_S)
            line = self.dice.choice("ab")
            self.counts["lines unplugged"] += 1
            await self.world.unplug(line)
            await asyncio.sleep(self.dice.choice([30, 20 * MINUTE_S, 5 * HOUR_S]))
            await self.world.plug(line)

    async def _dying_meters(self) -> None:
        while True:
            await self._pause(DAY_S)
            meter = self.world.meters[self.dice.choice(sorted(ROOMS))]
            if self.dice.random() < 0.4:
                self.counts["zero readings"] += 1
                meter.glitches.zero_reads = self.dice.randrange(1, 3)
                continue
            self.counts["meters dead for a while"] += 1
            meter.glitches.dead = True
            await asyncio.sleep(self.dice.choice([10 * MINUTE_S, 3 * HOUR_S, 30 * HOUR_S]))
            meter.glitches.dead = False

    async def _outages(self) -> None:
        while True:
            await self._pause(12 * HOUR_S)
            long = self.dice.random() < 0.15
            self.counts["broker outages"] += 1
            self.counts["of them days long"] += long
            self.central.is_up = False
            await asyncio.sleep(self.dice.uniform(1, 6) * DAY_S if long else self.dice.uniform(10, 3600))
            self.central.is_up = True

    # --- central's people

    def _configure(self, known_prices: int = KNOWN_AT_FIRST) -> int:
        """Publish the building; at first without what is learnt late."""
        self.version += 1
        ties = [tie(f"a{name}", f"m{name}") for name in ROOMS]
        opening = Opening(self.life.booted.epoch, [], {}, []) if self.version == 1 else None
        policy = PolicyRule(
            new_account_grace_s=0, keep_acked_days=8, keep_ledger_days=12, calendars=calendars()
        )
        accounts = [_rule(name) for name in ROOMS]
        prices = price_rules(known_prices)
        return self.central.command(
            Configure(self.version, accounts, ties, prices, policy, opening=opening, groups=GROUPS)
        )

    async def _late_price(self) -> None:
        """Central publishes a price after its instant; until the gateway knows, its flat rooms are billed by the old one."""
        await asyncio.sleep(LEARNT_DAY * DAY_S)
        await self._answered(self._configure(len(PRICES)))
        self.watch.learnt, self.watch.learnt_ms = True, self.world.now_ms()
        await asyncio.Event().wait()

    async def _heaters(self) -> None:
        while True:
            await self._pause(18 * HOUR_S)
            name = self.dice.choice([HIGH_POWER_ROOM, CAP_ROOM])
            self.counts["heaters plugged in"] += 1
            self.world.heat(name, "2200W", self.dice.randrange(20, 120) * 60_000)
            await asyncio.sleep(3 * HOUR_S)

    async def _emergencies(self) -> None:
        """The resident asks when there is nothing left; sometimes a second time, too soon."""
        while True:
            await asyncio.sleep(self.dice.uniform(2, 6) * HOUR_S)
            if self.watch.accounts[f"a{EMERGENCY_ROOM}"].balance < 0 and self.dice.random() < 0.5:
                self.counts["emergencies asked for"] += 1
                draw = f"e{len(self.central.commands) + 1}"
                self.watch.emergencies.add(self.central.command(DrawEmergency(draw, f"a{EMERGENCY_ROOM}")))

    async def _wardens(self) -> None:
        """A person closes what tripped too often."""
        while True:
            await asyncio.sleep(5 * HOUR_S)
            standing: dict[str, str] = {}
            for fact in self.central.facts:
                if isinstance(fact, Alarm) and fact.what == "power-trip-waits":
                    standing[fact.alarm] = fact.subject if fact.raised else ""
            for account in sorted(set(standing.values()) - {""}):
                self.counts["trips ended by a person"] += 1
                order = SetRelay(f"m{account[1:]}", RelayWish.AUTO, "warden", "the heater is gone")
                await self._answered(self.central.command(order))

    def _grant(self, name: str, amount: int) -> Grant:
        number = len(self.central.commands) + 1
        body = Grant(f"g{number}", f"a{name}", "paid", "yuan", amount)
        self.central.command(body)
        return body

    async def _purchases(self) -> None:
        """Each room is topped up when it runs low, some hours late; sometimes by a voucher carried in by hand, before or after."""
        while True:
            await asyncio.sleep(self.dice.uniform(1, 5) * HOUR_S)
            for name in ROOMS:
                left = self.watch.accounts[f"a{name}"].balance
                if left < 1_000_000 and self.dice.random() < 0.35:
                    body = self._grant(name, self.dice.randrange(2_000_000, 12_000_000))
                    if self.dice.random() < 0.3:
                        await self._carry(body)

    async def _carry(self, body: Grant) -> None:
        await asyncio.sleep(self.dice.uniform(0, 3))
        store, now = self.life.store, self.life.clock.now()
        if not store.died.is_set():
            self.counts["vouchers"] += 1
            carried = asyncio.create_task(store.run(lambda journal: apply_voucher(journal, body, now)))
            await asyncio.wait([carried], timeout=5)

    async def _orders(self) -> None:
        """Credit asked back, lock-outs and releases, the same configuration again."""
        while True:
            await self._pause(DAY_S)
            name = self.dice.choice(sorted(ROOMS))
            match self.dice.choice(["take-back", "lock-out"]):
                case "take-back":
                    request = f"t{len(self.central.commands) + 1}"
                    amount = self.dice.randrange(1, 2_000_000)
                    self.central.command(TakeBack(request, f"a{name}", "paid", amount))
                    self.counts["take-backs"] += 1
                case "lock-out" if name not in self.watch.locked:
                    self.counts["lock-outs"] += 1
                    self.watch.locked.add(name)
                    meter = f"m{name}"
                    self.central.command(
                        SetRelay(meter, RelayWish.LOCK_OUT, "electrician", "work on the riser")
                    )
                    await asyncio.sleep(self.dice.uniform(1, 8) * HOUR_S)
                    number = self.central.command(SetRelay(meter, RelayWish.RELEASE, "electrician", "done"))
                    await self._answered(number)
                    self.watch.locked.discard(name)

    async def _answered(self, number: int) -> None:
        while number not in self.central.results:
            await asyncio.sleep(10 * MINUTE_S)

    # --- watching

    async def _looks(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.watch.look()
            self.watch.faults += self.life.failures()

    async def _samples(self) -> None:
        while True:
            await asyncio.sleep(10 * MINUTE_S)
            believed = self.time.wrong_by_ms != 0 and self.life.clock.now().trusted
            self.watch.sample(believed or self.wakes_stale)

    async def _pause(self, mean_s: float) -> None:
        """Wait for the next trouble; there is none any more once it is to be quiet."""
        await asyncio.sleep(self.dice.uniform(0.3, 1.7) * mean_s)
        while self.quiet:
            await asyncio.sleep(DAY_S)


RULES: dict[str, dict[str, Any]] = {
    EMERGENCY_ROOM: {"emergency": EmergencyRule(EMERGENCY_LIMIT, hours=24, every_days=3)},
    DARK_ROOM: {"lights_out": "dark"},
    HIGH_POWER_ROOM: {"high_power": HighPowerRule(STEP_W, power_factor_milli=900)},
    CAP_ROOM: {"power_cap": PowerCapRule(CAP_W, confirmations=2)},
    NO_CUT_ROOM: {"no_cut_extra": NO_CUT_EXTRA},
    PROTECTED: {"protected": True},
}


def _rule(name: str) -> AccountRule:
    return room(f"a{name}", tariff=TARIFFS[name], warn_at=[2_000_000], **RULES[name])
