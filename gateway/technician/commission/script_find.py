"""The first step: search the lines, enter what answers. A search goes on where it was stopped; no meter is written to."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from gateway.adapters.registry_store import MeterRow
from gateway.adapters.serial_ports import serial_ports
from gateway.technician.commission.acts import AnyAct, LineFound, MeterFound, SeenAgain
from gateway.technician.commission.job import Job
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row, Work
from gateway.technician.commission.standing import Meter
from gateway.technician.find.found import (
    FindState,
    Found,
    FoundMeter,
    LineSetting,
    PortDone,
    Progress,
    Trouble,
)
from gateway.technician.find.plan import Plan
from gateway.technician.find.searching import find
from gateway.technician.find.state_file import StateFile
from gateway.technician.find.together import Together
from gateway.technician.find.troubles import trouble_finding
from gateway.technician.find.wording import found_line
from gateway.words import say

SAVE_EVERY_S = 2.0
UNKNOWN = "?"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST_NUMBER = 4
"""A bus address such as 7 is no number for a meter; its line goes before it."""
SEARCH, ADD_PORT, AGAIN = "s", "p", "a"


async def find_step(job: Job) -> None:
    """Show the ports, search them, enter what was found."""
    known = [line.port for line in job.standing.lines.values()]
    plugged_in = [port.path for port in serial_ports() if not port.is_console and not port.has_no_parity]
    ports = list(dict.fromkeys([*known, *job.ports, *plugged_in]))
    while True:
        choice = await job.stage.choose(_ports_page(job, ports))
        if choice.key == BACK:
            return
        if choice.key == ADD_PORT:
            typed = await job.stage.ask(
                Question(say("Another port"), say("Port"), help=say("/dev/ttyUSB0 or socket://HOST:PORT"))
            )
            ports += [typed] if typed and typed not in ports else []
        elif choice.key == SEARCH and ports:
            await _search(job, ports, anew=False)
        elif choice.key == AGAIN and ports:
            await _search(job, [choice.row] if choice.row else ports, anew=True)
        elif choice.row:
            await _search(job, [choice.row], anew=False)


def _ports_page(job: Job, ports: Sequence[str]) -> Page:
    standing = job.standing
    names = {line.port: line for line in standing.lines.values()}
    rows = []
    for port in ports:
        line = names.get(port)
        meters = sum(meter.found.line == line.name for meter in standing.meters.values()) if line else 0
        known = (
            say("line {name}, {baud} {parity}, meters {count}",
                name=line.name, baud=line.baud, parity=line.parity, count=meters)
            if line
            else say("not searched yet")
        )  # fmt: skip
        rows.append(Row(port, f"{port}  {known}"))
    lines = [] if ports else [say("No serial adapter is plugged in. Plug one in, or type its port (p).")]
    return Page(
        say("Lines and meters"),
        lines,
        rows,
        [Key(SEARCH, say("search all")), Key(AGAIN, say("search anew")), Key(ADD_PORT, say("another port"))],
        help=say(
            "The search tries speeds, parities and protocols and reads each meter that answers. It changes nothing in any "
            "meter. Stopped, it goes on where it was; `search anew` forgets what was asked before."
        ),
    )


async def _search(job: Job, ports: Sequence[str], *, anew: bool) -> None:
    """Search; what `find` asked before is not asked again, for both keep one state."""
    plan = await _plan(job)
    if plan is None:
        return
    store = StateFile(job.folder)
    state, _ = store.load()
    for port in ports if anew else ():
        state.forget_port(port)
    await job.wires.close()
    async with job.stage.working(say("Searching: ports {count}", count=len(ports))) as work:
        try:
            await _follow(ports, state, plan, store, work)
        finally:
            store.save(state)
    await _enter(job, [meter for meter in state.meters if meter.line.port in ports])


async def _plan(job: Job) -> Plan | None:
    """Ask how many meters there are: a search that has found them all need not go on. None for back."""
    typed = await job.stage.ask(
        Question(
            say("Search"),
            say("How many meters hang on each port"),
            default=UNKNOWN,
            help=say(
                "The search ends when so many are found, minutes earlier. Leave the ? when nobody knows."
            ),
        )
    )
    if typed is None:
        return None
    expected = int(typed) if typed.isascii() and typed.isdigit() and int(typed) > 0 else None
    return Plan(expect=expected, utc_offset_min=job.notebook.utc_offset_minutes)


async def _follow(ports: Sequence[str], state: FindState, plan: Plan, store: StateFile, work: Work) -> None:
    """Show and keep what happens until the search ends or somebody stops it."""
    told: set[tuple[str, str, str]] = set()
    together = Together()
    saved_at, now = 0.0, asyncio.get_running_loop().time
    async with aclosing(find(ports, state, plan)) as events:  # type: ignore[type-var]
        async for event in events:
            together.take(event)
            if isinstance(event, Progress | PortDone):
                work.count(together.asked, together.asked + together.left)
                work.status = together.line()
            elif isinstance(event, Found) and event.meter.key not in told:
                told.add(event.meter.key)
                work.say(found_line(event.meter))
            elif isinstance(event, Trouble):
                finding = trouble_finding(event)
                work.say(f"{finding.what} {finding.next_step}")
            if now() - saved_at > SAVE_EVERY_S:
                store.save(state)
                saved_at = now()
            if work.stopped:
                return


async def _enter(job: Job, found: Sequence[FoundMeter]) -> None:
    """Enter lines, then meters; a meter of an unknown model is asked for. What is entered already is left."""
    if doubles := [_twice(meter) for meter in found if meter.duplicate]:
        await job.stage.tell(say("Double addresses"), doubles)
    names = await _enter_lines(job, found)
    places = {(meter.found.line, meter.found.address): meter for meter in job.standing.meters.values()}
    registered = {(row.line, row.address.lstrip("0")): row for row in job.notebook.registered_meters()}
    rows: list[tuple[type[AnyAct], dict[str, Any]]] = []
    taken = {*job.standing.meters, *(row.meter_number for row in registered.values())}
    for meter in found:
        line = names.get(meter.line)
        if line is None:
            continue
        if (known := places.get((line, meter.address))) is not None:
            rows += _seen_again(known, meter)
            continue
        there = registered.get((line, meter.address.lstrip("0")))
        model = there.model if there else meter.model
        if model not in job.models:
            model = await _ask_model(job, meter)
        if model:
            row = _row(meter, line, model, taken, there)
            taken.add(row["number"])
            rows.append((MeterFound, row))
    await job.tell_refusals(say("Meters"), job.notebook.note_all(rows) if rows else [])
    new = sum(kind is MeterFound for kind, _ in rows)
    said = say("New meters: {count}; in all: {all}.", count=new, all=len(job.standing.meters))
    await job.stage.tell(say("Search"), [said])


def _seen_again(known: Meter, meter: FoundMeter) -> list[tuple[type[AnyAct], dict[str, Any]]]:
    """What a search says now of a meter that is entered: its double may have gone, its prepayment been switched off."""
    now = {"duplicate": meter.duplicate, "own_prepay": meter.own_prepay}
    if (known.found.duplicate, known.found.own_prepay) == tuple(now.values()):
        return []
    return [(SeenAgain, {"number": known.number, **now})]


def _twice(meter: FoundMeter) -> str:
    return say(
        "{address}: more than one meter answers. Take one off the line, give it another address, search anew.",
        address=meter.address,
    )


async def _enter_lines(job: Job, found: Sequence[FoundMeter]) -> dict[LineSetting, str]:
    """Give each setting's line; a new one gets the next free letter. A port with two speeds keeps its first one."""
    names: dict[LineSetting, str] = {}
    for setting in dict.fromkeys(meter.line for meter in found):
        standing, rows = job.standing, job.notebook.registered_lines()
        there = next((row for row in rows if (row.port, row.baud, row.parity) == _place(setting)), None)
        if there is not None and there.name in standing.lines:
            names[setting] = there.name
            continue
        name = there.name if there else _free_name({*standing.lines, *(row.name for row in rows)})
        refusal = job.notebook.note(
            LineFound,
            name=name,
            port=setting.port,
            baud=setting.baud,
            parity=setting.parity,
            was_there=there is not None,
        )
        if refusal is None:
            names[setting] = name
        else:
            await job.tell_refusals(f"{setting.port} {setting.baud} {setting.parity}", [refusal])
    return names


