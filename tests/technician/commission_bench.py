"""A bench for commissioning: virtual meters on a real pty, a notebook that knows them, a stage that is played by moves."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.wall_clock import WallClock
from gateway.adapters.model_files import read_models
from gateway.technician.commission.acts import Began, LineFound, MeterFound
from gateway.technician.commission.job import Job
from gateway.technician.commission.notebook import Notebook
from gateway.technician.commission.stage import Choice, Page, Question, Work
from gateway.technician.commission.wires import Wires

MODELS = read_models()
MODEL = "generic-dlt645-2007"
BAUD = 9600
NOW_MS = 1_764_500_000_000


@dataclass(frozen=True)
class Move:
    """What is expected to be shown, what is answered, and what happens in the world just before."""

    shown: str
    answer: str | None
    before: Callable[[], object] | None = None


class Played:
    """A stage that answers by its moves and remembers what was said. `answer` of a page: a key, `=ROW`, or `KEY ROW`."""

    def __init__(self, *moves: Move) -> None:
        self._moves = list(moves)
        self.told: list[str] = []

    def _next(self, *shown: str) -> str | None:
        text = "\n".join(shown)
        assert self._moves, f"nobody answers: {text}"
        move = self._moves.pop(0)
        assert move.shown in text, f"expected {move.shown!r}, shown: {text}"
        if move.before is not None:
            move.before()
        return move.answer

    async def choose(self, page: Page) -> Choice:
        rows = [row.text for row in page.rows]
        answer = self._next(page.title, *page.lines, *rows) or "q"
        key, _, row = answer.partition("=") if answer.startswith("=") else answer.partition(" ")
        assert not row or row in [one.name for one in page.rows], row
        assert not key or key == "q" or key in [one.key for one in page.keys], key
        return Choice(key, row)

    async def ask(self, question: Question) -> str | None:
        answer = self._next(question.title, question.text, *question.lines)
        return question.default or None if answer == "" else answer

    async def tell(self, title: str, lines: Sequence[str]) -> None:
        self.told += [title, *lines]

    @asynccontextmanager
    async def working(self, title: str, *, can_stop: bool = True) -> AsyncIterator[Work]:
        work = Work(title)
        yield work
        self.told += work.lines

    def heard(self, text: str) -> bool:
        """Whether something was told; what was told before is forgotten."""
        found = any(text in line for line in self.told)
        self.told.clear()
        return found

    def done(self) -> None:
        assert not self._moves, self._moves


@dataclass
class Bench:
    """A line with its meters, and the job of commissioning them."""

    meters: dict[str, VirtualMeter]
    line: VirtualLine
    folder: Path
    job: Job

    def play(self, *moves: Move) -> Played:
        stage = Played(*moves)
        self.job.stage = stage
        return stage


@contextlib.asynccontextmanager
async def bench(folder: Path, **loads: str) -> AsyncIterator[Bench]:
    """Meters `mNUMBER=load` on one pty, entered as if the search had found them."""
    clock = WallClock()
    numbers = [name.removeprefix("m") for name in loads]
    meters = {
        number: VirtualMeter(
            MeterSpec(name=number, address=number, meter_number=number, load=load, register_kwh="88.40"),
            clock.now_ms(),
        )
        for number, load in zip(numbers, loads.values(), strict=True)
    }
    port = folder / "tty"
    line = VirtualLine(list(meters.values()), PtyEndpoint(port), clock, baud=BAUD, turn_round_ms=(5, 8))
    await line.start()
    job = job_in(folder)
    job.notebook.note(Began, building="B1")
    job.notebook.note(LineFound, name="a", port=str(port), baud=BAUD, parity="E")
    rows = [
        {"number": one, "line": "a", "address": one, "model": MODEL, "identity": one, "own_prepay": False}
        for one in numbers
    ]
    assert job.notebook.note_all([(MeterFound, row) for row in rows]) == []
    try:
        yield Bench(meters, line, folder, job)
    finally:
        await job.wires.close()
        await line.stop()


def job_in(folder: Path) -> Job:
    """A job over a folder's notebook, by `li`."""
    notebook = Notebook(folder, MODELS, lambda: NOW_MS, 480)
    notebook.by = "li"
    return Job(Played(), notebook, Wires(MODELS), MODELS, None, folder, [], lambda: datetime.now())
