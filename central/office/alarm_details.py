"""What a gateway or this server says beside an alarm, in the reader's words.

Details travel as English sentences with figures in them. Each pattern finds one sentence again; what no pattern knows is shown
as it came, never hidden.
"""

import re

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.office.words import WHY, Words, why_words

WANTED: dict[str, Words] = {
    "open": pgettext_lazy("relay", "open"),
    "closed": pgettext_lazy("relay", "closed"),
}
DOUBTS: dict[str, Words] = {
    "before-release": _("the clock is before the software's own date"),
    "before-last-stored": _("the clock is before what was stored last"),
    "far-ahead": _("the clock is far ahead"),
    "disagrees-with-central": _("the clock disagrees with this server"),
}
TABLES = {"wanted": WANTED, "doubt": DOUBTS}

_SENTENCES: tuple[tuple[str, Words], ...] = (
    (r"no answer for (?P<s>\d+) s; look at the meter and its line",
     _("no answer for %(s)s s; look at the meter and its line")),
    (r"the relay should be (?P<wanted>\w+): (?P<why>.+), after (?P<n>\d+) tries",
     _("the relay should be %(wanted)s: %(why)s (tries: %(n)s)")),
    (r"register (?P<wh>-?\d+) Wh was followed by (?P<n>\d+) values; nothing is billed or cut on it",
     _("after the register %(wh)s Wh came %(n)s values that don't fit; nothing is billed or cut on them")),
    (r"more cuts than the building's limit; the further ones wait for a second signature or a person",
     _("more cuts than the building's limit; the further ones wait for a second signature or a person")),
    (r"the recorded register (?P<was>-?\d+) Wh can't have become (?P<wh>-?\d+) Wh; the reading is taken instead",
     _("the recorded register %(was)s Wh can't have become %(wh)s Wh; the reading is taken instead")),
    (r"(?P<doubt>[a-z-]+): the lowest price is billed, and trued up later; check the time server and the link",
     _("%(doubt)s: the lowest price is billed, and trued up later; check the time server and the link")),
    (r"central counts on it, but it is on no line here; add it: (?P<how>.+)",
     _("this server counts on it, but it is on no line there; add it at the gateway: %(how)s")),
    (r"(?P<why>.+); mend its row: (?P<how>.+)", _("%(why)s; mend its row at the gateway: %(how)s")),
    (r"nobody is told of anything; on the server: (?P<how>.+)",
     _("nobody is told of anything; on the server: %(how)s")),
    (r"(?P<why>.+); try it by hand: (?P<how>.+)", _("%(why)s; try it by hand at the gateway: %(how)s")),
    (r"(?P<begun>\S+ \S+ UTC) to (?P<ended>\S+ \S+ UTC): (?P<lost>-?[\d.]+) kWh of (?P<master>-?[\d.]+) kWh are missing, "
     r"uncertainty (?P<off>[\d.]+) kWh",
     _("%(begun)s to %(ended)s: %(lost)s kWh of %(master)s kWh are missing, uncertainty %(off)s kWh")),
    (r"to (?P<ended>\S+ \S+ UTC), (?P<n>\d+) periods: (?P<lost>-?[\d.]+) kWh more than usual are missing, "
     r"uncertainty (?P<off>[\d.]+) kWh, z (?P<z>-?[\d.]+)",
     _("to %(ended)s, %(n)s periods: %(lost)s kWh more than usual are missing, uncertainty %(off)s kWh, z %(z)s")),
    (r"the master counted (?P<master>-?[\d.]+) kWh, its subs (?P<subs>-?[\d.]+) kWh: "
     r"check the list of subs, the phases and the transformer ratio",
     _("the master counted %(master)s kWh, its subs %(subs)s kWh: "
       "check the list of subs, the phases and the transformer ratio")),
    (r"its register counts backwards: check its wires before any loss is judged",
     _("its register counts backwards: check its wires before any loss is judged")),
    (r"the cover was opened (?P<n>\d+) times, (?P<more>\d+) since the last look",
     _("the cover was opened %(n)s times, %(more)s since the last look")),
    (r"(?P<wh>\d+) Wh flowed backwards since the last look: check its wires",
     _("%(wh)s Wh flowed backwards since the last look: check its wires")),
    (r"the meter says that energy flows backwards: check its wires",
     _("the meter says that energy flows backwards: check its wires")),
    (r"at least (?P<ma>\d+) mA for (?P<s>\d+) s, and not one step of the register: look for a bypass",
     _("at least %(ma)s mA for %(s)s s, and not one step of the register: look for a bypass")),
    (r"phase (?P<phases>[ABC, ]+): no voltage at the meter", _("phase %(phases)s: no voltage at the meter")),
    (r"its clock is (?P<s>-?\d+) s off: set it by hand, the broadcast only mends 300 s",
     _("its clock is %(s)s s off: set it by hand, the broadcast only mends 300 s")),
    (r"its clock is (?P<s>-?\d+) s off: set it by hand, it does not follow the broadcast",
     _("its clock is %(s)s s off: set it by hand, it does not follow the broadcast")),
    (r"broadcast: (?P<old>\S+ \S+) \((?P<before>[-+]\d+) s\) became (?P<new>\S+ \S+) \((?P<after>[-+]\d+) s\)",
     _("broadcast: %(old)s (%(before)s s) became %(new)s (%(after)s s)")),
    (r"(?P<by>.+): (?P<old>\S+ \S+) \((?P<before>[-+]\d+) s\) became (?P<new>\S+ \S+) \((?P<after>[-+]\d+) s\)",
     _("%(by)s: %(old)s (%(before)s s) became %(new)s (%(after)s s)")),
    (r"broadcast at (?P<at>\S+ \S+): (?P<n>\d+) meters were off, (?P<others>\d+) by less",
     _("broadcast at %(at)s: %(n)s meters were off, %(others)s by less")),
    (r"(?P<n>\d+) answers ran into each other: look for a second meter with this address",
     _("%(n)s answers ran into each other: look for a second meter with this address")),
    (r"(?P<n>\d+) of (?P<all>\d+) questions failed, of the others' (?P<m>\d+) of (?P<rest>\d+): look at its module",
     _("%(n)s of %(all)s questions failed, of the others' %(m)s of %(rest)s: look at its module")),
    (r"the meter keeps (?P<own>\d+) Wh of the period's end, the gateway read (?P<wh>\d+) Wh: (?P<apart>[+-]\d+) Wh, "
     r"(?P<n>\d+) Wh are explained; look at its clock, and whether it is the same meter",
     _("the meter keeps %(own)s Wh of the period's end, the gateway read %(wh)s Wh: %(apart)s Wh, %(n)s Wh are explained; "
       "look at its clock, and whether it is the same meter")),
    (r"it was told to move from (?P<old>\S+) to (?P<new>\S+) and answers at neither; look at its wires and its display",
     _("it was told to move from %(old)s to %(new)s and answers at neither; look at its wires and its display")),
    (r"it was told to move from (?P<old>\S+) to (?P<new>\S+); a meter answers there, but nothing proves that it is this one: "
     r"look at its display, and if it is, enter it: (?P<how>.+)",
     _("it was told to move from %(old)s to %(new)s; a meter answers there, but nothing proves that it is this one: "
       "look at its display, and if it is, enter it at the gateway: %(how)s")),
    (r"the balance is not the sum of the ledger", _("the balance is not the sum of the ledger")),
    (r"the parts of an interval don't add up to its energy", _("the parts of an interval don't add up to its energy")),
    (r"the money of an entry is not its energy times its price",
     _("the money of an entry is not its energy times its price")),
    (r"a reading could not be booked; the gateway's log says why",
     _("a reading could not be booked; the gateway's log says why")),
    (r"the same (?P<what>grant|id|version) came again with other content",
     _("it came again with other content")),
    (r"(?P<who>.+): (?P<n>\d+) codes that fit nothing here; none is read for an hour",
     _("%(who)s: %(n)s codes that fit nothing there; none is read for an hour")),
    (r"command (?P<n>\d+) came again with other content", _("command %(n)s came again with other content")),
    (r"central has row (?P<n>\d+) of epoch (?P<epoch>\S+), this store ends at (?P<last>\d+)",
     _("this server has row %(n)s of epoch %(epoch)s, the gateway's store ends at %(last)s")),
    (r"epoch (?P<epoch>\S+): central has row (?P<n>\d+), the gateway's store is older",
     _("this server has row %(n)s of epoch %(epoch)s, the gateway's store is older")),
    (r"epoch (?P<epoch>\S+) follows (?P<before>\S+); it was opened with central's balances",
     _("epoch %(epoch)s follows %(before)s; it was opened with this server's balances")),
    (r"(?P<meter>\S+): supplied, billed nothing, never cut for credit; (?P<reason>.+)",
     _("meter %(meter)s: supplied, billed nothing, never cut for credit; %(reason)s")),
    (r"no meter: supplied, estimated at (?P<wh>\d+) Wh a day",
     _("no meter: supplied, estimated at %(wh)s Wh a day")),
    (r"(?P<why>[a-z-]+): restored (?P<n>\d+) times within a day; a person must close it",
     _("%(why)s: restored %(n)s times within a day; a person must close it")),
    (r"the gateway expects command (?P<n>\d+): central's numbers were behind, is it a restored backup\?",
     _("the gateway expects command %(n)s; this server's numbers were behind: is it a restored backup?")),
    (r"the books end (?P<when>[\d: -]+)", _("the books end %(when)s")),
    (r"the gateway says that it has grant (?P<grant>\S+), and no entry proves it: `(?P<how>[^`]+)`",
     _("the gateway says that it has grant %(grant)s, and no entry proves it: compare the room's balance, "
       "then “%(how)s” sends it again")),
    (r"gateway (?P<gateway>\S+) reads meter (?P<meter>\S+), which the campus has in another building",
     _("gateway %(gateway)s reads meter %(meter)s, which the campus list has in another building")),
)  # fmt: skip
SENTENCES = tuple((re.compile(pattern), words) for pattern, words in _SENTENCES)


def detail_words(detail: str) -> Words:
    """Give an alarm's detail in the reader's words, or as it came."""
    if detail in WHY:
        return why_words(detail)
    for pattern, words in SENTENCES:
        if found := pattern.fullmatch(detail):
            return str(words) % {name: _part(name, text) for name, text in found.groupdict().items()}
    return detail


def _part(name: str, text: str) -> Words:
    return why_words(text) if name == "why" else TABLES.get(name, {}).get(text, text)
