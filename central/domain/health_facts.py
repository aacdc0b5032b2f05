"""What is known of the running of central and its gateways, as plain facts: gathered elsewhere, judged in `health_judgement`.

Pure. Ages and spans are milliseconds unless the name says otherwise; None: not known. No fact is about a person or a room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LAG_EDGES_S = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
"""Upper edges of the histogram of how late readings come; what is later still is counted under `inf`."""
TOOK_EDGES_MS = (5, 10, 25, 50, 100, 150, 250, 500, 1000, 2500, 10_000)
"""Of how long pages take; 150 ms is the goal of desk and dashboard."""


class Part(StrEnum):
    """What is looked at, in the order of the page."""

    GATEWAYS = "gateways"
    INGEST = "ingest"
    COMMANDS = "commands"
    BROKER = "broker"
    DATABASES = "databases"
    DISK = "disk"
    CERTIFICATES = "certificates"
    JOBS = "jobs"
    BACKUPS = "backups"
    NOTICES = "notices"
    WEB = "web"
    CLOCK = "clock"


class Level(StrEnum):
    """What a finding asks of its reader."""

    GOOD = "good"
    LOOK = "look"
    """A person must look or decide; nobody is woken for it."""
    BAD = "bad"


WORST_FIRST = (Level.BAD, Level.LOOK, Level.GOOD)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. The words are the reader's (`reports/health/words.py`), by the code and the params."""

    part: Part
    level: Level
    code: str
    subject: str = ""
    """Which gateway, file or job, where there are several."""
    params: dict[str, int | str] = field(default_factory=dict)
    told_elsewhere: bool = False
    """Another look tells of it already, with words of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is not good, by the dated settings."""

    silent_ms: int
    process_still_ms: int
    gateway_behind_ms: int
    line_answered_percent: int
    lag_ms: int
    command_oldest_ms: int
    disk_free_percent: int
    full_within_days: int
    certificate_days: int
    backup_age_ms: int
    clock_off_ms: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a gateway: questions and answers between its last two health rows, and meters that don't answer now."""

    name: str
    asked: int
    answered: int
    asked_ever: int
    answered_ever: int
    dead: int

    @property
    def percent(self) -> int | None:
        """The share of questions that were answered; None where too few were asked to say."""
        return self.answered * 100 // self.asked if self.asked >= FEWEST_ASKED else None


FEWEST_ASKED = 20


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway as central knows it."""

    name: str
    building: str
    is_revoked: bool = False
    is_connected: bool = False
    enrolled_age_ms: int = 0
    heard_age_ms: int | None = None
    """Since its last batch; None: it was never heard."""
    epoch: str = ""
    software: str = ""
    clock_trusted: bool | None = None
    clock_off_ms: int | None = None
    """Its clock less ours, where it was heard lately."""
    outbox_rows: int | None = None
    outbox_oldest_ms: int | None = None
    store_free_bytes: int | None = None
    store_hours_left: int | None = None
    lines: tuple[Line, ...] = ()
    lag_ms: int | None = None
    unanswered: int = 0
    unanswered_oldest_ms: int | None = None
    quarantined: int = 0
    is_refused: bool = False
    """Messages in its name were refused as forged, and nobody has settled it."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of central. `beat_age_ms` is by the world's clock; negative: its beat is ahead of our clock."""

    name: str
    kind: str
    beat_age_ms: int
    up_ms: int
    queue: int = 0
    is_connected: bool = True
    message_age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """A database or a disk: how much is in it, how much still goes in, how fast it grows (None: not seen for long enough)."""

    name: str
    used_bytes: int
    free_bytes: int | None
    grows_bytes_a_day: int | None
    total_bytes: int | None = None

    @property
    def free_percent(self) -> int | None:
        """The free share of a disk."""
        if self.total_bytes is None or self.free_bytes is None or self.total_bytes <= 0:
            return None
        return self.free_bytes * 100 // self.total_bytes

    @property
    def days_left(self) -> int | None:
        """Days until it is full at the present pace; None while it doesn't grow, or nobody knows."""
        if self.free_bytes is None or not self.grows_bytes_a_day or self.grows_bytes_a_day < 0:
            return None
        return self.free_bytes // self.grows_bytes_a_day


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica that reports are read on: what is in the way (empty: nothing), and how far it is behind."""

    name: str
    hindrance: str = ""
    behind_bytes: int | None = None
    behind_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Reads:
    """Reports since central was set up: made on the replica; made on the primary, by what was in the way."""

    on_replica: int = 0
    on_primary: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, by whose it is, and when it ends."""

    whose: str
    ends_in_ms: int
    is_gateway: bool = False


@dataclass(frozen=True, slots=True)
class Jobs:
    """What runs by itself: titles of the jobs that are late, and when the last look was."""

    known: int
    late: tuple[str, ...] = ()
    given_up: int = 0
    last_run_age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Backups:
    """When central was last backed up and when a backup was last rehearsed; None: never."""

    last_age_ms: int | None = None
    rehearsal_age_ms: int | None = None
    backup_failed: str | None = None
    """What was in the way of the newest backup; None: it went well."""
    rehearsal_failed: str | None = None
    on_books_disk: bool = False
    """The newest good one lies on the disk that the books are on."""
    books_age_ms: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveWaits:
    """A month of telemetry whose time is over for long, and that something still needs."""

    month: str
    why: str
    """A text key: what needs it."""
    names: str


@dataclass(frozen=True, slots=True)
class Notices:
    """What waits to be told."""

    waiting: int = 0
    overdue: int = 0
    given_up: int = 0
    reaches_nobody: bool = False
    """Who is told of what is bad has neither a channel nor an address."""


@dataclass(frozen=True, slots=True)
class Web:
    """What the web server answered in about an hour, by the samples."""

    requests: int = 0
    errors: int = 0
    """Answers of 500 and above."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, at one instant."""

    gateways: tuple[Gateway, ...] = ()
    processes: tuple[Process, ...] = ()
    databases: tuple[Store, ...] = ()
    waiting_commits: int = 0
    """Commits that have waited for a replica's word for seconds: payments among them."""
    replicas: tuple[Replica, ...] = ()
    reads: Reads = Reads()
    disks: tuple[Store, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    has_authority: bool = True
    keys_not_believed: tuple[str, ...] = ()
    """Gateways that haven't said yet that they believe the key which signs."""
    jobs: Jobs = Jobs(0)
    backups: Backups = Backups()
    notices: Notices = Notices()
    web: Web = Web()
    archive_waits: ArchiveWaits | None = None
    is_bench: bool = False
