"""How a traced frame is shown to a person: one line of plain words with its timing. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.protocols.modbus.frame import Role
from gateway.technician.decode import Named
from gateway.technician.trace_frames import Traced
from gateway.words import mark, say

SIGNS = {
    "ask": "->",
    "answer": "<-",
    "echo": "<e",
    "unasked": "<?",
    "other-meter": "<?",
    "other-master": "<?",
    "damage": "!!",
    "no-answer": "..",
    "cut-off": "~~",
}
ACTS = {
    "03": mark("security (ESAM)"),
    "08": mark("sets all clocks"),
    "11": mark("read"),
    "12": mark("read on"),
    "13": mark("asks who is there"),
    "14": mark("write"),
    "15": mark("gives the address"),
    "16": mark("freezes the register"),
    "17": mark("changes the speed"),
    "18": mark("changes a password"),
    "19": mark("clears the demand"),
    "1A": mark("clears the meter"),
    "1B": mark("clears the events"),
    "1C": mark("switches the relay"),
}
"""DL/T 645-2007's functions, as a request means them."""
ACTS_1997 = {"01": mark("read"), "04": mark("write"), "08": mark("sets all clocks")}
SWITCHES = {
    "1A": mark("open"),
    "1B": mark("permit to close"),
    "1C": mark("close"),
    "1D": mark("open, close later"),
    "1E": mark("open, permit later"),
    "2A": mark("alarm on"),
    "2B": mark("alarm off"),
    "3A": mark("keep power on"),
    "3B": mark("end keep power"),
}
ITEMS = (
    mark("forward active energy total"),
    mark("forward active energy total and tariffs"),
    mark("reverse active energy total"),
    mark("combined active energy total"),
    mark("voltage phase A"),
    mark("voltage all phases"),
    mark("current phase A"),
    mark("current all phases"),
    mark("active power total"),
    mark("active power all phases"),
    mark("power factor total"),
    mark("frequency"),
    mark("date and weekday"),
    mark("time of day"),
    mark("date, weekday and time of day"),
    mark("communication address"),
    mark("meter number"),
    mark("running status word 3"),
    mark("running status words"),
    mark("meter cover opening count"),
)
"""Names of the items that are read every day; the others stay as the standard's table has them in English."""
DAMAGES = {
    "bad-checksum": mark("the sum is wrong: a bit was changed"),
    "bad-crc": mark("the CRC is wrong: a bit was changed"),
    "bad-end": mark("the end mark is wrong"),
    "bad-second-68": mark("the second start mark is missing: a byte was lost, or another speed"),
    "length-mismatch": mark("the length doesn't fit: bytes were lost"),
    "truncated": mark("it breaks off"),
    "preamble-only": mark("only waking bytes (FE)"),
    "garbage": mark("bytes that belong to no frame"),
    "overrun": mark("more bytes than can be kept"),
}
FORMS = frozenset({"bits", "date", "time", "datetime", "ascii", "moment", "err"})
"""What the items' table calls a unit and is the value's form."""
NO_FRAMES = ("damage", "no-answer", "cut-off")
NOTES = {
    "echo": mark("our own question, heard again (the adapter echoes)"),
    "other-meter": mark("another meter than was asked"),
    "other-master": mark("another master asks on this line"),
}


def line_of(traced: Traced, name: str, began_us: int, *, raw: bool) -> Iterator[str]:
    """Give the printed lines of one frame: instant, line, sign, who, what, timing; below it the bytes."""
    second = (traced.at_us - began_us) / 1e6
    who = name or str(traced.fields.get("address", "")) or traced.address or "-"
    said = "  ".join(part for part in (words_of(traced), timing_of(traced)) if part)
    yield f"{second:9.3f}  {traced.line}  {SIGNS[traced.way]}  {who}  {said}"
    if traced.raw and (raw or traced.way == "damage"):
        yield " " * 11 + _spaced(traced.raw)


def words_of(traced: Traced) -> str:
    """Say what a frame means."""
    fields = traced.fields
    if traced.way == "no-answer":
        return (
            say("the port went away")
            if fields["outcome"] == "gone"
            else say("no answer in {ms} ms", ms=fields["waited_ms"])
        )
    if traced.way == "damage":
        reason = str(fields["reason"])
        return say("damaged ({reason}): {what}", reason=reason, what=say(DAMAGES.get(reason, reason)))
    if traced.way == "cut-off":
        return say("cut off by the end of listening")
    meaning = _modbus(fields) if fields.get("protocol") == Named.MODBUS_RTU else _dlt645(fields)
    note = NOTES.get(traced.way)
    return f"{meaning}  ({say(note)})" if note else meaning


