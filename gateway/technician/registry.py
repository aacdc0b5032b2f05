"""`cardroom-gateway lines|meters ...`: what the electrician found, written into the registry (C-3).

The file is replaced as a whole under a lock; a running daemon sees the change by itself. Rooms, prices and money are central's.
"""

import argparse
import csv
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import LineRow, MeterRow, Refusal, RegistryDamaged, RegistryStore
from gateway.technician.one_shot import FAILED, OK, print_json

DEFAULT_FOLDER = Path("/var/lib/cardroom")
COLUMNS = ("meter_number", "line", "address", "model", "ct_ratio", "location")
REQUIRED_COLUMNS = frozenset(COLUMNS[:4])
CHINESE_COLUMNS = {
    "表号": "meter_number",
    "线路": "line",
    "地址": "address",
    "型号": "model",
    "变比": "ct_ratio",
    "位置": "location",
}

Command = Callable[[RegistryStore, argparse.Namespace], int]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `lines` and `meters`."""
    _add_lines(subparsers.add_parser("lines", help="the RS-485 lines of this gateway", description=__doc__))
    _add_meters(subparsers.add_parser("meters", help="the meters of this gateway", description=__doc__))


def _add_lines(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="add|move|remove|list", required=True)
    add = _command(commands, "add", add_line, "add a line")
    add.add_argument("name")
    add.add_argument("--port", required=True, help="/dev/serial/by-id/... or socket://HOST:PORT")
    add.add_argument("--baud", type=int, default=2400)
    add.add_argument("--parity", choices=["N", "E", "O"], default="E")
    moved = _command(commands, "move", move_line, "put a line on another port: its adapter was replaced")
    moved.add_argument("name")
    moved.add_argument("--port", required=True, help="/dev/serial/by-id/... or socket://HOST:PORT")
    _command(commands, "remove", remove_line, "remove a line without meters").add_argument("name")
    _command(commands, "list", list_lines, "show all lines")


def _add_meters(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="add|import|remove|readdress|list", required=True)
    add = _command(commands, "add", add_meter, "add a meter")
    add.add_argument("meter_number", help="its number in the campus, unique")
    add.add_argument("--line", required=True)
    add.add_argument("--address", required=True, help="what it answers to on its line")
    add.add_argument("--model", required=True)
    add.add_argument(
        "--ct-ratio", type=int, default=1, help="current transformer, e.g. 40 for 200/5 (default 1)"
    )
    add.add_argument("--location", default="", help="where it hangs")
    many = _command(commands, "import", import_meters, "add all meters of a CSV file, or none")
    many.add_argument("file", type=Path, help=f"columns: {', '.join(COLUMNS)}")
    _command(commands, "remove", remove_meter, "remove a meter").add_argument("meter_number")
    moved = _command(
        commands, "readdress", readdress_meter, "enter the address that a meter was given by hand"
    )
    moved.add_argument("meter_number")
    moved.add_argument("address", help="what it answers to now")
    _command(commands, "list", list_meters, "show all meters")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Command,
    help_text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help=f"default {DEFAULT_FOLDER}"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run, command=command)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do one command. Returns 0, 1 when it was refused or the file can't be used, 2 when the question makes no sense."""
    command: Command = args.command
    try:
        return command(RegistryStore(args.data, read_models()), args)
    except BrokenModels as error:
        return _fail(args, "broken-models", str(error))
    except RegistryDamaged as error:
        return _fail(args, "registry-damaged", str(error))
    except OSError as error:
        next_step = "Check that the folder exists, is yours to write (else: sudo -u cardroom ...) and has room, or give --data DIR."
        return _fail(
            args,
            "no-access",
            f"Nothing was changed: {error.filename or args.data}: {error.strerror}. {next_step}",
        )


