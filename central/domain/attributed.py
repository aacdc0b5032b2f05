"""What can be said of a group's unexplained loss and of the rooms that it follows (R-B2). Pure, and free of the arrays by which it
is found out: pages say it without loading them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Pattern(StrEnum):
    """How the missing energy follows a room."""

    SHARE = "share"
    ZEROS = "zeros"


class Verdict(StrEnum):
    """What can be said of the group's unexplained loss. The words for a page are the page's."""

    NOTHING_UNUSUAL = "nothing-unusual"
    UNDER_READING = "under-reading"
    CORRIDOR_TAP = "corridor-tap"
    """Loss that follows no room: a tap before the meters, a load that nobody told of, leakage."""
    BOTH = "both"
    MASTER_BELOW_SUBS = "master-below-subs"
    """The master counts less than its subs by more than their classes: wires or a transformer ratio, no theft."""
    TOO_LITTLE_DATA = "too-little-data"
    NO_MASTER = "no-master"
    NO_SUBS = "no-subs"


@dataclass(frozen=True, slots=True)
class Suspect:
    """One room whose meter the loss follows. `uncertainty_wh` is expanded (k = 2); `share` is of the unexplained loss, 0 to
    1; `confidence` is the probability, 0 to 1, that this very room under-records; `t` is how many standard uncertainties it
    stands out, and `evidence` the log of how much better the loss is explained with it than without, whoever else may explain
    the same."""

    meter: str
    missing_wh: int
    uncertainty_wh: int
    share: float
    confidence: float
    t: float
    evidence: float
    pattern: Pattern
    days: float
    """Measured ones: `missing_wh` is of all of them."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """`suspects` are the rooms to be looked at, the surest first; `ranked` are all judged rooms in that order."""

    verdict: Verdict
    suspects: tuple[Suspect, ...] = ()
    ranked: tuple[Suspect, ...] = ()
    not_judged: tuple[str, ...] = ()
    """Rooms without enough intervals."""
    intervals: int = 0
    """Those that could be used."""
    unexplained_wh: int = 0
    """Beyond the usual loss: of suspects and of what follows no room."""
    unattributed_wh: int = 0
    unattributed_uncertainty_wh: int = 0
