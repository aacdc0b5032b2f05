"""Where a search looks first: speeds and parities by how often they are met in the field, and what has been heard so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.adapters.serial_bus.port import SOCKET_SCHEME
from gateway.protocols.search import FULL_WINDOW_MS

DLT645 = ("dlt645-2007", "dlt645-1997")
MODBUS = "modbus-rtu"
ALL_PROTOCOLS = (*DLT645, MODBUS)

DLT645_SETTINGS = (
    (2400, "E"),
    (9600, "E"),
    (1200, "E"),
    (4800, "E"),
    (9600, "N"),
    (19200, "E"),
    (2400, "N"),
    (4800, "N"),
    (600, "E"),
)
"""The standard's default first (clause 5.1), then what buildings have; N is no DL/T 645, and met all the same."""
MODBUS_SETTINGS = (
    (9600, "N"),
    (9600, "E"),
    (2400, "N"),
    (4800, "N"),
    (19200, "N"),
    (2400, "E"),
    (19200, "E"),
    (1200, "N"),
    (38400, "N"),
    (115200, "N"),
)

SOCKET_LATENCY_S = 0.25
SOCKET_MARGIN_MS = 250
Setting = tuple[int, str]
GOOD, MARKED, GARBLED, SILENT = "good", "marked", "garbled", "silent"
"""What the first question of a setting brought: a meter, bytes with the marks of an answer, other bytes, nothing."""
RANKS = (GOOD, MARKED, GARBLED, SILENT)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited; another pace is for lines that tests make."""

    latency_s: float = 0.05
    margin_ms: int = 40
    unit_window_ms: int = 200
    full_window_ms: int = FULL_WINDOW_MS


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be searched."""

    protocols: tuple[str, ...] = ALL_PROTOCOLS
    bauds: tuple[int, ...] = ()
    """Only these speeds; none: all, the likely ones first."""
    expect: int | None = None
    """End a port when so many meters were found on it: its electrician knows how many hang there."""
    thorough: bool = False
    """Ask each silent place twice."""
    has_one_setting: bool = False
    """A serial server keeps its own speed and parity: there is nothing to look for."""
    utc_offset_min: int = 480
    """Of the calendars that the meters should show."""
    pace: Pace = Pace()

    @property
    def signature(self) -> str:
        """Tell two plans apart: a port that was searched by another one is not done."""
        return f"{self.protocols} {self.bauds} {self.expect} {self.thorough}"

    def for_port(self, port: str) -> "Plan":
        """Give the plan for one port: a serial server on the network is slower and has one speed."""
        if not port.startswith(SOCKET_SCHEME):
            return self
        pace = Pace(
            SOCKET_LATENCY_S,
            self.pace.margin_ms + SOCKET_MARGIN_MS,
            self.pace.unit_window_ms + SOCKET_MARGIN_MS,
            self.pace.full_window_ms,
        )
        return replace(self, bauds=self.bauds[:1] or (9600,), has_one_setting=True, pace=pace)

    def dlt645_settings(self) -> list[Setting]:
        """Give the settings at which DL/T 645 is tried, in order."""
        return self._wanted(DLT645_SETTINGS)

    def modbus_settings(self, met: list[Setting]) -> list[Setting]:
        """Give the settings at which Modbus is swept. A line has one speed: where meters were met, only theirs are."""
        wanted = self._wanted(MODBUS_SETTINGS)
        if not met or self.has_one_setting:
            return wanted
        bauds = [baud for baud, _ in met]
        return list(dict.fromkeys([*met, *(one for one in wanted if one[0] in bauds)]))

    def _wanted(self, usual: Sequence[Setting]) -> list[Setting]:
        """Keep what was asked for; a speed that nobody expects is tried with both parities."""
        if not self.bauds:
            return list(usual)
        if self.has_one_setting:
            return [(self.bauds[0], "E")]
        known = [one for one in usual if one[0] in self.bauds]
        strange = [baud for baud in self.bauds if baud not in {one[0] for one in known}]
        return known + [(baud, parity) for baud in strange for parity in "EN"]


def key_of(setting: Setting, protocol: str) -> str:
    """Name a search in the state: `2400E dlt645-2007`."""
    return f"{setting[0]}{setting[1]} {protocol}"


def by_evidence(keys: list[str], heard: Mapping[str, str]) -> list[str]:
    """Put what answered first, then what garbled: a wrong speed is mostly silent, so bytes are a sign."""
    return sorted(keys, key=lambda key: RANKS.index(heard.get(key, SILENT)))
