"""`cardroom-firmware identify`: finds ports, speed and device by itself, one line on each; changes nothing."""

import argparse

from firmware_tools.devices.finding import add_line_arguments, port_paths, wanted_of
from firmware_tools.devices.search import Found, Several, Speed, Wanted, search
from firmware_tools.devices.words import (
    device_document,
    device_line,
    nothing_found,
    several_answered,
    speed_text,
)
from firmware_tools.line.ports import PortSettings
from firmware_tools.line.serial_line import LineGone, open_line
from firmware_tools.terminal.arguments import add_json, arguments_of
from firmware_tools.terminal.progress import StatusLine
from firmware_tools.terminal.trouble import DONE, Trouble, print_json, report
from gateway.words import say


def run(arguments: list[str]) -> int:
    """Look, and print what was found. Returns 0, 1 when nothing answers, 2 when the question makes no sense."""
    parser = arguments_of("identify", say("Find what is on the serial ports: speed, device, firmware."))
    add_line_arguments(parser)
    parser.add_argument("--quick", action="store_true", help=say("ask likely addresses only, not all 247"))
    add_json(parser)
    options = parser.parse_args(arguments)
    wanted = wanted_of(options, scan=not options.quick)
    if isinstance(wanted, Trouble):
        return report(wanted, options.json)
    paths = port_paths(options.port)
    if isinstance(paths, Trouble):
        return report(paths, options.json)
    return _look(paths, wanted, options)


def _look(paths: list[str], wanted: Wanted, options: argparse.Namespace) -> int:
    found: list[Found] = []
    troubles: list[Trouble] = []
    for path in paths:
        for one in _on_port(path, wanted, options.json):
            if isinstance(one, Found):
                found.append(one)
                if not options.json:
                    print(f"{one.port}  {speed_text(one.speed)}  {device_line(one.device)}", flush=True)
            else:
                troubles.append(one)
    if options.json and found:
        print_json({"ok": True, "devices": [device_document(one) for one in found]})
    for trouble in troubles if found else troubles[1:]:
        report(trouble)
    if found:
        return DONE
    return report(troubles[0] if troubles else nothing_found(paths), options.json)


def _on_port(path: str, wanted: Wanted, quiet: bool) -> list[Found | Trouble]:
    line = open_line(PortSettings(path))
    if isinstance(line, Trouble):
        return [line]
    status = StatusLine(quiet)

    def told(speed: Speed) -> None:
        status.show(f"{path}  {speed_text(speed)} ...")

    answers: list[Found | Trouble] = []
    try:
        for one in search(line, wanted, told):
            if isinstance(one, LineGone):
                answers.append(one.trouble())
            elif isinstance(one, Several):
                answers.append(several_answered(one))
            else:
                answers.append(one)
    finally:
        line.close()
        status.show("")
    return answers
