"""Feeding a decoder in portions, as a line does."""

from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.stream import Damage

Decoder = dlt645.Decoder | modbus.Decoder


def drain(decoder: Decoder) -> list:
    """All events that can be told now."""
    events = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events


def hear(decoder: Decoder, stream: bytes, portion: int = 0) -> list:
    """All events of a whole stream fed in portions (0: at once), the line's silence at its end included."""
    events = []
    for position in range(0, len(stream), portion or max(1, len(stream))):
        decoder.feed(stream[position : position + (portion or len(stream))])
        events += drain(decoder)
    decoder.flush()
    return events + drain(decoder)


def hear_645(stream: bytes, portion: int = 0) -> list:
    """The events of a DL/T 645 stream."""
    return hear(dlt645.Decoder(), stream, portion)


def hear_modbus(stream: bytes, portion: int = 0) -> list:
    """The events of a Modbus stream heard from both sides."""
    return hear(modbus.Decoder(), stream, portion)


def is_found_behind(events: list, good: bytes) -> bool:
    """Tell whether the good frame at the end was found, or bytes before it formed, by chance, a frame with a right sum that
    reaches into it: no decoder can know better (a CRC-16 holds for one random frame in 65,536, a DL/T 645 sum for more).
    """
    raws = [event.raw for event in events if not isinstance(event, Damage)]
    return any(
        good in raw or any(raw.endswith(good[:length]) for length in range(1, len(good))) for raw in raws
    )
