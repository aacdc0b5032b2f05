"""How a dated setting is said: its name, a value of it, where it holds, what is wrong with one."""

from collections.abc import Sequence
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from central.domain.approval import NotAChain, chain_of
from central.domain.known_settings import Kind, Known, Place, ValueFault
from central.office.acts import act_of
from central.office.health_setting_words import HEALTH_WORDS
from central.office.roles import Role
from central.office.setting_names import SETTING_WORDS, SettingWords
from central.office.templatetags.cardroom import fen, kwh
from central.office.words import Words
from central.office.workshop_setting_words import WORKSHOP_WORDS

NAMED = SETTING_WORDS | WORKSHOP_WORDS | HEALTH_WORDS
PLACE_WORDS = {
    Place.CAMPUS: lazy("whole campus"),
    Place.CLASS: lazy("class"),
    Place.BUILDING: lazy("building"),
    Place.ROOM: lazy("room"),
}
CHOICE_WORDS = {
    "number": lazy("the system's number"),
    "page": lazy("a page of a receipt book"),
    "monday": lazy("Monday"),
    "tuesday": lazy("Tuesday"),
    "wednesday": lazy("Wednesday"),
    "thursday": lazy("Thursday"),
    "friday": lazy("Friday"),
    "saturday": lazy("Saturday"),
    "sunday": lazy("Sunday"),
}
FAULT_WORDS: dict[str, Words] = {
    ValueFault.NOT_THIS_KIND: lazy("This can't be read. Write it as the example beside the field shows."),
    ValueFault.TOO_SMALL: lazy("This is too small."),
    ValueFault.TOO_LARGE: lazy("This is too large."),
    ValueFault.NOT_A_CHOICE: lazy("Choose one of those in the list."),
    ValueFault.EMPTY: lazy("Write at least one line."),
    ValueFault.TOO_LONG: lazy("This is too long: at most 20 lines of 200 characters."),
    ValueFault.NOT_A_TIME: lazy("Write times as 11:30-13:30, one span a line."),
    ValueFault.NOT_A_DAY: lazy("Write days as 09-01, month first."),
    ValueFault.NOT_IN_ORDER: lazy("The spans overlap or are not in order."),
    "unknown": lazy("There is no such setting."),
    "not-here": lazy("This setting can't differ there, or there is no such class, building or room."),
    "unknown-office": lazy("There is no such office."),
}


def setting_words(code: str) -> SettingWords:
    """Give a setting's words; those of an act's chain name the act."""
    if found := NAMED.get(code):
        return found
    act = act_of(code.removeprefix("approval."))
    return SettingWords(_("Who signs: %(act)s") % {"act": act.title}) if act else SettingWords(code)


def fault_words(fault: StrEnum) -> Words:
    """Say what is wrong with a value, and how to mend it."""
    return FAULT_WORDS.get(fault, fault.value)


def where_words(place: Place, where: str) -> str:
    """Name the place of a value: `class dorm`, `whole campus`."""
    return f"{PLACE_WORDS[place]} {where}".strip()


def value_text(setting: Known, value: object) -> str:
    """Write a value with its unit. None: nothing of its own is said there."""
    if value is None:
        return _("(nothing of its own)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return _number_text(setting.kind, value)
    if isinstance(value, list):
        return _list_text(setting.kind, value)
    return str(CHOICE_WORDS.get(str(value), value))


def _number_text(kind: Kind, number: int) -> str:
    match kind:
        case Kind.FEN:
            return _("%(amount)s yuan") % {"amount": fen(number)}
        case Kind.WATT_HOURS:
            return _("%(amount)s kWh") % {"amount": kwh(number)}
        case Kind.MINUTES:
            return ngettext("%(count)d minute", "%(count)d minutes", number) % {"count": number}
        case Kind.HOURS:
            return ngettext("%(count)d hour", "%(count)d hours", number) % {"count": number}
        case Kind.DAYS:
            return ngettext("%(count)d day", "%(count)d days", number) % {"count": number}
        case Kind.HOUR_OF_DAY:
            return f"{number:02d}:00"
        case Kind.DAY_OF_MONTH:
            return _("on day %(day)d of the month") % {"day": number}
        case _:
            return str(number)


def _list_text(kind: Kind, value: Sequence[object]) -> str:
    if kind is Kind.CHAIN:
        return chain_text(value)
    lines = [_line(entry) for entry in value]
    return _("; ").join(lines) or _("none")


def _line(entry: object) -> str:
    if isinstance(entry, dict):
        return f"{entry['from']} – {entry['until']}: {_number_text(Kind.FEN, entry['fen'])}"
    return "–".join(entry) if isinstance(entry, list) else str(entry)


def chain_text(value: object) -> str:
    """Write a chain: `director → vice-president or president (2 persons)`."""
    try:
        chain = chain_of(value)
    except NotAChain:
        return str(value)
    steps = [
        _(" or ").join(office_word(office) for office in step.offices)
        + (_(" (%(count)d persons)") % {"count": step.persons} if step.persons > 1 else "")
        for step in chain
    ]
    return " → ".join(steps) or _("nobody: done at once")


def office_word(office: str) -> str:
    """Name an office; one that is no longer known as it is stored."""
    return str(Role(office).label) if office in Role.values else office