def move_line(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Put one line on another port; its meters stay on it."""
    return _report(args, registry.move_line(args.name, args.port), f"line {args.name} is on {args.port} now")


def add_line(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Add one line."""
    return _report(
        args,
        registry.add_line(LineRow(args.name, args.port, args.baud, args.parity)),
        f"line {args.name} added",
    )


def remove_line(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Remove one line."""
    return _report(args, registry.remove_line(args.name), f"line {args.name} removed")


def list_lines(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Show all lines."""
    return _list(args, "lines", [asdict(row) for row in registry.lines()], ("name", "port", "baud", "parity"))


def add_meter(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Add one meter."""
    row = MeterRow(args.meter_number, args.line, args.address, args.model, args.ct_ratio, args.location)
    return _report(args, registry.add_meter(row), f"meter {args.meter_number} added")


def remove_meter(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Remove one meter."""
    return _report(args, registry.remove_meter(args.meter_number), f"meter {args.meter_number} removed")


def readdress_meter(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Enter another address for a meter; its number, readings and money stay."""
    done = f"meter {args.meter_number} is asked at {args.address} from now on"
    return _report(args, registry.readdress(args.meter_number, args.address), done)


def list_meters(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Show all meters."""
    return _list(args, "meters", [asdict(row) for row in registry.meters()], COLUMNS)


def import_meters(registry: RegistryStore, args: argparse.Namespace) -> int:
    """Add all meters of a CSV file, or none: every bad row is named with its line in the file."""
    sheet = read_sheet(args.file.read_bytes())
    problems = list(sheet.problems)
    refusals = registry.add_meters(sheet.rows) if not problems else []
    problems += [f"line {sheet.place_of(refusal)}: {refusal}" for refusal in refusals]
    if problems:
        return _fail(
            args, "bad-rows", "\n".join([f"Nothing was imported: {len(problems)} mistakes.", *problems])
        )
    return _report(args, None, f"{len(sheet.rows)} meters added")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file read: its meters, the line each stood on, and what could not be read."""

    rows: list[MeterRow]
    places: list[int]
    problems: list[str]

    def place_of(self, refusal: Refusal) -> int:
        """The last line with this meter: the first of two equal ones is good."""
        return max(
            (
                place
                for row, place in zip(self.rows, self.places, strict=True)
                if row.meter_number == refusal.subject
            ),
            default=0,
        )


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV of meters as spreadsheets write it: UTF-8 with or without mark, or GB 18030; English or Chinese heads."""
    reader = csv.DictReader(io.StringIO(_decode(content), newline=""))
    heads = [CHINESE_COLUMNS.get(head.strip(), head.strip()) for head in reader.fieldnames or []]
    if missing := sorted(REQUIRED_COLUMNS.difference(heads)):
        return Sheet(
            [], [], [f"line 1: columns missing: {', '.join(missing)} (it has: {', '.join(heads) or 'none'})"]
        )
    reader.fieldnames = heads
    sheet = Sheet([], [], [])
    for cells in reader:
        _take_row(sheet, cells, reader.line_num)
    return sheet


def _take_row(sheet: Sheet, cells: dict[str, str | None], place: int) -> None:
    text = {column: (cells.get(column) or "").strip() for column in COLUMNS}
    if not any(text.values()):
        return
    ratio = text["ct_ratio"] or "1"
    if not ratio.isascii() or not ratio.isdigit():
        sheet.problems.append(f"line {place}: ct_ratio is a whole number, not {ratio!r}")
        return
    sheet.rows.append(
        MeterRow(
            text["meter_number"], text["line"], text["address"], text["model"], int(ratio), text["location"]
        )
    )
    sheet.places.append(place)


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _list(args: argparse.Namespace, name: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> int:
    if args.json:
        print_json({"ok": True, name: rows})
        return OK
    table = [tuple(columns), *(tuple(str(row[column]) for column in columns) for row in rows)]
    widths = [max(len(cells[place]) for cells in table) for place in range(len(columns))]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return OK


def _report(args: argparse.Namespace, refusal: Refusal | None, done: str) -> int:
    if refusal is not None:
        return _fail(args, refusal.reason.value, f"Nothing was changed: {refusal}")
    if args.json:
        print_json({"ok": True, "done": done})
    else:
        print(done)
    return OK


def _fail(args: argparse.Namespace, error: str, what: str) -> int:
    if args.json:
        print_json({"ok": False, "error": error, "what": what})
    else:
        print(what, file=sys.stderr)
    return FAILED
