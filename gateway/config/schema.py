"""Every setting of gateway.toml: its type, its default, its rule. This file is the whole list; docs and checks follow it."""

# ruff: noqa: RUF009  (`setting` only makes a `field`; ruff can't see that)

from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

from gateway.config.data_folder import WritableFolder
from gateway.config.rules import FileName, Flag, Hosts, Identifier, Keys, OneOf, Rule, Text, WebAddress, Whole
from gateway.contract.identifiers import GatewayId


def setting(rule: Rule, default: Any = MISSING) -> Any:
    """A field with its rule; without a default it must stand in the file."""
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """[gateway]"""

    id: GatewayId = setting(Identifier())
    """This building's name at central and on the link."""
    data: Path = setting(WritableFolder())
    """Journal, registry, key and control socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralKeys:
    """[central] Whom the gateway believes: 64 hex digits each."""

    public_keys: tuple[str, ...] = setting(Keys(at_least=1))
    """Central's signing keys: active and next."""
    approver_keys: tuple[str, ...] = setting(Keys(at_least=0), ())
    """Who may give the second signature for many cuts (C-10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mqtt:
    """[mqtt] The broker."""

    host: str = setting(Text('"broker.example.edu"'))
    port: int = setting(Whole(1, 65_535), 1883)
    spare_brokers: tuple[tuple[str, int], ...] = setting(Hosts(), ())
    """Where else central listens: tried in turn while the first broker does not answer, and left again when it may."""
    tls: bool = setting(Flag(), False)
    ca_file: Path | None = setting(FileName("not-set-up"), None)
    """Without it the system's authorities are believed."""
    certificate_file: Path | None = setting(FileName("no-certificate"), None)
    key_file: Path | None = setting(FileName("not-set-up"), None)
    username: str | None = setting(Text('"b1"'), None)
    password_file: Path | None = setting(FileName(), None)
    """The password alone, on one line; it never stands in this file."""
    reconnect_min_ms: int = setting(Whole(20, 60_000), 500)
    reconnect_max_ms: int = setting(Whole(20, 3_600_000), 60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """[web] Central's pages, where the link's certificate is renewed."""

    url: str | None = setting(WebAddress(), None)
    """Without it nothing is renewed. What comes from there is believed by central's signature alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """[clock]"""

    utc_offset_minutes: int = setting(Whole(-14 * 60, 14 * 60), 480)
    """Local time of meters and people; China has one zone and no summer time."""
    bench_file: Path | None = setting(FileName(), None)
    """A bench's scaled time; central refuses such a gateway unless it is a bench itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """[polling]"""

    readings_commit_s: int = setting(Whole(1, 30), 25)
    """Plain readings are written to disk after so long, at most 30 s (C-13), or when 500 wait. Each write costs a card several
    pages; a decision, a grant or a command never waits, and takes the readings that wait along."""
    pause_ms: int = setting(Whole(0, 3_600_000), 0)
    """Between two sweeps of a line; a room whose credit may run out is read meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """[log]"""

    level: str = setting(OneOf(("info", "debug", "warning", "error")), "info")
    format: str = setting(OneOf(("auto", "json", "human")), "auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """The whole file, one field per section."""

    gateway: Identity
    central: CentralKeys
    mqtt: Mqtt
    web: Web
    clock: Clock
    polling: Polling
    log: Log
