"""The acts on the disk, and the registry that follows them. A power cut at any moment loses at most the act under way.

    DIR/commission.json       {"acts": {"0": {...}, ...}, "mark": {"applied": {"count": 12}}}

An act is written first, then the registry follows, then the mark moves. Whoever opens the notebook after a cut lets the registry
follow what is behind the mark: each effect may be done twice. What the registry refuses is undone at once, with its reason.
"""

import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.registry_file import AtomicStorage, damaged
from gateway.adapters.registry_store import LineRow, MeterRow, Refusal, RegistryStore, TestResult
from gateway.adapters.whole_file import owned_by_folder
from gateway.protocols.models import ModelRow
from gateway.technician.commission.acts import (
    AnyAct,
    LineFound,
    MeterFound,
    Renumbered,
    Ticked,
    Tied,
    Undone,
)
from gateway.technician.commission.standing import Meter, Standing, stands, undo_of
from gateway.technician.commission.ticks import wh_of
from gateway.technician.local_time import iso_of

FILE_NAME = "commission.json"
LOCK_NAME = "commission.lock"


class NotebookInUse(Exception):
    """Somebody commissions this gateway just now, on another screen."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep others from the notebook of this folder. Raises NotebookInUse, OSError; the lock dies with the process."""
    with owned_by_folder(folder / LOCK_NAME, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotebookInUse from None
        yield


class Notebook:
    """The acts of one gateway's commissioning. `now_ms` is asked for each act; `by` is set by whoever works now."""

    def __init__(
        self, folder: Path, models: Mapping[str, ModelRow], now_ms: Callable[[], int], utc_offset_minutes: int
    ) -> None:
        """Read the file, empty where there is none. Raises RegistryDamaged, OSError."""
        self.path = folder / FILE_NAME
        self.by = ""
        self.utc_offset_minutes = utc_offset_minutes
        self._storage = AtomicStorage(self.path)
        self._registry = RegistryStore(folder, models)
        self._now_ms = now_ms
        self.acts: list[AnyAct] = []
        self._applied = 0
        self._read()

    def _read(self) -> None:
        tables = self._storage.read() or {}
        rows = tables.get("acts", {})
        try:
            self.acts = [msgspec.convert(rows[place], AnyAct) for place in sorted(rows, key=int)]
            self._applied = int(tables.get("mark", {}).get("applied", {}).get("count", 0))
        except (ValueError, TypeError, AttributeError) as error:  # msgspec.ValidationError is a ValueError
            raise damaged(self.path, str(error)) from None

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return stands(self.acts)

    def registered_lines(self) -> list[LineRow]:
        """Give the lines that the registry has, whoever entered them."""
        return self._registry.lines()

    def registered_meters(self) -> list[MeterRow]:
        """Give the meters that the registry has, whoever entered them."""
        return self._registry.meters()

    def now_ms(self) -> int:
        """The moment, for acts and papers."""
        return self._now_ms()

    def note(self, kind: type[AnyAct], **said: Any) -> Refusal | None:
        """Write one act and let the registry follow; give the registry's refusal, the act being undone then."""
        refusals = self.note_all([(kind, said)])
        return refusals[0] if refusals else None

    def note_all(self, acts: Sequence[tuple[type[AnyAct], dict[str, Any]]]) -> list[Refusal]:
        """Write several acts at once; those that the registry refuses are undone, the others hold."""
        self.acts += [kind(at_ms=self._now_ms(), by=self.by, **said) for kind, said in acts]
        self._write()
        return self.catch_up()

    def catch_up(self) -> list[Refusal]:
        """Let the registry follow what it has not followed yet; give its refusals."""
        refusals: list[Refusal] = []
        while self._applied < len(self.acts):
            place = self._applied
            refusal = self._follow(place)
            self._applied = place + 1
            if refusal is not None:
                refusals.append(refusal)
                self._strike((place,), refusal.reason.value)
        self._write()
        return refusals

    def undo(self) -> list[AnyAct]:
        """Take back what `undo_of` names, in the registry too; give it. Empty when there is nothing."""
        places = undo_of(self.acts)
        if not places:
            return []
        taken = [self.acts[place] for place in places]
        self._strike(places, "")
        self._write()
        self.catch_up()
        return taken

    def next_undo(self) -> list[AnyAct]:
        """Show what an undo would take back."""
        return [self.acts[place] for place in undo_of(self.acts)]

    def _strike(self, places: tuple[int, ...], why: str) -> None:
        self.acts.append(Undone(at_ms=self._now_ms(), by=self.by, places=places, why=why))

    def _write(self) -> None:
        rows = {str(place): msgspec.to_builtins(act) for place, act in enumerate(self.acts)}
        self._storage.write({"acts": rows, "mark": {"applied": {"count": self._applied}}})

    # ---- the registry follows ------------------------------------------------------------------------------------

    def _follow(self, place: int) -> Refusal | None:
        """Do in the registry what one act says. May be done twice."""
        before, after = stands(self.acts[:place]), stands(self.acts[: place + 1])
        match self.acts[place]:
            case LineFound() as act:
                return self._add_line(LineRow(act.name, act.port, act.baud, act.parity))
            case MeterFound() as act:
                return self._add_meter(_row(after.meters[act.number]))
            case Renumbered(number=number, to=to) if number in before.meters:
                return self._registry.replace_meter(number, self._kept(number, after.meters[to]))
            case Tied(number=number, room=room):
                return self._registry.relocate(number, room)
            case Ticked(number=number):
                return None if self._more_follow(place, number) else self._note_test(after, number)
            case Undone(why="") as act:
                self._take_back(act, before, after)
        return None

    def _more_follow(self, place: int, number: str) -> bool:
        """Whether the next act is another tick of this meter, which then carries this one into the registry, too."""
        following = self.acts[place + 1] if place + 1 < len(self.acts) else None
        return isinstance(following, Ticked) and following.number == number

    def _add_line(self, row: LineRow) -> Refusal | None:
        return None if row in self._registry.lines() else self._registry.add_line(row)

    def _add_meter(self, row: MeterRow) -> Refusal | None:
        there = self._registry.meter(row.meter_number)
        if there is not None and _place(there) == _place(row):
            return None
        return self._registry.add_meter(row)

    def _kept(self, number: str, meter: Meter) -> MeterRow:
        """The row under its new number, with what the registry knows of it."""
        there = self._registry.meter(number) or self._registry.meter(meter.number)
        return replace(there, meter_number=meter.number) if there else _row(meter)

    def _note_test(self, standing: Standing, number: str) -> Refusal | None:
        meter = standing.meters.get(number)
        return (
            self._registry.note_test(number, test_result(meter, self.utc_offset_minutes)) if meter else None
        )

    def _take_back(self, act: Undone, before: Standing, after: Standing) -> None:
        """Bring the registry to what holds without the acts that were struck. A row that somebody else took out is no matter."""
        for place in sorted(act.places, reverse=True):
            match self.acts[place]:
                case LineFound(name=name, was_there=False):
                    self._registry.remove_line(name)
                case MeterFound(number=number, was_there=False):
                    self._registry.remove_meter(number)
                case Renumbered(number=number, to=to) if number in after.meters:
                    self._registry.replace_meter(to, self._kept(to, after.meters[number]))
                case Tied(number=number) if number in after.meters:
                    self._registry.relocate(number, after.meters[number].room)
                case Ticked(number=number):
                    self._note_test(after, number)


def _row(meter: Meter) -> MeterRow:
    found = meter.found
    return MeterRow(meter.number, found.line, found.address, found.model, found.ct_ratio, meter.room)


def _place(row: MeterRow) -> tuple[str, str, str]:
    return row.line, row.address, row.model


def test_result(meter: Meter, utc_offset_minutes: int) -> TestResult:
    """Give a meter's ticks as the registry keeps them: the latest moment, the worst outcome, each tick by its level."""
    latest = max(meter.ticks.values(), key=lambda tick: tick.at_ms, default=None)
    opens = meter.ticks.get("close") or meter.ticks.get("open")
    return TestResult(
        tested_at=iso_of(latest.at_ms, utc_offset_minutes) if latest else "",
        outcome=meter.level.value if meter.level else "unfinished",
        energy_wh=_energy_wh(meter),
        relay_closed=opens.code == "closed" if opens and opens.code in ("opened", "closed") else None,
        by=latest.by if latest else "",
        ticks={check: tick.level for check, tick in sorted(meter.ticks.items())},
    )


test_result.__test__ = False  # type: ignore[attr-defined]  # a word of the trade, no test


def _energy_wh(meter: Meter) -> int | None:
    reading = meter.ticks.get("reading")
    shown = reading.facts.get("again") or reading.facts.get("energy") if reading else None
    return wh_of(shown) if shown else None
