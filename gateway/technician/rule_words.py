"""What the rules say beside an alarm's name, or why they refuse, in the reader's words.

Details are English sentences with figures in them, on the wire and in the store: central knows them by their text
(`central/office/alarm_details.py`). Here each is found again by its own sentence; what no sentence knows, such as a person's own
words, is shown as it came.
"""

import re
from functools import cache

from gateway.adapters.serial_bus.port import FAULTS, PortTrouble
from gateway.technician.state_words import ALARMS, DOUBTS, POSITIONS, WHY, in_chinese
from gateway.words import mark, say

SENTENCES = (
    mark("no answer for {seconds} s; look at the meter and its line"),
    mark("the relay should be {position}: {why}, after {number} tries"),
    mark("register {wh} Wh was followed by {number} values; nothing is billed or cut on it"),
    mark("more cuts than the building's limit; the further ones wait for a second signature or a person"),
    mark("the recorded register {was_wh} Wh can't have become {wh} Wh; the reading is taken instead"),
    mark("{doubt}: the lowest price is billed, and trued up later; check the time server and the link"),
    mark("central counts on it, but it is on no line here; add it: {command}"),
    mark("{reason}; mend its row: {command}"),
    mark("{reason}; try it by hand: {command}"),
    mark("no model {model}"),
    mark("{begun} to {ended}: {lost} kWh of {master} kWh are missing, uncertainty {off} kWh"),
    mark(
        "to {ended}, {number} periods: {lost} kWh more than usual are missing, uncertainty {off} kWh, z {z}"
    ),
    mark(
        "the master counted {master} kWh, its subs {subs} kWh: check the list of subs, the phases and the transformer ratio"
    ),
    mark("its register counts backwards: check its wires before any loss is judged"),
    mark("the cover was opened {number} times, {more} since the last look"),
    mark("{wh} Wh flowed backwards since the last look: check its wires"),
    mark("the meter says that energy flows backwards: check its wires"),
    mark("at least {current_ma} mA for {seconds} s, and not one step of the register: look for a bypass"),
    mark("phase {phases}: no voltage at the meter"),
    mark("its clock is {seconds} s off: set it by hand, {reason}"),
    mark("the broadcast only mends {most} s"),
    mark("it does not follow the broadcast"),
    mark("{number} answers ran into each other: look for a second meter with this address"),
    mark(
        "{number} of {asked} questions failed, of the others' {others} of {others_asked}: look at its module"
    ),
    mark(
        "the meter keeps {own_wh} Wh of the period's end, the gateway read {wh} Wh: {apart_wh} Wh, {explained_wh} Wh are "
        "explained; look at its clock, and whether it is the same meter"
    ),
    mark("it was told to move from {old} to {new} and answers at neither; look at its wires and its display"),
    mark(
        "it was told to move from {old} to {new}; a meter answers there, but nothing proves that it is this one: look at its "
        "display, and if it is, enter it: {command}"
    ),
    mark("the balance is not the sum of the ledger"),
    mark("the parts of an interval don't add up to its energy"),
    mark("the money of an entry is not its energy times its price"),
    mark("a reading could not be booked; the gateway's log says why"),
    mark("the same grant came again with other content"),
    mark("the same id came again with other content"),
    mark("the same version came again with other content"),
    mark("command {number} came again with other content"),
    mark("central has row {number} of epoch {epoch}, this store ends at {last}"),
    mark("no meter: supplied, estimated at {wh} Wh a day"),
    mark("{about}: supplied, billed nothing, never cut for credit; {detail}"),
    mark("{why}: restored {number} times within a day; a person must close it"),
    mark("the account has no bucket named {bucket}"),
    mark("bucket {bucket} is kept in {unit}"),
    mark("the amount is not above zero"),
    mark("account {account} pays from {payer}: ask it of that one"),
    mark("the account is closed"),
    mark("quarantined: {reason}"),
    mark("the account has no emergency rule"),
    mark("drawn already within {days} days"),
    mark("{what} ends with its cause, by no word"),
    mark("no {what} {subject} stands"),
)
"""As the rules write them; each fact is a word of its own on the wire too."""
NO_METER = {"no meter": mark("no meter")}
WORDED = {"position": POSITIONS, "why": WHY, "doubt": DOUBTS, "about": NO_METER}
"""Facts that are stable words, and the sentences for them."""
LONG = frozenset(
    {"about", "reason", "command", "why", "begun", "ended", "phases", "path", "detail", "subject"}
)
ONE_WORD = r"\S+"


def detail_text(detail: str) -> str:
    """Give what a rule said in the reader's words, or as it came."""
    if detail in WHY:
        return say(WHY[detail])
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(detail):
            return say(sentence, **{name: _fact(name, fact) for name, fact in found.groupdict().items()})
    return _port_text(detail) or say("{reason}", reason=say(detail))


def _port_text(detail: str) -> str:
    """A line's port that is gone: its fault, then what to do about it."""
    for fault, sentence in FAULTS.items():
        if found := re.compile(_pattern(sentence).pattern + r"\. .+").fullmatch(detail):
            return str(PortTrouble(fault, found["path"], found["detail"]))
    return ""


def _fact(name: str, fact: str) -> str:
    if name == "what":
        return in_chinese(fact, ALARMS)
    if name == "reason":
        return detail_text(fact)
    known = WORDED.get(name, {})
    return (
        "; ".join(say(known[part]) for part in fact.split("+"))
        if set(fact.split("+")) <= set(known)
        else fact
    )


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(sentence), sentence) for sentence in SENTENCES)


def _pattern(sentence: str) -> re.Pattern[str]:
    """Find a sentence again: a fact is a word without a space, and only some may be longer."""
    pieces = re.split(r"\{(\w+)\}", sentence)
    pattern = re.escape(pieces[0])
    for name, after in zip(pieces[1::2], pieces[2::2], strict=True):
        pattern += f"(?P<{name}>{'.+?' if name in LONG else ONE_WORD})" + re.escape(after)
    return re.compile(pattern)
