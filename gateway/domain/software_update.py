"""Whether a new version of the gateway's software does its work as the old one did: the health gate of an update (R-G6).

Pure: what was seen of the daemon before the update and after it comes in, a verdict comes out. The new version must come up, stay
up, be the one that was installed, get answers from the meters that answered before, drain the outbox where the link was up, and
doubt no account that was not doubted before. A link or a meter that was away before the update is not held against it.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

READY_WITHIN_S = 150.0
"""systemd gives the daemon 120 s to say that it is ready."""
ANSWERING_PERCENT = 95
"""Of the meters that answered before: a meter on a bad wire may miss while it is watched."""
WAITS_AT_MOST_S = 120
"""An outbox whose oldest row is younger drains: rows come and go."""
RELEASE_PURPOSE = b"cardroom-release-1:"
"""Before a package's SHA-256 digest in the text that a release key signs."""


class Gate(StrEnum):
    """What a new version is held to; the name of the one that failed goes on record."""

    INSTALL = "install"
    READY = "ready"
    RESTARTS = "restarts"
    VERSION = "version"
    METERS = "meters"
    OUTBOX = "outbox"
    QUARANTINE = "quarantine"
    STALLED = "stalled"
    STOPPED_BY_HAND = "stopped-by-hand"


class Sight(msgspec.Struct, frozen=True):
    """What one look at the daemon showed; the defaults are those of a daemon that does not answer."""

    active: bool = False
    restarts: int = 0
    """By the service manager, since it was last started by hand."""
    answers: bool = False
    """On its control socket."""
    software: str = ""
    meters: int = 0
    answering: int = 0
    """Meters that answered since the daemon's start and are not silent now."""
    linked: bool = False
    outbox_rows: int = 0
    oldest_outbox_s: int | None = None
    quarantined: frozenset[str] = frozenset()
    """Accounts whose books or meter are doubted."""
    stalled: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """A gate that failed for good, or those still open."""

    failed: Gate | None = None
    detail: str = ""
    """Stable words and numbers, for the record."""
    open: tuple[Gate, ...] = ()


def judge(
    before: Sight | None, sights: Sequence[Sight], wants: str, passed_s: float, watch_s: float
) -> Verdict:
    """Judge by all looks since the start, the last one last; `before` is None where no daemon ran to be compared with.

    `wants` is the version that was installed. At the end of the watch every gate that is still open has failed.
    """
    if at_once := _failed_for_good(before, sights, wants, passed_s, watch_s):
        return at_once
    still_open = _open(before, sights)
    if passed_s < watch_s or not still_open:
        return Verdict(open=still_open)
    return Verdict(still_open[0], _shown(before, sights[-1]))


def _failed_for_good(
    before: Sight | None, sights: Sequence[Sight], wants: str, passed_s: float, watch_s: float
) -> Verdict | None:
    """What no waiting makes good."""
    last, ever = sights[-1], [sight for sight in sights if sight.answers]
    if last.restarts:
        return Verdict(Gate.RESTARTS, f"restarts={last.restarts}")
    if ever and ever[-1].software != wants:
        return Verdict(Gate.VERSION, f"runs={ever[-1].software}")
    if not ever and passed_s >= min(READY_WITHIN_S, watch_s):
        return Verdict(Gate.READY, f"waited_s={round(passed_s)}")
    known = before.quarantined if before else frozenset()
    if before and ever and (new := sorted(ever[-1].quarantined - known)):
        return Verdict(Gate.QUARANTINE, f"accounts={','.join(new[:5])}")
    return None


def _open(before: Sight | None, sights: Sequence[Sight]) -> tuple[Gate, ...]:
    last = sights[-1]
    if not (last.active and last.answers):
        return (Gate.READY,)
    gates: list[Gate] = []
    if before is not None and last.answering * 100 < before.answering * ANSWERING_PERCENT:
        gates.append(Gate.METERS)
    if before is not None and before.linked and not _drains(before, sights):
        gates.append(Gate.OUTBOX)
    if last.stalled:
        gates.append(Gate.STALLED)
    return tuple(gates)


def _drains(before: Sight, sights: Sequence[Sight]) -> bool:
    """Whether central has what was waiting: the link is up, and the outbox is as short or as young as it was."""
    last, answered = sights[-1], [sight for sight in sights if sight.answers]
    young = last.oldest_outbox_s is not None and last.oldest_outbox_s < WAITS_AT_MOST_S
    return last.linked and (young or min(sight.outbox_rows for sight in answered) <= before.outbox_rows)


def _shown(before: Sight | None, last: Sight) -> str:
    had = before or Sight()
    return (
        f"active={int(last.active)} answering={last.answering}/{had.answering} "
        f"linked={int(last.linked)}/{int(had.linked)} outbox={last.outbox_rows}/{had.outbox_rows}"
        + (f" stalled={','.join(last.stalled)}" if last.stalled else "")
    )
