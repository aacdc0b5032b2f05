"""What goes wrong, and what people do beside the daily round: one function for each kind of trouble.

Each is told the trouble and dice of its own; what lasts is mended by itself after a while, and at the end of the run by `calm`.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.sim import cut_orders, hands
from tests.sim.gateway_site import GatewaySite
from tests.sim.plan import Trouble
from tests.sim.timeline import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from tests.sim.world import World

YEAR_MS = 365 * DAY_MS
Deed = Callable[["World", Trouble, random.Random], None]


def begin(world: "World", trouble: Trouble) -> None:
    """Let a trouble happen."""
    world.timeline.say(trouble.said)
    world.counts[trouble.kind] += 1
    DEEDS[trouble.kind](world, trouble, random.Random(f"{world.shape.seed}:{trouble.number}"))


def calm(world: "World") -> None:
    """No more troubles: mend everything, and let what is under way come to its end."""
    world.broker.split.clear()
    world.central.kills_in = None
    if not world.central.is_up:
        world.start_central()
    for site in world.sites:
        site.line.noise, site.line.is_gone, site.time.wrong_by_ms = 0.0, False, 0
        if site.is_on:
            site.store.dies_in = None
            site.store.fill_disk(False)
        world.power_on(site)
        site.connect()
    for room in world.rooms:
        room.dead, room.meter.glitches.zero_reads = False, 0
    for account in sorted(world.locked):
        hands.release(world, account)


def _site(world: "World", trouble: Trouble) -> GatewaySite:
    return world.sites[trouble.building - 1]


def _room(world: "World", trouble: Trouble, dice: random.Random) -> Any:
    return dice.choice(_site(world, trouble).rooms)


# --- gateways and their power


def _power_cut(world: "World", trouble: Trouble, dice: random.Random) -> None:
    site = _site(world, trouble)
    site.cut_power()
    world.power_back(site, dice)


def _killed_in_commit(world: "World", trouble: Trouble, dice: random.Random) -> None:
    site = _site(world, trouble)
    if site.is_on:
        site.store.dies_in, site.store.dies_committed = dice.randrange(1, 9), dice.random() < 0.5


def _disk_full(world: "World", trouble: Trouble, dice: random.Random) -> None:
    site = _site(world, trouble)
    if site.is_on:
        site.store.fill_disk(True)
        boots = site.boots
        world.timeline.after(
            dice.choice([HOUR_MS, 9 * HOUR_MS]),
            lambda: site.store.fill_disk(False) if site.is_on and site.boots == boots else None,
        )


def _clock_jump(world: "World", trouble: Trouble, dice: random.Random) -> None:
    site = _site(world, trouble)
    world.watch_at(site).was_wrong = True
    site.time.wrong_by_ms = dice.choice([YEAR_MS, -YEAR_MS, 2 * HOUR_MS, -2 * HOUR_MS, -world.now_ms])
    world.timeline.after(
        dice.choice([5 * MINUTE_MS, 3 * HOUR_MS, DAY_MS]), lambda: setattr(site.time, "wrong_by_ms", 0)
    )


def _restored(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """The card died; a backup of some days ago is put back."""
    site = _site(world, trouble)
    backups = world.backups_of(site)
    if backups:
        site.cut_power()
        site.put_back(dice.choice(backups))
        world.unsure_locks |= world.ever_locked & {room.account for room in site.rooms}
        world.unsure |= {room.account for room in site.rooms if room.installed}
        world.power_back(site, dice, restored=True)


# --- wires


def _line_noise(world: "World", trouble: Trouble, dice: random.Random) -> None:
    line = _site(world, trouble).line
    line.noise = dice.uniform(0.05, 0.4)
    world.timeline.after(dice.randrange(2, 30) * HOUR_MS, lambda: setattr(line, "noise", 0.0))


def _line_gone(world: "World", trouble: Trouble, dice: random.Random) -> None:
    line = _site(world, trouble).line
    line.is_gone = True
    world.timeline.after(dice.randrange(1, 40) * HOUR_MS, lambda: setattr(line, "is_gone", False))


def _meter_dead(world: "World", trouble: Trouble, dice: random.Random) -> None:
    room = _room(world, trouble, dice)
    room.dead = True
    world.timeline.after(dice.randrange(3, 60) * HOUR_MS, lambda: setattr(room, "dead", False))


def _zero_reading(world: "World", trouble: Trouble, dice: random.Random) -> None:
    _room(world, trouble, dice).meter.glitches.zero_reads = dice.randrange(1, 3)


# --- the link


def _link_split(world: "World", trouble: Trouble, dice: random.Random) -> None:
    site = _site(world, trouble)
    world.broker.split.add(site.name)

    def mend() -> None:
        world.broker.split.discard(site.name)
        site.connect()

    world.timeline.after(dice.choice([MINUTE_MS, 2 * HOUR_MS, 30 * HOUR_MS, 5 * DAY_MS]), mend)


def _central_killed(world: "World", trouble: Trouble, dice: random.Random) -> None:
    world.central.kill_at(dice.randrange(1, 12), committed=dice.random() < 0.5)


def _central_down(world: "World", trouble: Trouble, dice: random.Random) -> None:
    world.central.stop()
    world.central_back(dice.choice([10 * MINUTE_MS, 4 * HOUR_MS, DAY_MS]))


def _central_restored(world: "World", trouble: Trouble, dice: random.Random) -> None:
    world.restore_central(dice)


DEEDS: dict[str, Deed] = {
    "gateway-power-cut": _power_cut,
    "gateway-killed-in-commit": _killed_in_commit,
    "gateway-restored": _restored,
    "disk-full": _disk_full,
    "clock-jump": _clock_jump,
    "line-noise": _line_noise,
    "line-gone": _line_gone,
    "meter-dead": _meter_dead,
    "zero-reading": _zero_reading,
    "link-split": _link_split,
    "central-killed-in-commit": _central_killed,
    "central-down": _central_down,
    "central-restored": _central_restored,
    "forged": hands.forge,
    "replayed": hands.replay,
    "meter-swap": hands.swap,
    "lock-out": hands.lock_out,
    "theft": hands.steal,
    "books-damaged": hands.damage_books,
    "voucher": hands.carry_voucher,
    "take-back": hands.take_back,
    "departure": hands.depart,
    "price-change": hands.change_price,
    "resend": hands.ask_resend,
    "correction-at-23:59": hands.correct_late,
    "cuts-approved": cut_orders.approve,
    "one-signature": cut_orders.ask_alone,
}
