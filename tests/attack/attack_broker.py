"""A share of the attack by a real Mosquitto to the real daemon, a process of its own, and at its control socket (R-G5).

The attacker is a client of the broker like any other. What the daemon refused it tells by its status; what it did is read from its
store when it has ended.
"""

import asyncio
import os
import random
from pathlib import Path

from gateway.adapters.control_protocol import SOCKET_NAME
from gateway.contract.commands import Grant, encode_command
from gateway.contract.facts import Entry, EntryKind
from gateway.contract.topics import ACK, DOWN
from tests.app.station import Central, Station, central_for, fresh_signer, rooms, station_in
from tests.attack.forge import Forge, walk
from tests.attack.tally import Tally
from tests.brokers import start_mosquitto
from tests.free_ports import free_port

TARGET, SOCKET = "daemon", "socket"
AT_ONCE = 40
"""Shots between two looks: more would fill the daemon's queue, which drops, counts, and is a test of its own."""
NOBODY = 65_534
REFUSED = ("refused:", "link:arrival-other-topic", "link:arrival-too-long")


async def attack_daemon(tally: Tally, folder: Path, dice: random.Random, shots: int) -> None:
    """Fire so many at a running daemon, whose files have the rights that its unit gives them."""
    before = os.umask(0o027)
    try:
        await _attack(tally, folder, dice, shots)
    finally:
        os.umask(before)


async def _attack(tally: Tally, folder: Path, dice: random.Random, shots: int) -> None:
    port = free_port()
    for name in ("", "broker", "station"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(0o755)
    with start_mosquitto(folder / "broker", port):
        async with station_in(folder / "station", port) as station, central_for(station, port) as central:
            await station.start()
            await central.configure(*rooms("1"))
            credited = await _fire(tally, station, central, dice, shots)
            await _at_the_socket(tally, station)
            assert await station.stop() == 0
            _judge(tally, station, credited)


async def _fire(tally: Tally, station: Station, central: Central, dice: random.Random, shots: int) -> int:
    forge = Forge(dice, central.station.central, [fresh_signer(), fresh_signer()])
    mutations, credited, fired = walk(dice, forge), 0, 0
    while fired < shots:
        grant = Grant(f"b{fired}", "a1", "paid", "yuan", dice.randrange(1, 10**6), serial=fired + 1)
        down = central.seal(DOWN, encode_command(grant), central.number + 1)
        hows = []
        before = await _refusals(station)
        for _ in range(AT_ONCE):
            leaf = dice.choice([DOWN, DOWN, ACK])
            mutation = next(mutations)
            data = mutation.make(
                down if leaf == DOWN else central.seal(ACK, b'{"epoch":"e","seq":1,"central_ms":1}')
            )
            central.publish(leaf, data)
            hows.append(mutation.how)
        fired += AT_ONCE
        counted = await _counted(station, before + AT_ONCE) - before
        for place, how in enumerate(hows):
            tally.shot(
                TARGET, how, "refused" if place < counted else "", "", f"{counted} of {AT_ONCE} were counted"
            )
        result = await central.command(grant)
        did = result.outcome.value == "applied"
        credited += grant.amount
        tally.valid("command by the broker", did)
        tally.control(TARGET, set(hows), did, str(result))
    return credited


async def _refusals(station: Station) -> int:
    counters = (await station.status())["counters"]
    return sum(count for name, count in counters.items() if name.startswith(REFUSED))


async def _counted(station: Station, expected: int) -> int:
    """Wait until as many are counted; give how many are, when none comes any more."""
    for _ in range(200):
        found = await _refusals(station)
        if found >= expected:
            return found
        await asyncio.sleep(0.05)
    return found


async def _at_the_socket(tally: Tally, station: Station) -> None:
    """Somebody on the Pi who is in no group of the gateway's: the kernel keeps him out of the socket, the keys and the store."""
    if os.geteuid() != 0:
        return
    data, hows = station.data, set()
    data.chmod(0o755)  # what the folder keeps out as well
    for name in (SOCKET_NAME, "gateway.key", "journal.db"):
        how = f"opened by a stranger on the Pi: {name}"
        refused = await asyncio.to_thread(_as_nobody, data / name)
        tally.shot(SOCKET, how, refused, "" if refused else "he was let in", name)
        hows.add(how)
    tally.control(SOCKET, hows, bool(await station.status()), "the technician's own status")


def _as_nobody(path: Path) -> str:
    """Open a file or socket as another user, in a process of his; give why it could not be, or nothing."""
    child = os.fork()
    if child == 0:
        os._exit(_try(path))
    _, status = os.waitpid(child, 0)
    return "no-permission" if os.waitstatus_to_exitcode(status) == 13 else ""


def _try(path: Path) -> int:
    import socket

    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    try:
        if path.is_socket():
            socket.socket(socket.AF_UNIX).connect(str(path))
        else:
            path.open("rb").close()
    except PermissionError:
        return 13
    except OSError:
        return 1
    return 0


def _judge(tally: Tally, station: Station, credited: int) -> None:
    """The store says what was credited: what central granted, and nothing else."""
    facts = station.outbox()
    entries = [fact for fact in facts if isinstance(fact, Entry) and fact.entry_kind is EntryKind.GRANT]
    found = sum(line.amount for entry in entries for line in entry.lines)
    if found != credited:
        row = tally.row(TARGET, "signed by a stranger")
        row.acted += 1
        row.hole(f"the store was credited {found}, central granted {credited}")