def _place(setting: LineSetting) -> tuple[str, int, str]:
    return setting.port, setting.baud, setting.parity


def _free_name(taken: set[str]) -> str:
    return next((name for name in LETTERS if name not in taken), f"line{len(taken) + 1}")


def _row(meter: FoundMeter, line: str, model: str, taken: set[str], there: MeterRow | None) -> dict[str, Any]:
    """What is entered of a meter; one that the registry has already keeps its number there."""
    number = there.meter_number if there else meter.meter_number or meter.address
    if there is None and (number in taken or len(number) < SHORTEST_NUMBER):
        number = f"{line}-{meter.address}"
    return {
        "number": number,
        "line": line,
        "address": there.address if there else meter.address,
        "model": model,
        "ct_ratio": there.ct_ratio if there else 1,
        "was_there": there is not None,
        "identity": meter.meter_number or "",
        "energy_wh": meter.energy_wh,
        "duplicate": meter.duplicate,
        "own_prepay": meter.own_prepay,
    }


async def _ask_model(job: Job, meter: FoundMeter) -> str | None:
    """Let a person say what a meter is whose answers fit no model; None leaves it out."""
    fitting = [
        Row(name, f"{name}  {row.title}")
        for name, row in job.models.items()
        if row.protocol == meter.protocol
    ]
    page = Page(
        say("Which model is {address}?", address=meter.address),
        [
            *([_twice(meter)] if meter.duplicate else []),
            say(
                "It answers {protocol}; its maker says: {maker}",
                protocol=meter.protocol,
                maker=meter.maker_text or "-",
            ),
        ],
        fitting,
        help=say(
            "The name plate tells. A generic model reads energy and relay of most meters of its protocol."
        ),
        back=say("leave it out"),
    )
    choice = await job.stage.choose(page)
    return choice.row if choice.key != BACK and choice.row else None
