"""What a command needs of the building when no daemon is asked: the folder and the registry's rows. Opens no line."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryDamaged, RegistryStore
from gateway.protocols.models import ModelRow
from gateway.technician.daemon import NOT_DONE, folder_or_complain
from gateway.words import say


@dataclass(frozen=True, slots=True)
class Site:
    """One building as it was commissioned."""

    folder: Path
    lines: Sequence[LineRow]
    meters: Sequence[MeterRow]
    models: Mapping[str, ModelRow]

    def on_line(self, line: str) -> list[MeterRow]:
        """Give a line's meters, by number."""
        return [row for row in self.meters if row.line == line]

    def name_of(self, line: str, address: str) -> str:
        """Give the number of the meter at an address; empty: none is registered there."""
        short = address.upper().lstrip("0")
        found = (row.meter_number for row in self.on_line(line) if row.address.upper().lstrip("0") == short)
        return next(found, "")


def site_or_complain(args: argparse.Namespace) -> Site | int:
    """Read the building of `--config`, or of `--data` where that is given; or the exit code, its reason told on stderr."""
    folder: Path | None = getattr(args, "data", None) or folder_or_complain(args.config)
    if folder is None:
        return NOT_DONE
    try:
        models = read_models()
        registry = RegistryStore(folder, models)
        return Site(folder, registry.lines(), registry.meters(), models)
    except (BrokenModels, RegistryDamaged) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        text = say(
            "{path} can't be read: {why}. Use sudo, or join the daemon's group: sudo usermod -aG cardroom $USER",
            path=error.filename or folder,
            why=error.strerror,
        )
        print(text, file=sys.stderr)
    return NOT_DONE


def line_or_complain(site: Site, name: str | None) -> list[LineRow] | None:
    """Give the lines that are meant: the one named, or all; None after the reason went to stderr."""
    lines = [line for line in site.lines if name in (None, line.name)]
    if lines:
        return lines
    if name is None:
        print(say("No line is registered yet: cardroom-gateway lines add, or commission."), file=sys.stderr)
    else:
        known = ", ".join(line.name for line in site.lines) or "-"
        print(say("There is no line {line}. There are: {known}.", line=name, known=known), file=sys.stderr)
    return None
