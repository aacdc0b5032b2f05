"""The campus file: which lines and meters there are. Read whole and checked before anything starts."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from firmware_tools.virtual_meter.faults import LineFaults
from firmware_tools.virtual_meter.meter_spec import MeterSpec, check_spec


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The `[campus]` table."""

    truth: str = ""
    """SQLite file for the auditor and the meters' memory, relative to this file; empty: none is kept."""
    clock_file: str = ""
    utc_offset_min: int = 480
    seed: str = "campus"
    sample_s: float = 60.0
    """Real seconds in which every meter is sampled once."""
    outage: Literal["off", "metering"] = "off"
    """After a clean stop: the building was without power, or rooms went on using it unseen."""


class LineSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A `[[line]]` table."""

    name: str
    port: str = "pty"
    baud: int = 2400
    parity: Literal["N", "E", "O"] = "E"
    turn_round_ms: tuple[int, int] = (20, 50)
    chunk_bytes: int = 8
    strict_baud: bool = False
    faults: LineFaults = msgspec.field(default_factory=LineFaults)
    meter: list[MeterSpec] = msgspec.field(default_factory=list)


class CampusSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A whole campus file."""

    campus: Settings = msgspec.field(default_factory=Settings)
    line: list[LineSpec]


def read_campus(path: Path) -> CampusSpec:
    """Read a campus file; raise ValueError naming the place and what is wrong there."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        spec = msgspec.convert(document, CampusSpec)
        check_campus(spec)
    except OSError as error:
        raise ValueError(
            f"{path} can't be read: {error.strerror}; name a campus file with --campus"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text: save it as UTF-8, or name a campus file") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(
            f"{path} is no TOML: {error}; text needs quotes, tables stand in [brackets]"
        ) from error
    except msgspec.ValidationError as error:
        raise ValueError(f"{path}: {error}; docs/virtual-meter.md lists the keys and their values") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return spec


def check_campus(spec: CampusSpec) -> None:
    """Raise ValueError on names used twice, impossible lines or meters."""
    if not spec.line:
        raise ValueError("there is no [[line]]: a campus needs at least one")
    if spec.campus.sample_s <= 0:
        raise ValueError("campus.sample_s must be above 0")
    lines = [line.name for line in spec.line]
    meters = [meter.name for line in spec.line for meter in expand(line.meter)]
    for kind, names in (("line", lines), ("meter", meters)):
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                f"the {kind} name {name!r} is used more than once: names are how the control channel finds them"
            )
    for line in spec.line:
        if line.baud <= 0 or line.chunk_bytes < 1 or not 0 <= line.turn_round_ms[0] <= line.turn_round_ms[1]:
            raise ValueError(
                f"line {line.name}: baud and chunk_bytes are above 0, turn_round_ms is [shortest, longest]"
            )
        for meter in expand(line.meter):
            check_spec(meter)


def expand(meters: list[MeterSpec]) -> list[MeterSpec]:
    """Unroll `count`: NAME-001, NAME-002, .. with rising addresses."""
    found = []
    for meter in meters:
        if meter.count == 1:
            found.append(meter)
            continue
        for index in range(meter.count):
            address = str(int(meter.address) + index) if meter.address.isdigit() else meter.address
            name = f"{meter.name}-{index + 1:03d}"
            found.append(msgspec.structs.replace(meter, name=name, address=address, count=1))
    return found
