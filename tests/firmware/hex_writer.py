"""Writes Intel HEX for the tests: the product only reads it."""

from collections.abc import Iterable

from firmware_tools.image.hex_records import BLOCK, DATA, END, LINEAR, RECORD_BYTES, START_LINEAR, Segment


def write_hex(segments: Iterable[Segment], start: int | None = None) -> str:
    """Write segments as Intel HEX with linear addresses (04), 16 bytes a line."""
    lines, high = [], 0
    for segment in sorted(segments, key=lambda one: one.address):
        position = 0
        while position < len(segment.data):
            address = segment.address + position
            if address >> 16 != high:
                high = address >> 16
                lines.append(_line(0, LINEAR, high.to_bytes(2, "big")))
            length = min(RECORD_BYTES, BLOCK - address % BLOCK, len(segment.data) - position)
            lines.append(_line(address % BLOCK, DATA, segment.data[position : position + length]))
            position += length
    if start is not None:
        lines.append(_line(0, START_LINEAR, start.to_bytes(4, "big")))
    return "\n".join([*lines, _line(0, END, b""), ""])


def _line(address: int, kind: int, data: bytes) -> str:
    raw = bytes((len(data),)) + address.to_bytes(2, "big") + bytes((kind,)) + data
    return f":{raw.hex()}{-sum(raw) & 0xFF:02x}".upper()
