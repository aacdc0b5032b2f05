"""What one reading costs at its gateway, and one payment at its desk: processor time of the real use cases, in this process."""

import time

from gateway.application.outbox import BATCH_BYTES, Position, outbox_batch
from gateway.contract.commands import PolicyRule
from gateway.contract.topics import UP
from tests.application.site import Site, room, tie
from tests.central.gateway_twin import GatewayTwin

METERS, SWEEPS = 48, 40
PAUSE_MS = 25_000


def gateway_us() -> float:
    """Post readings as a line poller does, settle, commit, seal what goes up; give microseconds of a core for each.

    The wire's own bytes are not in it: `bench-poll` tells of them.
    """
    site, twin, names = Site(":memory:"), GatewayTwin(), [f"a{n}" for n in range(METERS)]
    ties = [tie(name, f"m{name[1:]}") for name in names]
    site.configure(*map(room, names), bindings=ties, policy=PolicyRule(new_account_grace_s=0))
    for name in names:
        site.grant(f"g-{name}", 900_000_000, account=name)
    began_s, sent = time.process_time(), None
    for sweep in range(SWEEPS):
        site.wait(PAUSE_MS)
        for number in range(METERS):
            site.look(1_000_000 + 10 * sweep, f"m{number}")
        site.journal.commit()
        batch = site.ask(outbox_batch, BATCH_BYTES, sent)
        if batch is not None:
            sent = Position(batch.epoch, batch.rows[-1].seq)
            twin.sealed(UP, batch)
    spent_s = time.process_time() - began_s
    site.journal.close()
    return spent_s * 1e6 / (METERS * SWEEPS)


def payments_per_core(accounts: list[str], cashier: object, seconds: float) -> float:
    """Sell at one desk without a pause; give how many payments a core of central's would make in a second."""
    from tests.bench.desk_load import _pay_once

    began_s, cpu_s, turn = time.monotonic(), time.process_time(), 0
    while time.monotonic() - began_s < seconds:
        _pay_once(accounts[turn % len(accounts)], cashier, f"unit-{turn}")
        turn += 1
    return turn / (time.process_time() - cpu_s)
