"""`make attack`: forged, replayed, reordered, cut and misaddressed messages at every door of the link; none may act (R-G5).

At the gateway: commands, acknowledgements, files and codes of credit, through the daemon's own parts over real stores. At central:
births, rows, answers and states, at the taker that ingest runs, over its databases. Both are judged by all that they keep. A share
goes by a real broker to a real daemon and by HTTP to the pages of enrolment. Valid messages stand between and must act.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from tests.attack.attack_gateway import GatewayAttack
from tests.attack.attack_vouchers import VoucherAttack
from tests.attack.tally import Tally
from tests.brokers import MOSQUITTO
from tests.central.own_central import OwnCentral

N, SEED = 100_000, 1
BLOCKS_A_LIFE = 26
SHOTS_A_BLOCK = 30
IN_MEMORY = "/dev/shm"
CENTRAL_SHARE, BROKER_SHARE = 0.35, 0.03
WEB_SHOTS = 60
MOST_CPU_S = 300
HOLES_SHOWN = 20
KINDS = (
    *("grant", "set-relay", "take-back", "configure", "approve-cuts", "read-now", "bill-gap"),
    *("draw-emergency", "begin-software-control", "end-software-control", "trust-keys", "close-account"),
    *("resend", "resolve-alarm", "begin-epoch"),
    *("acknowledgement", "gap told", "voucher file", "voucher code"),
)
CENTRAL_KINDS = (
    *("birth", "answer", "readings", "entry", "grant's entry", "decision", "relay", "alarm", "health"),
    *("watermark", "balances", "period-register", "lock-out", "meter-bound", "registry", "command's result"),
    *("software-control-begun", "software-control-ended", "enrolment", "renewal", "answer to a card"),
)


async def attack_gateways(tally: Tally, shots: int, seed: int, blocks: int = BLOCKS_A_LIFE) -> None:
    """Attack one gateway's life after the other, until so many shots were fired."""
    goal, life = tally.total("sent") + shots, 0
    while tally.total("sent") < goal:
        life += 1
        with tempfile.TemporaryDirectory(dir=IN_MEMORY if os.path.isdir(IN_MEMORY) else None) as folder:
            await _life(tally, Path(folder), random.Random(f"{seed}-{life}"), life, blocks)


async def _life(tally: Tally, folder: Path, dice: random.Random, life: int, blocks: int) -> None:
    (folder / f"g{life}").mkdir()
    attack = GatewayAttack(folder / f"g{life}", tally, dice)
    await attack.begin()
    vouchers = VoucherAttack(attack)
    for block in range(blocks):
        await attack.block(SHOTS_A_BLOCK)
        if block % 5 == 4:
            await attack.acks(SHOTS_A_BLOCK)
            await vouchers.files(SHOTS_A_BLOCK)
            await vouchers.codes()
            await vouchers.at_once()
        if block == blocks // 2:
            await attack.copy_store(folder / "copy")
    await attack.new_epoch(40)
    await attack.retired_key(40)
    await vouchers.by_retired_key()
    await attack.blank_store(40)
    await attack.restored_store(folder / "copy", 40)
    await attack.gateway.stop()


def attack_central(tally: Tally, shots: int, seed: int, folder: Path) -> bool:
    """Attack central's ingest and its pages of enrolment; Django is set up. Say whether all that changed was seen."""
    from tests.attack.attack_central import CentralAttack
    from tests.attack.attack_web import web
    from tests.attack.target_central import TargetCentral

    goal, turn = tally.total("sent") + shots, 0
    attack = CentralAttack(TargetCentral(), tally, random.Random(f"{seed}-central"))
    attack.begin()
    while tally.total("sent") < goal:
        turn += 1
        attack.rows(SHOTS_A_BLOCK)
        if turn % 3 == 0:
            attack.births(SHOTS_A_BLOCK)
            attack.answers(SHOTS_A_BLOCK)
            attack.states()
        if turn % 10 == 5:
            attack.revoked(10)
        if turn % 100 == 50:
            attack.former_epoch(40)
    attack.former_epoch(40)
    attack.forgotten_boots()
    web(attack, folder, random.Random(f"{seed}-web"), rounds=min(4, 1 + shots // 10_000), shots=WEB_SHOTS)
    attack.end()
    attack.target.deafen()
    return attack.nothing_escaped() and attack.counters_agree()


def quiet() -> None:
    """Refusals by the hundred thousand are no news here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def main() -> int:
    """Read the arguments, attack, print; 0 when every goal was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=N)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    quiet()
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if os.path.isdir(IN_MEMORY) else None) as folder:
        own = OwnCentral(Path(folder) / "central")
        own.folder.mkdir()
        made = own.start("init")
        tally, began_s = Tally(), time.monotonic()
        at_central = int(options.shots * CENTRAL_SHARE)
        by_broker = _by_broker(tally, Path(folder) / "daemon", options)
        asyncio.run(attack_gateways(tally, options.shots - at_central - by_broker, options.seed))
        said, _nothing = made.communicate()
        if made.returncode:
            print(said)
            return 2
        os.environ.update(own.environment)
        _set_up()
        is_whole = attack_central(tally, at_central, options.seed, Path(folder))
        return report(tally, options, is_whole, time.monotonic() - began_s)


