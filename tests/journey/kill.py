"""`make journey KILL=1`: kill -9 gateway, broker, ingest, web server and a second desk at random moments while rooms pay and
run out; close the day; then audit.

python -m tests.journey.kill [--rounds 100] [--broker amqtt|mosquitto] [--seed N] [--dir var/journey-kill]
"""

import argparse
import asyncio
import random
import sys
from pathlib import Path

from firmware_tools.campus.parts import CommandFailed, python
from firmware_tools.campus.session import Manner
from firmware_tools.campus.supervisor import Part
from tests.journey.bench import Bench, running_bench
from tests.journey.desk_acts import Notes
from tests.journey.journey_layout import journey_campus
from tests.journey.legs import rows
from tests.journey.room_life import live

SEED = 20_261_123
LONGEST_S = 600
QUIET_WITHIN_S = 90
DESK = "second-desk"
EVENING_KILLS, EVENING_PAUSE_S = 4, (0.5, 5.0)
REPOSITORY = Path(__file__).parents[2]
PAUSE_S = (0.3, 4.0)
"""Between two kills: short enough to hit programs that are still starting, long enough that work goes on."""


async def journey(rounds: int, root: Path, manner: Manner, seed: int) -> int:
    """Kill, wait for quiet, stop, audit; 0 when every figure is 0."""
    async with running_bench(journey_campus(), root, manner) as bench:
        await bench.approve_cuts()
        await _start_second_desk(bench)
        async with asyncio.timeout(LONGEST_S):
            killed = await _kill_and_live(bench, rounds, seed)
            print(
                f"Killed: {', '.join(f'{name} {times}' for name, times in sorted(killed.items()))}.",
                flush=True,
            )
            await _evening(bench, seed)
            await _quiet(bench)
    return await audit(bench, rounds)


async def _start_second_desk(bench: Bench) -> None:
    """Let a second cashier work beside the web server, in a process of his own."""
    environment = {**bench.session.parts.central_environment(), "PYTHONPATH": str(REPOSITORY)}
    command = python("tests.journey.desk_acts", str(bench.folder.root))
    part = Part(DESK, command, environment, restart_delay_s=bench.session.parts.restart_delay_s)
    await bench.session.supervisor.start(part)


async def _evening(bench: Bench, seed: int) -> None:
    """Drawers are counted, the day is closed, handed in and received, while its cashier is killed again and again."""
    dice, notes = random.Random(seed), Notes(bench.folder.root)
    notes.stop.touch()
    for _ in range(EVENING_KILLS):
        await asyncio.sleep(dice.uniform(*EVENING_PAUSE_S))
        if not notes.done.exists():
            bench.session.supervisor.kill(DESK)
    while not notes.done.exists():
        await asyncio.sleep(0.3)


async def _kill_and_live(bench: Bench, rounds: int, seed: int) -> dict[str, int]:
    """Let rooms live while parts are killed; give how often each was."""
    dice = random.Random(seed)
    victims = [
        "broker",
        "ingest",
        "web",
        DESK,
        *(f"gateway-{building.gateway}" for building in bench.session.campus.buildings),
    ]
    killed = dict.fromkeys(victims, 0)
    paid: asyncio.Queue = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(live(meter, room, bench.desk, bench.watch, seed, paid))
            for meter, room in bench.rooms
        ]
        for _ in range(rounds):
            await asyncio.sleep(dice.uniform(*PAUSE_S))
            victim = dice.choice(victims)
            bench.session.supervisor.kill(victim)
            killed[victim] += 1
        await _calm(bench, tasks)
    return killed


async def _calm(bench: Bench, tasks: list[asyncio.Task[None]]) -> None:
    """Nobody pays or uses energy any more; a payment at the desk is brought to its end first."""
    async with bench.desk.turn:
        for task in tasks:
            task.cancel()
    for meter, _ in bench.rooms:
        await bench.meters.set_load(meter, "0W")


async def _quiet(bench: Bench) -> None:
    """Wait until every row has arrived, every command is answered and every register has been read."""
    async with asyncio.timeout(QUIET_WITHIN_S):
        while (left := await _unfinished(bench)) is not None:
            print(f"  waiting: {left}", flush=True)
            await asyncio.sleep(2)