def timing_of(traced: Traced) -> str:
    """Say how long it took, where that says something."""
    if traced.turn_round_us is not None:
        return say("after {ms} ms", ms=f"{traced.turn_round_us / 1000:.1f}")
    if traced.way == "ask" and traced.gap_us is not None:
        return say("gap {ms} ms", ms=f"{traced.gap_us / 1000:.1f}")
    return ""


def _dlt645(fields: Mapping[str, Any]) -> str:
    item = " ".join(part for part in (say(str(fields.get("name") or "")), fields.get("di") or "") if part)
    if fields["direction"] == "request":
        acts = ACTS_1997 if fields["protocol"] == Named.DLT645_1997 else ACTS
        act = say(acts.get(fields["control"], mark("function")))
        told = fields.get("value")
        if isinstance(told, dict):
            item = say(SWITCHES.get(str(told.get("N1")), str(told.get("N1"))))
        return f"{act} {item}".strip() if fields["control"] in acts else f"{act} {fields['control']} {item}"
    if int(fields["control"], 16) & 0x40:
        return say("refuses: {why}", why=fields.get("name") or fields.get("value") or "?")
    return _value(fields) or say("accepted")


def _value(fields: Mapping[str, Any]) -> str:
    value = fields.get("value")
    if value is None:
        return str(fields.get("di") or "")
    text = " ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    unit = str(fields.get("unit") or "")
    return text if not unit or unit in FORMS else f"{text} {unit}"


def _modbus(fields: Mapping[str, Any]) -> str:
    if "exception" in fields:
        return say("refuses: {why}", why=fields["name"])
    if fields["direction"] == Role.REQUEST.value:
        if "quantity" in fields:
            text = mark("function {function}: {count} registers from {start}")
            return say(text, function=fields["control"], count=fields["quantity"], start=fields["start"])
        return say("function {function}: register {start}", function=fields["control"], start=fields["start"])
    return str(fields.get("value") or fields.get("data_hex") or say("accepted"))


def _spaced(raw: str) -> str:
    return " ".join(raw[place : place + 2].upper() for place in range(0, len(raw), 2))


@dataclass(slots=True)
class Summary:
    """What was heard in all."""

    ways: Counter[str] = field(default_factory=Counter)
    damage: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)
    """Meters by how often they did not answer."""
    slowest: dict[str, int] = field(default_factory=dict)
    """Each meter's longest turn-round in microseconds."""
    lost: int = 0

    def add(self, traced: Traced, name: str) -> None:
        """Count one frame."""
        self.ways[traced.way] += 1
        who = name or str(traced.fields.get("address", "")) or traced.address
        if traced.way == "damage":
            self.damage[str(traced.fields["reason"])] += 1
        elif traced.way == "no-answer":
            self.silent[who] += 1
        elif traced.turn_round_us is not None:
            self.slowest[who] = max(self.slowest.get(who, 0), traced.turn_round_us)

    @property
    def frames(self) -> int:
        """Good frames of all kinds."""
        return sum(count for way, count in self.ways.items() if way not in NO_FRAMES)

    def lines(self) -> Iterator[str]:
        """Say it to a person."""
        text = mark(
            "{frames} frames: {asked} asked, {answered} answered, {silent} times no answer, {damaged} damaged."
        )
        yield say(
            text,
            frames=self.frames,
            asked=self.ways["ask"],
            answered=self.ways["answer"],
            silent=self.ways["no-answer"],
            damaged=self.ways["damage"],
        )
        if self.damage:
            kinds = ", ".join(f"{reason} {count}" for reason, count in self.damage.most_common())
            yield say("Damage: {kinds}.", kinds=kinds)
        if self.silent:
            yield say(
                "Silent: {meters}.",
                meters=", ".join(f"{name} {n}x" for name, n in self.silent.most_common(10)),
            )
        if self.slowest:
            name, slowest_us = max(self.slowest.items(), key=lambda pair: pair[1])
            yield say("Slowest: {meter}, {ms} ms.", meter=name, ms=f"{slowest_us / 1000:.1f}")
        if self.lost:
            yield say("{lost} notes were lost: this screen was too slow for the line.", lost=self.lost)

    def as_json(self) -> dict[str, Any]:
        """Give the same for programs."""
        return {
            "summary": True,
            "frames": self.frames,
            "ways": dict(self.ways),
            "damage": dict(self.damage),
            "silent": dict(self.silent),
            "slowest_us": self.slowest,
            "lost": self.lost,
        }