def _by_broker(tally: Tally, folder: Path, options: argparse.Namespace) -> int:
    """Attack a running daemon where Mosquitto is installed; give how many shots that was."""
    if MOSQUITTO is None:
        print(
            "Mosquitto is not installed (apt-get install mosquitto): no share of the attack goes by a real broker"
        )
        return 0
    from tests.attack.attack_broker import attack_daemon

    folder.parent.chmod(0o755)
    folder.mkdir()
    dice, shots = random.Random(f"{options.seed}-broker"), int(options.shots * BROKER_SHARE)
    asyncio.run(attack_daemon(tally, folder, dice, shots))
    return tally.total("sent")


def _set_up() -> None:
    import django

    django.setup()
    logging.disable(logging.CRITICAL)


def report(tally: Tally, options: argparse.Namespace, is_whole: bool, seconds: float) -> int:
    """Print each class and each goal; 0 when all are met."""
    tally.show()
    kinds = ", ".join(f"{kind} {acted}/{sent}" for kind, (sent, acted) in sorted(tally.kinds.items()))
    print(f"\nvalid messages, acted of sent: {kinds}")
    sent = tally.total("sent")
    print(
        f"\n{sent} bad messages of {len(tally.rows)} classes, seed {options.seed}, {seconds:.0f} s, {cpu_s():.0f} s of a processor"
    )
    for said, met in (goals := list(goals_of(tally, options.shots, is_whole))):
        print(f"  {'met ' if met else 'MISS'}  {said}")
    for hole in tally.holes()[:HOLES_SHOWN]:
        print(f"          {hole}")
    print(f"ATTACK: {sum(met for _, met in goals)}/{len(goals)} goals met")
    return 0 if all(met for _, met in goals) else 1


def goals_of(tally: Tally, shots: int, is_whole: bool) -> Iterator[tuple[str, bool]]:
    """Give each goal in words, and whether it was met."""
    rows, kinds = tally.rows.values(), tally.kinds.values()
    sent, acted = tally.total("sent"), tally.total("acted")
    named = sum(row.refused.total() for row in rows)
    valid, did = sum(sent for sent, _ in kinds), sum(acted for _, acted in kinds)
    sound = sum(row.is_sound for row in rows)
    missing = [kind for kind in (*KINDS, *CENTRAL_KINDS) if not tally.kinds.get(kind, [0, 0])[1]]
    yield f"bad messages sent: {sent}, goal {shots}", sent >= shots
    yield f"bad messages that acted: {acted}, goal 0", acted == 0
    yield (
        f"bad messages counted under a name: {named} of {sent}",
        named == sent and not tally.total("unnamed"),
    )
    yield f"valid messages that acted: {did} of {valid}", did == valid
    yield f"classes whose every valid message beside them acted: {sound} of {len(rows)}", sound == len(rows)
    yield f"kinds of message none of which acted: {', '.join(missing) or 'none'}", not missing
    yield "central's tables and counters agree with what was sent", is_whole
    if shots >= N:
        spent_s = cpu_s()
        yield f"seconds of one processor: {spent_s:.0f}, goal <= {MOST_CPU_S}", spent_s <= MOST_CPU_S


def cpu_s() -> float:
    """Give the processor time of this process and of those that it started."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system


if __name__ == "__main__":
    sys.exit(main())
