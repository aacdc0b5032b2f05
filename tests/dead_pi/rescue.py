"""A Pi burns while rooms use energy and pay; a blank card and the code bring the building back: what was seen, how long it took."""

import asyncio
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.dead_pi.building import (
    BUILDING,
    KWH,
    OPEN_CODE,
    PAID,
    PAYS_LATER,
    RUNS_OUT,
    Pi,
    Site,
    code_in,
    running_site,
    until,
)


@dataclass
class Rescue:
    """What was seen."""

    site: Site
    new: Pi
    first_said: str = ""
    second_said: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    """From the blank card's first command on."""
    registers_wh: dict[str, int] = field(default_factory=dict)
    """At the end, with no load on any meter."""
    closed: dict[str, bool] = field(default_factory=dict)
    died_at_seq: int = 0


async def rescue(root: Path) -> Rescue:
    """Live, burn, come back, come to rest; everything is stopped at the end."""
    async with running_site(root) as site:
        old, new = Pi(root / "old-card"), Pi(root / "new-card")
        seen = Rescue(site, new)
        try:
            seen.first_said = await set_up(site, old, site.first_code)
            await site.commission(old)
            await _live(site, old)
            seen.died_at_seq = site.rows("SELECT max(received_seq) FROM link_gatewayepoch")[0][0]
            await old.die()
            await site.pay((PAYS_LATER, "30.00"))
            await asyncio.sleep(3)  # energy flows that nobody reads
            await _come_back(site, new, seen)
            await _rest(site, new, seen)
        finally:
            for pi in (old, new):
                if pi.daemon is not None and pi.daemon.returncode is None:
                    await pi.stop()
                log = pi.root / "daemon.log"
                print(f"--- {log}\n{log.read_text()[-3000:] if log.exists() else ''}")
        return seen


async def set_up(site: Site, pi: Pi, code: str) -> str:
    """Type what the electrician types, on a card that has nothing."""
    # A person's code: blanks, lower case and the letter O for a nought are forgiven.
    typed = code.replace("-", " ").lower().replace("0", "O")
    pi.root.mkdir(parents=True, exist_ok=True)
    return await pi.gateway(
        "setup",
        "--central",
        f"127.0.0.1:{site.ports.web}",
        "--code",
        typed,
        "--yes",
        "--no-start",
        "--folder",
        str(pi.root),
    )


async def _live(site: Site, pi: Pi) -> None:
    """Pay, use energy, see the first room cut and central know of it."""
    await pi.start()
    await until(
        lambda: site.rows("SELECT 1 FROM link_gateway WHERE epoch <> ''"), "central heard the gateway"
    )
    await site.pay(*((room, room.pays_yuan[0]) for room in BUILDING.rooms))
    await until(lambda: _is(site.is_closed(RUNS_OUT), False), "the first room's credit ran out")
    await until(lambda: _is(site.is_closed(PAYS_LATER), False), "the third room's, too")
    query = "SELECT count(*) FROM link_relaystate WHERE observed_closed = 0 AND verdict = 'confirmed'"
    await until(lambda: site.rows(query)[0][0] == 2, "central knows of both cuts")
    await until(lambda: site.rows("SELECT 1 FROM link_registrycopy"), "central has the registry's copy")
    await until(
        lambda: site.rows("SELECT count(*) FROM link_billedregister")[0][0] == 4,
        "central knows from where each meter bills, entry or none",
    )


async def _is(question: object, wanted: bool) -> bool:
    return (await question) is wanted  # type: ignore[misc]


async def _come_back(site: Site, pi: Pi, seen: Rescue) -> None:
    began_s = time.monotonic()
    # The code is the building's own, and the same again: it is only opened anew.
    opening = asyncio.create_task(site.at_central((OPEN_CODE, ""), approve=True))
    await until(lambda: site.rows("SELECT used_key = '' FROM link_enrolmentcode")[0][0], "open anew")
    seen.second_said = await set_up(site, pi, site.first_code)
    assert code_in(await opening) == site.first_code
    seen.seconds["set up"] = time.monotonic() - began_s
    await pi.start()
    await until(
        lambda: site.rows("SELECT count(*) = 2 AND min(opened) = 1 FROM link_gatewayepoch")[0][0],
        "opened anew",
    )
    seen.seconds["central's books taken over"] = time.monotonic() - began_s
    await until(lambda: site.is_closed(PAYS_LATER), "what was paid meanwhile is supplied")
    seen.seconds["paid meanwhile, supplied"] = time.monotonic() - began_s


async def _rest(site: Site, pi: Pi, seen: Rescue) -> None:
    """Let all energy end, every register be billed and every row be told."""
    await asyncio.sleep(2)
    for room in BUILDING.rooms:
        await site.meters.set_load(room.meter, "0W")
    await asyncio.sleep(1)
    seen.registers_wh = {room.meter: await site.register_wh(room) for room in BUILDING.rooms}
    seen.closed = {room.meter: await site.is_closed(room) for room in BUILDING.rooms}
    # A grant settles each account to its newest reading: all that was used is an entry then.
    await asyncio.sleep(3)
    await site.pay(*((room, "5.00") for room in (PAID, KWH, PAYS_LATER)))
    await until(lambda: _at_rest(site, seen), "every register is billed at central")
    await until(lambda: _outbox_empty(pi), "every row is told")
    await pi.stop()


def _at_rest(site: Site, seen: Rescue) -> bool:
    billed = dict(site.rows("SELECT meter, register_wh FROM link_billedregister"))
    open_ = site.rows("SELECT count(*) FROM link_command WHERE state IN ('queued', 'sent', 'pending')")[0][0]
    return not open_ and all(billed.get(meter) == wh for meter, wh in seen.registers_wh.items())


async def _outbox_empty(pi: Pi) -> bool:
    return (await pi.status()).get("outbox_rows") == 0


def clear(root: Path) -> Path:
    """Give an empty folder."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    return root