async def _unfinished(bench: Bench) -> str | None:
    central, telemetry = bench.folder.central_db, bench.folder.telemetry_db
    open_commands = rows(
        central, "SELECT count(*) FROM link_command WHERE state IN ('queued', 'sent', 'pending')"
    )[0][0]
    if open_commands:
        return f"{open_commands} commands without an answer"
    read_wh = dict(rows(telemetry, "SELECT meter, register_wh FROM telemetry_lastreading"))
    shown_wh = {meter: _wh(state["register_kwh"]) for meter, state in (await bench.meters.states()).items()}
    behind = [meter for meter, register_wh in shown_wh.items() if read_wh.get(meter) != register_wh]
    return f"{len(behind)} registers not at central, such as {behind[0]}" if behind else None


def _wh(kwh: str) -> int:
    whole, _, hundredths = kwh.partition(".")
    return int(whole) * 1000 + int(hundredths) * 10


async def audit(bench: Bench, rounds: int) -> int:
    """Run the auditor as anyone would, and hold the cashier's own memory against central's payments."""
    folder = bench.folder
    journals = [str(folder.journal(building)) for building in bench.session.campus.buildings]
    auditor = await asyncio.create_subprocess_exec(
        *python("firmware_tools", "audit", "--quiet", "--central", str(folder.central_db)),
        *("--telemetry", str(folder.telemetry_db), "--truth", str(folder.truth), "--gateway", *journals),
    )
    clean = await auditor.wait() == 0
    stored = {row[0] for row in rows(folder.central_db, "SELECT payment_id FROM desk_payment")}
    second = Notes(folder.root)
    confirmed = {sale.payment for sale in bench.desk.sales} | set(second.confirmed())
    missing = len(confirmed - stored)
    corrected = [line for line in second.lines() if "correct" in line]
    said = f"{len(second.confirmed())} payments by cash, card and transfer, {len(corrected)} corrections asked for"
    print(f"The second desk: {said}.")
    goals = {
        f"confirmed at the desk and not in the books: {missing} (goal 0)": missing == 0,
        f"in the books and never confirmed: {len(stored - confirmed)} (goal 0)": stored <= confirmed,
        "the auditor finds nothing": clean,
        "verify finds nothing: books, shifts, day, safe, hand-in": await _verified(bench),
        "the day is closed and finance has its cash": _handed_in(bench),
    }
    pressed_again = bench.desk.pressed_again
    print(
        f"\n{rounds} kills; {len(confirmed)} payments, whose button was pressed {pressed_again} times more than once"
    )
    for goal, met in goals.items():
        print(f"  {'met ' if met else 'MISS'}  {goal}")
    print(f"journey-kill: {sum(goals.values())}/{len(goals)} goals met")
    return 0 if all(goals.values()) else 1


async def _verified(bench: Bench) -> bool:
    """Run `verify` as anyone would; what it says is printed when it is not content."""
    try:
        await bench.session.opening.central("verify")
    except CommandFailed as failed:
        print(failed)
        return False
    return True


def _handed_in(bench: Bench) -> bool:
    """Every fen of cash that was taken, and not given back for a void receipt, is on finance's account: none stays at the desk."""
    taken = """SELECT coalesce(sum(p.amount_fen), 0) FROM desk_payment p JOIN desk_receipt r USING (payment_id)
               WHERE p.method = 'cash' AND r.number NOT IN (SELECT receipt_id FROM desk_receiptvoid)"""
    handed = "SELECT coalesce(sum(cash_fen), 0) FROM desk_handin JOIN desk_handinend ON hand_in_id = number WHERE received"
    database = bench.folder.central_db
    return rows(database, taken) == rows(database, handed)


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--broker", choices=["amqtt", "mosquitto"], default="amqtt")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--dir", type=Path, default=Path("var/journey-kill"))
    options = parser.parse_args()
    manner = Manner(options.broker, sample_s=5.0, restart_delay_s=0.2)
    return asyncio.run(journey(options.rounds, options.dir, manner, options.seed))


if __name__ == "__main__":
    sys.exit(main())
