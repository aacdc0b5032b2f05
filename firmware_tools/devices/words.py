"""One line on what was found, and what is said when nothing was."""

from typing import Any

from firmware_tools.devices.meter_identity import MeterIdentity
from firmware_tools.devices.module_identity import ModuleIdentity
from firmware_tools.devices.search import Device, Found, Several, Speed
from firmware_tools.terminal.trouble import Trouble
from gateway.words import say


def speed_text(speed: Speed) -> str:
    """Show `9600 8N2`."""
    return f"{speed[0]} 8{speed[1]}{speed[2]}"


def device_line(device: Device) -> str:
    """Say in one line what answers."""
    if isinstance(device, ModuleIdentity):
        return _module_line(device)
    if isinstance(device, MeterIdentity):
        parts = [say("DL/T 645 meter {address}", address=device.address)]
        if device.model:
            parts.append(say("model {model}", model=device.model))
        if device.software:
            parts.append(say("software {software}", software=device.software))
        return ", ".join(parts)
    return say(
        "Modbus unit {unit}: answers, but has no firmware registers (a meter, or a module of another make)",
        unit=device.unit,
    )


def _module_line(device: ModuleIdentity) -> str:
    hardware = say("not told") if device.hardware is None else str(device.hardware)
    if device.in_bootloader:
        return say(
            "module {product}, unit {unit}, hardware {hardware}, in its bootloader {bootloader}",
            product=device.product,
            unit=device.unit,
            hardware=hardware,
            bootloader=device.bootloader or "?",
        )
    return say(
        "module {product}, unit {unit}, hardware {hardware}, firmware {version}, bootloader {bootloader}",
        product=device.product,
        unit=device.unit,
        hardware=hardware,
        version=device.version_text or "?",
        bootloader=device.bootloader or "?",
    )


def device_document(found: Found) -> dict[str, Any]:
    """Shape one device for `--json`."""
    device = found.device
    where = {
        "port": found.port,
        "baud": found.speed[0],
        "parity": found.speed[1],
        "stop_bits": found.speed[2],
    }
    if isinstance(device, ModuleIdentity):
        told: dict[str, Any] = {
            "kind": "module",
            "unit": device.unit,
            "product": device.product,
            "hardware": device.hardware,
            "version": device.version_text,
            "bootloader": device.bootloader,
            "in_bootloader": device.in_bootloader,
            "model": device.model,
            "serial": device.serial,
        }
    elif isinstance(device, MeterIdentity):
        told = {
            "kind": "dlt645-meter",
            "address": device.address,
            "number": device.number,
            "model": device.model,
            "made": device.made,
            "software": device.software,
            "hardware": device.hardware,
        }
    else:
        told = {"kind": "modbus-device", "unit": device.unit, "exception": device.code}
    return where | told


def nothing_found(ports: list[str]) -> Trouble:
    """Say that all ports were silent."""
    return Trouble(
        "silent",
        say("Nothing answered on {ports}.", ports=", ".join(ports)),
        say(
            "No power, wires A and B swapped or open, another speed or address, or a make that is not known here."
        ),
        say(
            "Check power, A and B; with one device on the line name its address and speed: --address 5 --baud 19200"
        ),
    )


def several_answered(several: Several) -> Trouble:
    """Say that what came was no answer."""
    return Trouble(
        "garbled",
        say(
            "Bytes came on {port} at {speed}, but no good answer ({damage}).",
            port=several.port,
            speed=speed_text(several.speed),
            damage=several.damage,
        ),
        say("Two devices answer at once, or the speed or parity is another one."),
        say(
            "Leave one device alone on the line, or name its own address and speed with --address and --baud."
        ),
    )
