"""The first step: search the lines, enter what answers. A search goes on where it was stopped; no meter is written to."""

from collections.abc import Sequence
from contextlib import aclosing
from glob import glob
from typing import Any

from gateway.adapters.registry_file import AtomicStorage
from gateway.adapters.registry_store import MeterRow
from gateway.technician.commission.acts import AnyAct, LineFound, MeterFound
from gateway.technician.commission.job import Job
from gateway.technician.commission.stage import BACK, Key, Page, Question, Row, Work
from gateway.technician.find.found import (
    FindState,
    Found,
    FoundMeter,
    LineSetting,
    PortDone,
    Progress,
    Trouble,
)
from gateway.technician.find.searching import find
from gateway.words import say

SEARCH_NAME = "commission-search.json"
PORTS = "/dev/serial/by-id/*"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST_NUMBER = 4
"""A bus address such as 7 is no number for a meter; its line goes before it."""
SEARCH, ADD_PORT, AGAIN = "s", "p", "a"


async def find_step(job: Job) -> None:
    """Show the ports, search them, enter what was found."""
    ports = list(
        dict.fromkeys(
            [*(line.port for line in job.standing.lines.values()), *job.ports, *sorted(glob(PORTS))]
        )
    )
    while True:
        choice = await job.stage.choose(_ports_page(job, ports))
        if choice.key == BACK:
            return
        if choice.key == ADD_PORT:
            typed = await job.stage.ask(
                Question(say("Another port"), say("Port"), help=say("/dev/ttyUSB0 or socket://HOST:PORT"))
            )
            ports += [typed] if typed and typed not in ports else []
        elif choice.key in (SEARCH, AGAIN) and ports:
            await _search(job, [choice.row] if choice.row else ports, anew=choice.key == AGAIN)


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
        [Key(SEARCH, say("search")), Key(AGAIN, say("search anew")), Key(ADD_PORT, say("another port"))],
        help=say(
            "The search tries speeds, parities and protocols and reads each meter that answers. It changes nothing in any "
            "meter. Stopped, it goes on where it was; `search anew` forgets what was asked before."
        ),
    )


async def _search(job: Job, ports: Sequence[str], *, anew: bool) -> None:
    storage = AtomicStorage(job.folder / SEARCH_NAME)
    state = _remembered(storage)
    for port in ports:
        if anew:
            state.forget_port(port)
    await job.wires.close()
    async with job.stage.working(say("Searching: ports {count}", count=len(ports))) as work:
        async with aclosing(find(ports, state)) as events:  # type: ignore[type-var]
            async for event in events:
                _show(work, event)
                if not isinstance(event, Progress):
                    storage.write({"search": {"state": state.as_json()}})
                if work.stopped:
                    break
        storage.write({"search": {"state": state.as_json()}})
    await _enter(job, [meter for meter in state.meters if meter.line.port in ports])


def _remembered(storage: AtomicStorage) -> FindState:
    kept = (storage.read() or {}).get("search", {}).get("state")
    return FindState.from_json(kept) if kept else FindState()


def _show(work: Work, event: Found | Progress | Trouble | PortDone) -> None:
    match event:
        case Found(meter=meter):
            port, twice = _short(meter.line.port), say("  ! more than one meter at this address")
            text = say(
                "{port}: meter {address}, {protocol}",
                port=port,
                address=meter.address,
                protocol=meter.protocol,
            )
            work.say(text + twice if meter.duplicate else text)
        case Progress():
            work.count(event.asked, event.asked + event.left)
        case Trouble(port=port, code=code):
            work.say(say("{port}: {code}", port=_short(port), code=code))
        case PortDone(port=port, found=found):
            work.say(say("{port}: searched to its end, meters {count}", port=_short(port), count=found))


def _short(port: str) -> str:
    return port.rpartition("/")[2][-24:]


async def _enter(job: Job, found: Sequence[FoundMeter]) -> None:
    """Enter lines, then meters; a meter of an unknown model is asked for. What is entered already is left."""
    names = await _enter_lines(job, found)
    places = {(meter.found.line, meter.found.address) for meter in job.standing.meters.values()}
    registered = {(row.line, row.address.lstrip("0")): row for row in job.notebook.registered_meters()}
    rows: list[tuple[type[AnyAct], dict[str, Any]]] = []
    taken = {*job.standing.meters, *(row.meter_number for row in registered.values())}
    for meter in found:
        line = names.get(meter.line)
        if line is None or (line, meter.address) in places:
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
    said = [say("New meters: {count}; in all: {all}.", count=len(rows), all=len(job.standing.meters))]
    await job.stage.tell(say("Search"), said + [_twice(meter) for meter in found if meter.duplicate])


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
            say(
                "It answers {protocol}; its maker says: {maker}",
                protocol=meter.protocol,
                maker=meter.maker_text or "-",
            )
        ],
        fitting,
        help=say(
            "The name plate tells. A generic model reads energy and relay of most meters of its protocol."
        ),
        back=say("leave it out"),
    )
    choice = await job.stage.choose(page)
    return choice.row if choice.key != BACK and choice.row else None
