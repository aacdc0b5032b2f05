"""What every part of the conversation holds: the screen, the notebook, the wires, what central's configuration says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.adapters.journal_store.peek import Configured
from gateway.adapters.registry_store import Refusal
from gateway.protocols.models import ModelRow
from gateway.technician.commission.notebook import Notebook
from gateway.technician.commission.stage import BACK, Key, Page, Stage
from gateway.technician.commission.standing import Meter, Standing
from gateway.technician.commission.ticks import Level
from gateway.technician.commission.wires import Wired, Wires
from gateway.technician.findings import MARKS
from gateway.words import mark, say

YES, NO = "y", "n"
NO_TICK = mark("[    ]")


@dataclass(slots=True)
class Job:
    """One sitting. `ports`: those given on the command line; `here`: local time now, None while the clock isn't believed."""

    stage: Stage
    notebook: Notebook
    wires: Wires
    models: Mapping[str, ModelRow]
    configured: Configured | None
    folder: Path
    ports: Sequence[str]
    here: Callable[[], datetime | None]

    @property
    def standing(self) -> Standing:
        """Where it stands now."""
        return self.notebook.standing

    def wired(self, meter: Meter) -> Wired | None:
        """Give a meter on its line."""
        return self.wires.wired(self.standing, meter)

    def configured_room(self, number: str) -> str:
        """The room that central's configuration has for a meter; empty where it has none."""
        return self.configured.room_of(number, self.notebook.now_ms()) if self.configured else ""

    def protected_room_of(self, meter: Meter) -> str:
        """The room of a meter that is never cut, as it is tied here or as central has it: either may be right. Empty for none."""
        rooms = (meter.room, self.configured_room(meter.number))
        return next((room for room in rooms if room in self.protected_rooms()), "")

    def centrals_protected(self) -> frozenset[str]:
        """The rooms that central's configuration protects: only central can change that."""
        accounts = self.configured.accounts.values() if self.configured else ()
        return frozenset(account.room for account in accounts if account.protected)

    def is_locked_out(self, number: str) -> bool:
        """Whether a technician's lock-out keeps this meter open: nothing but its release closes it (C-16)."""
        return self.configured is not None and number in self.configured.locked_out

    def protected_rooms(self) -> frozenset[str]:
        """All rooms that are never cut."""
        return self.standing.protected | self.centrals_protected()

    async def agrees(self, title: str, lines: Sequence[str], help_text: str = "") -> bool:
        """Ask a yes-or-no question; `q` is no."""
        keys = (Key(YES, say("yes")), Key(NO, say("no")))
        page = Page(title, lines, keys=keys, help=help_text)
        while (choice := await self.stage.choose(page)).key not in (YES, NO, BACK):
            pass
        return choice.key == YES

    async def tell_refusals(self, title: str, refusals: Sequence[Refusal]) -> None:
        """Say what the registry did not take."""
        if refusals:
            lines = [
                say(
                    "{name} was not entered: {why}.",
                    name=refusal.subject,
                    why=refusal.detail,
                )
                for refusal in refusals
            ]
            await self.stage.tell(title, lines)


def mark_of(level: Level | None) -> str:
    """The mark of a level, of one width; an empty one while something is open."""
    return say(MARKS[level]) if level else say(NO_TICK)


def meter_line(meter: Meter) -> str:
    """One meter on one line: mark, room, number, place."""
    room = meter.room or say("(no room)")
    place = f"{meter.found.line} {meter.found.address}"
    number = meter.number if meter.number != meter.found.address else ""
    return " ".join(part for part in (mark_of(meter.level), room, number, place) if part)
