"""What a good DL/T 645-2007 frame says: identifier, value, unit, name. Never raises: oddities of content are values or problems."""

from dataclasses import dataclass
from itertools import chain, repeat

from gateway.protocols.dlt645 import functions, relay
from gateway.protocols.dlt645.formats import Problem, Text
from gateway.protocols.dlt645.frame import Frame
from gateway.protocols.dlt645.identifiers import Identifier, find

Value = Text | list[Text]

ADDRESS_BYTES = 6
DI_BYTES = 4
CLEAR_EVENTS_BYTES = 12
"""PA P0 P1 P2, C0..C3, and the event's identifier or FF FF FF FF (clause 7.13)."""


@dataclass(frozen=True, slots=True)
class Content:
    """The meaning of one frame. `problem` is set when the frame is good and its content is not (then `value` says how)."""

    di: str | None = None
    name: str | None = None
    value: Value = None
    unit: str | None = None
    problem: Problem | None = None
    sequence: int | None = None
    """SEQ of a follow-up frame (12H), which stands behind the data. One part of a block says its own whole items."""


def read_content(frame: Frame) -> Content:
    """Return what the frame says, as far as the standard or a public source tells."""
    if frame.is_abnormal:
        return error_content(refusal(frame), error_bytes(frame))
    if frame.function in functions.CARRIES_IDENTIFIER and len(frame.data) >= 4:
        return _read_item(frame)
    match frame.function:
        case functions.READ_ADDRESS if frame.is_reply and len(frame.data) == ADDRESS_BYTES:
            return Content(value=frame.data[::-1].hex().upper())
        case functions.WRITE_ADDRESS if not frame.is_reply and len(frame.data) == ADDRESS_BYTES:
            return Content(value=frame.data[::-1].hex().upper())
        case functions.CHANGE_PASSWORD if not frame.is_reply and len(frame.data) >= DI_BYTES:
            return _named(frame.data[:DI_BYTES])
        case functions.CLEAR_EVENTS if not frame.is_reply and len(frame.data) == CLEAR_EVENTS_BYTES:
            return _named(frame.data[-DI_BYTES:])
        case functions.CHANGE_BAUD if len(frame.data) == 1:
            return Content(value=frame.data.hex().upper(), unit="baud feature word")
        case functions.RELAY if frame.is_reply:
            return Content(value=relay.describe_done(frame.data))
        case functions.RELAY:
            return Content(value=dict(relay.describe_switch(frame.data) or {}) or None)
        case functions.FREEZE | functions.BROADCAST_TIME if not frame.is_reply and frame.data:
            return Content(value=frame.data[::-1].hex().upper(), unit="moment")
    return Content()


def _named(wire_di: bytes) -> Content:
    """Say which item a command is about; FF in all bytes means all of them, which is no item."""
    if wire_di == b"\xff" * DI_BYTES:
        return Content()
    known = find(int.from_bytes(wire_di, "little"))
    return Content(wire_di[::-1].hex().upper(), known.name if known else None)


def error_bytes(frame: Frame) -> bytes:
    """Return what is the error of an abnormal reply: one byte by the standard, two by the extensions; what stands behind is not."""
    long = frame.function in (functions.SECURITY, functions.RELAY) and len(frame.data) == relay.STATUS_BYTES
    return frame.data[: relay.STATUS_BYTES if long else 1]


def error_content(name: str, error: bytes) -> Content:
    """Say an error as captures print it, `ERR=02`; a refusal without an error byte has only its name."""
    return (
        Content(name=name, value=f"ERR={error[::-1].hex().upper()}", unit="err")
        if error
        else Content(name=name)
    )


def refusal(frame: Frame) -> str:
    """Name what an abnormal reply says, several reasons joined by `+`; `other` when it gives none."""
    error = error_bytes(frame)
    word = int.from_bytes(error, "little")
    names: tuple[str, ...] = functions.ERROR_BITS
    if frame.function == functions.SECURITY:
        names = functions.SECURITY_ERROR_BITS
    elif len(error) == relay.STATUS_BYTES:
        names = relay.REFUSED_BITS
    return "+".join(functions.named_bits(word, names)) or "other"


def _read_item(frame: Frame) -> Content:
    di, body = frame.data[3::-1], frame.data[4:]
    text = di.hex().upper()
    known = find(int.from_bytes(di, "big"))
    sequence = body[-1] if frame.function == functions.READ_FOLLOW_UP and body else None
    if sequence is not None:
        body = body[:-1]
    if known is None or not frame.is_reply or not body or frame.function == functions.WRITE:
        return Content(text, known.name if known else None, sequence=sequence)
    said = content_of(text, known, body)
    if sequence is None and not frame.has_more:
        return said
    whole_items = known.is_block and said.problem is None
    return Content(
        text,
        known.name,
        said.value if whole_items else None,
        said.unit if whole_items else None,
        sequence=sequence,
    )


def content_of(di: str, known: Identifier, body: bytes) -> Content:
    """Read an item's bytes by its row; shared with the 1997 edition."""
    value = _read_items(known, body) if known.is_block else _read_one(known, body)
    if isinstance(value, Problem):
        return Content(di, known.name, _explain(value, known, body), None, value)
    return Content(di, known.name, value, known.unit)


def _read_one(known: Identifier, body: bytes) -> Text | Problem:
    return known.form.parse(body) if len(body) == known.form.size else Problem.WRONG_LENGTH


def _read_items(known: Identifier, body: bytes) -> list[Text] | Problem:
    """Return the items of a block in wire order; a block is whole items only, and the first bad one makes it a problem."""
    size = known.form.size
    if len(body) % size:
        return Problem.WRONG_LENGTH
    items: list[Text] = []
    for form, position in zip(
        chain(known.forms, repeat(known.form)), range(0, len(body), size), strict=False
    ):
        value = form.parse(body[position : position + size])
        if isinstance(value, Problem):
            return value
        items.append(value)
    return items


def _explain(problem: Problem, known: Identifier, body: bytes) -> str:
    if problem is Problem.WRONG_LENGTH:
        wanted = f"a multiple of {known.form.size}" if known.is_block else str(known.form.size)
        return f"unexpected length {len(body)} (want {wanted})"
    return f"non-BCD digits {body[::-1].hex().upper()}"
