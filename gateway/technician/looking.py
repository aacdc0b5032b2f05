"""How a command looks at the building: by asking the daemon, or, while it is stopped, read-only on the store itself.

Both run the same use case and give the same JSON. What is read from a stopped daemon's store is said to be that, on stderr.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.adapters.control_client import Trouble, Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import CantLook, LookTrouble, look_at
from gateway.adapters.log import configure_log
from gateway.adapters.system_clock import SystemClock
from gateway.application.boot import proved_ms
from gateway.application.ports import Journal
from gateway.config import GatewayConfig, load_config, wording
from gateway.contract.facts import Instant
from gateway.technician.daemon import NOT_DONE, NOT_RUNNING, refusal_text
from gateway.words import language, mark, say

USUAL_OFFSET_MINUTES = 480


@dataclass(frozen=True, slots=True)
class Place:
    """Where a building's things are, and its local time."""

    data: Path
    utc_offset_minutes: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen, as JSON; `from_store`: the daemon is stopped."""

    raw: bytes
    place: Place
    from_store: bool = False


TROUBLES = {
    LookTrouble.MISSING: mark(
        "There is no store at {path}. Check that --config names the daemon's configuration; a new gateway "
        "has one after its first start."
    ),
    LookTrouble.FORBIDDEN: mark("The store {path} can't be read: {why}. The daemon is stopped, so use sudo."),
    LookTrouble.IN_USE: mark(
        "A daemon has the store {path}, but it does not answer here. Check that --config names its own "
        "configuration, or wait until it has started."
    ),
    LookTrouble.NO_ROOM: mark(
        "The store {path} was not closed in order, and a copy to read can't be made: {why}. Free some "
        "room in /tmp, or start the daemon and ask it."
    ),
    LookTrouble.DAMAGED: mark(
        "The store {path} is damaged: {why}. Keep a copy of it; then restore a backup (cardroom-gateway "
        "restore), or take it away and start the daemon: central gives it its balances."
    ),
    LookTrouble.OTHER_VERSION: mark(
        "The store {path} was written by another version of the software (schema {why}). Install that version."
    ),
}
FROM_STORE = mark("The daemon is stopped: this is what its store held when it stopped.")


def place_or_complain(config: Path) -> Place | None:
    """Find the building's folder; a folder that can't be written now, for want of room or of rights, can still be looked at."""
    loaded = load_config(config)
    if isinstance(loaded, GatewayConfig):
        return Place(loaded.gateway.data, loaded.clock.utc_offset_minutes)
    if all(mistake.code == "not-writable" for mistake in loaded):
        return Place(Path(str(loaded[0].facts["found"])), _offset_in(config))
    for mistake in loaded:
        print(wording(mistake, language()), file=sys.stderr)
    return None


def _offset_in(config: Path) -> int:
    found = tomllib.loads(config.read_text(encoding="utf-8-sig")).get("clock", {}).get("utc_offset_minutes")
    return found if isinstance(found, int) else USUAL_OFFSET_MINUTES


def looked(
    args: argparse.Namespace,
    do: str,
    arguments: dict[str, str | int | bool],
    use_case: Callable[[Journal, Instant], object],
    place: Place,
) -> Looked | int:
    """Ask the daemon; where none runs, run the use case on its store. Give the exit code after the reason went to stderr."""
    reply = ask(place.data / SOCKET_NAME, do, arguments)
    if isinstance(reply, Unreachable) and reply.trouble is Trouble.NOT_RUNNING:
        return _from_store(place, use_case)
    if isinstance(reply, Unreachable):
        print(reply.message, file=sys.stderr)
        return NOT_RUNNING
    if reply.refusal is not None:
        if reply.message in TROUBLES:
            facts = {"path": str(place.data / JOURNAL_NAME), "why": ""}
            text = TROUBLES[LookTrouble(reply.message)]
            reply = msgspec.structs.replace(reply, text=text, facts=facts)
        print(refusal_text(reply), file=sys.stderr)
        return NOT_DONE
    return Looked(bytes(reply.result), place)


def _from_store(place: Place, use_case: Callable[[Journal, Instant], object]) -> Looked | int:
    path = place.data / JOURNAL_NAME
    found = look_at(path, lambda journal: use_case(journal, now_for(journal)))
    if isinstance(found, CantLook):
        print(trouble_text(found), file=sys.stderr)
        return NOT_DONE
    print(say(FROM_STORE), file=sys.stderr)
    return Looked(msgspec.json.encode(found), place, from_store=True)


def trouble_text(found: CantLook) -> str:
    """Say why a store can't be looked at, and what to do."""
    return say(TROUBLES[found.trouble], path=found.path, why=found.why)


def now_for(journal: Journal) -> Instant:
    """Judge this machine's clock as a daemon that starts on this store would (C-14)."""
    return clock_for(journal).now()


def clock_for(journal: Journal) -> SystemClock:
    """Give the clock that a daemon which starts on this store would begin with."""
    configure_log("error", "human")  # a doubt is shown by the command, not logged into its answer
    clock = SystemClock()
    stored_ms = proved_ms(journal)
    if stored_ms is not None:
        clock.know_stored(stored_ms)
    return clock
