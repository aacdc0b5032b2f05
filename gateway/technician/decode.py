"""`cardroom-gateway decode`: bytes somebody captured, told as JSON. Needs no line, no daemon and no configuration.

One hex string per argument, or per line of standard input; one JSON object per event. A line is one whole stream: it may hold
several frames, an echo, noise between them. Plain FE bytes and echoes are no damage; noise is one `garbage` per run, in its place.
Between bytes may stand what tools print there: spaces, commas, semicolons, colons, dashes, 0x.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from gateway.protocols.dlt645 import content, edition1997, functions
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.modbus import content as modbus_content
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.stream import Damage, Reason
from gateway.words import mark, say

Event = dlt645.Frame | modbus.Frame | Damage
Fields = dict[str, Any]

DESCRIPTION = mark(
    "Bytes somebody captured, told as JSON. Needs no line, no daemon and no configuration. "
    "One hex string per argument, or per line of standard input; one JSON object per event."
)
FEED_BYTES = 4096
"""A pasted capture may be long; it is fed in portions, as a line would."""
PADDING = b"\xfe\xff\x00"
"""What adapters and modems put behind a frame."""
BETWEEN_BYTES = re.compile(r"[\s,;:\-\ufeff]+|(?<![0-9a-fA-F])0[xX]")
"""What is no digit and says nothing; U+FEFF is the mark that some editors put before a file."""


class Named(StrEnum):
    """The values of `--protocol`."""

    AUTO = "auto"
    DLT645_2007 = "dlt645-2007"
    DLT645_1997 = "dlt645-1997"
    MODBUS_RTU = "modbus-rtu"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "decode",
        help=say("tell what captured bytes say"),
        description=say(DESCRIPTION),
    )
    parser.add_argument("--protocol", choices=[name.value for name in Named], default=Named.AUTO.value)
    parser.add_argument(
        "hex",
        nargs="*",
        metavar="HEX",
        help=say("hex digits, separators allowed; without any: lines of stdin"),
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the events of each line; return the exit code."""
    lines: Iterable[str] = _streams(args.hex) if args.hex else _stdin_lines()
    protocol, as_json = Named(args.protocol), json.JSONEncoder(ensure_ascii=False).encode
    try:
        for number, text in enumerate(lines, start=1):
            for fields in decode_line(text, protocol):
                sys.stdout.write(as_json({"line": number, **fields}) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def decode_line(text: str, protocol: Named) -> Iterator[Fields]:
    """Yield the events of one line of hex digits; an empty line has none, one that is no hex is the damage `not-hex`."""
    stream = _bytes_of(text)
    if stream is None:
        yield {"event": "damage", "reason": "not-hex"}
        return
    chosen, events = events_of(stream, protocol)
    for event in events:
        yield fields_of(event, protocol, chosen)


def events_of(stream: bytes, protocol: Named) -> tuple[Named, list[Event]]:
    """Give what a whole stream holds, in order, and the protocol that it was read by."""
    return _choose(stream) if protocol is Named.AUTO else (protocol, _events(_decoder(protocol), stream))


def fields_of(event: Event, asked: Named, chosen: Named) -> Fields:
    """Tell one event by its fields' names."""
    return _damage_fields(event) if isinstance(event, Damage) else _frame_fields(event, asked, chosen)


def _bytes_of(text: str) -> bytes | None:
    """Read hex digits, two to a byte, whatever stands between the bytes; None for anything else."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return bytes.fromhex(BETWEEN_BYTES.sub(" ", text))
    except ValueError:
        return None


def _streams(words: list[str]) -> list[str]:
    """One stream per argument; a frame pasted without quotes comes as one argument per byte, and is one stream."""
    return [" ".join(words)] if all(len(_bytes_of(word) or b"") == 1 for word in words) else words


def _stdin_lines() -> Iterator[str]:
    if sys.stdin is None:  # closed by the caller: no lines
        return
    for raw in sys.stdin.buffer:
        yield raw.decode("utf-8", "replace")


def _decoder(protocol: Named) -> dlt645.Decoder | modbus.Decoder:
    return modbus.Decoder() if protocol is Named.MODBUS_RTU else dlt645.Decoder()


def _events(decoder: dlt645.Decoder | modbus.Decoder, stream: bytes) -> list[Event]:
    events: list[Event] = []
    for position in range(0, len(stream), FEED_BYTES):
        decoder.feed(stream[position : position + FEED_BYTES])
        while (event := decoder.next_event()) is not None:
            events.append(event)
    decoder.flush()
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events


def _choose(stream: bytes) -> tuple[Named, list[Event]]:
    """Tell DL/T 645 from Modbus: the side whose good frames hold more bytes; without any, the side whose shape the bytes have."""
    by_645 = _events(dlt645.Decoder(), stream)
    good_645 = _good_bytes(by_645)
    if good_645 * 2 > len(stream):
        return Named.DLT645_2007, by_645
    by_modbus = _events(modbus.Decoder(), stream)
    good_modbus = _good_bytes(by_modbus)
    if good_modbus > good_645 or (not good_645 and _looks_like_modbus(stream)):
        return Named.MODBUS_RTU, by_modbus
    return Named.DLT645_2007, by_645


def _good_bytes(events: list[Event]) -> int:
    return sum(len(event.raw) for event in events if not isinstance(event, Damage))


def _looks_like_modbus(stream: bytes) -> bool:
    """A known function in second place, and neither start mark nor the tail of a frame that lost its head to DL/T 645."""
    return (
        len(stream) > 2
        and stream[0] not in (dlt645.START, dlt645.PREAMBLE[0])
        and stream[1] & ~modbus.EXCEPTION_BIT in modbus.FUNCTIONS
        and not (dlt645.START in stream[1:8] and stream.rstrip(PADDING).endswith(bytes((dlt645.END,))))
    )


def _damage_fields(damage: Damage) -> Fields:
    fields: Fields = {"event": "damage", "reason": damage.reason.value}
    if damage.reason is Reason.BAD_CHECKSUM:
        fields["computed_checksum"] = f"{dlt645.checksum(damage.raw):02X}"
    if damage.reason is Reason.BAD_CRC:
        fields["crc_computed"] = _crc_text(damage.raw)
    return fields | {"raw": damage.raw.hex()}


def _frame_fields(frame: dlt645.Frame | modbus.Frame, asked: Named, chosen: Named) -> Fields:
    if isinstance(frame, modbus.Frame):
        return _modbus_fields(frame)
    edition = edition_of(frame) if asked is Named.AUTO else chosen
    read: Callable[[dlt645.Frame], content.Content] = (
        edition1997.read_content if edition is Named.DLT645_1997 else content.read_content
    )
    said = read(frame)
    fields: Fields = {
        "event": "frame",
        "protocol": edition.value,
        "direction": "response" if frame.is_reply else "request",
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "di": said.di,
        "value": said.value,
        "unit": said.unit,
        "data_hex": frame.data.hex(),
    }
    if said.name:
        fields["name"] = said.name
    if said.sequence is not None:
        fields["sequence"] = said.sequence
    if said.problem:
        fields["problem"] = said.problem.value
    return fields


def edition_of(frame: dlt645.Frame) -> Named:
    """Tell the edition by the function code: 1997 uses 01H to 10H, 2007 11H and up; 03H by its data, 00H by the address."""
    function = frame.function
    if function > edition1997.LAST_FUNCTION:
        return Named.DLT645_2007
    if function == edition1997.READ_AGAIN:
        known_1997 = edition1997.find(int.from_bytes(frame.data[:2], "little")) and not frame.is_abnormal
        return Named.DLT645_2007 if functions.is_security(frame) and not known_1997 else Named.DLT645_1997
    if function == edition1997.BROADCAST_TIME:
        return Named.DLT645_2007
    if function == 0:
        return Named.DLT645_1997 if frame.address == dlt645.BROADCAST_ADDRESS else Named.DLT645_2007
    return Named.DLT645_1997


def _modbus_fields(frame: modbus.Frame) -> Fields:
    fields = modbus_content.read_fields(frame)
    return {
        "event": "frame",
        "protocol": Named.MODBUS_RTU.value,
        "direction": frame.role.value,
        "address": frame.address,
        "control": f"{frame.function:02X}",
        "di": None,
        "value": fields.pop("value"),
        "unit": None,
        **fields,
        "crc_computed": _crc_text(frame.raw),
    }


def _crc_text(raw: bytes) -> str:
    """The CRC these bytes should carry, in wire order."""
    return int(modbus.crc16(raw[:-2])).to_bytes(2, "little").hex().upper()
