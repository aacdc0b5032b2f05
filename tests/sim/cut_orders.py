"""Who lets held cuts go on (C-10): a person at the gateway, and somebody who has but one signature and mustn't."""

import random
from typing import TYPE_CHECKING, Any

from gateway.application.decide import approve_cuts
from gateway.contract.commands import ApproveCuts
from tests.sim.plan import Trouble
from tests.sim.timeline import HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from tests.sim.world import World


def approve(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Somebody has looked, and types `cardroom-gateway approve-cuts`: so many, for so long."""
    site = world.sites[trouble.building - 1]
    if not site.is_on:
        return
    now = site.clock.now()
    count, until_ms = dice.randrange(1, 6), now.wall_ms + dice.choice([30 * MINUTE_MS, 12 * HOUR_MS])
    world.watch_at(site).cuts.approve(count, until_ms)

    def act(journal: Any) -> tuple[()]:
        approve_cuts(journal, count, until_ms, "warden", now)
        return ()

    site.guarded(lambda: site.store.do(act))
    site.signals.read_soon(*site.meters)
    site.guarded(site.follow_up)


def ask_alone(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Central orders held cuts to go on, and no second person signed that: it is refused, and the guard holds what it held."""
    site, count = world.sites[trouble.building - 1], dice.randrange(1, 20)

    def act() -> Any:
        from django.db import transaction

        from central.link import outbox

        order = ApproveCuts(count, world.now_ms + 12 * HOUR_MS, "nobody", "00" * 64)
        with transaction.atomic():
            if outbox.locked(site.name).takes_orders:
                return outbox.enqueue(site.name, order, subject="", now_ms=world.now_ms)
        return "not now"

    world.desk.ask("approve", act)
