"""`cardroom-firmware virtual-module`: a module with bootloader on a pseudo-terminal, to try `flash` without hardware."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from firmware_tools.terminal.arguments import arguments_of
from firmware_tools.virtual_meter.endpoint import open_endpoint
from firmware_tools.virtual_module.flash_memory import Flash, Power
from firmware_tools.virtual_module.line import ModuleLine, Powered, WireFaults
from firmware_tools.virtual_module.module import ModuleSpec, install
from gateway.words import say


def run(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM; return 2, with a sentence on stderr, when that isn't possible."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except (ValueError, OSError) as error:
        print(f"virtual-module: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of(
        "virtual-module", say("Be a module with a bootloader on a line. Prints one JSON line when it is up.")
    )
    add = parser.add_argument
    add("--port", default="pty", help=say("pty, pty:LINK or tcp:[HOST:]PORT (default pty)"))
    add("--unit", type=int, default=1, help=say("its Modbus unit number (default 1)"))
    add("--baud", type=int, default=9600, help=say("speed of the line (default 9600)"))
    add("--product", default="relay-6c", help=say("what it says it is (default relay-6c)"))
    add("--hardware", type=int, default=3, help=say("its hardware revision (default 3)"))
    add("--key", help=say("64 hex digits, or a .pub file: the only signer the bootloader believes"))
    add("--flash", type=Path, help=say("file that is its flash memory; by default it forgets all"))
    add("--image", type=Path, help=say("signed image that is in it from the factory"))
    add("--slots", type=int, choices=(1, 2), default=1, help=say("2: two places for a program, A and B"))
    add("--bare", action="store_true", help=say("a bootloader that can't be asked how far it is"))
    add("--forgets-line", action="store_true", help=say("a bootloader that always starts at 9600 8N2"))
    add("--no-hardware", action="store_true", help=say("doesn't tell its hardware revision"))
    add("--erase-ms", type=int, help=say("how long an info block takes"))
    add("--cut-after", type=int, metavar="N", help=say("cut the power after N bytes of flash are written"))
    add("--off-ms", type=int, default=500, help=say("how long it stays without power then"))
    add("--lose", type=float, default=0.0, help=say("how often an answer is lost, 0 to 1"))
    add("--deaf", type=float, default=0.0, help=say("how often a question is lost, 0 to 1"))
    add("--flip", type=float, default=0.0, help=say("how often a bit is changed, 0 to 1"))
    return parser


def _spec(options: argparse.Namespace) -> ModuleSpec:
    key = ""
    if options.key:
        path = Path(options.key)
        key = path.read_text(encoding="ascii").strip() if path.exists() else options.key
    return ModuleSpec(
        product=options.product,
        hardware=options.hardware,
        key=bytes.fromhex(key),
        slots=options.slots,
        keeps_settings=not options.forgets_line,
        tells_progress=not options.bare,
        tells_hardware=not options.no_hardware,
        erase_ms=options.erase_ms,
    )


async def _serve(options: argparse.Namespace) -> None:
    spec = _spec(options)
    flash = Flash(spec.flash_bytes, options.flash)
    if options.image is not None and set(flash.read(0, spec.flash_bytes)) == {0xFF}:
        install(spec, flash, options.image.read_bytes())
    powered = Powered(spec, flash, options.off_ms)
    if options.cut_after is not None:
        flash.power = Power(options.cut_after)
    faults = WireFaults(options.lose, options.deaf, options.flip)
    line = ModuleLine({options.unit: powered}, open_endpoint(options.port), baud=options.baud, faults=faults)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await line.start()
    print(json.dumps({"port": line.address, "unit": options.unit, "product": spec.product}), flush=True)
    await stop.wait()
    await line.stop()
