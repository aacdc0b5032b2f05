"""What a low-balance list says, as text: when, below what, how old the figures are, and each room in a line. No names."""

from functools import reduce

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from central.clock import campus_day, local, minute_text
from central.domain.building_check import Finding
from central.domain.days_left import MOST_DAYS_SHOWN
from central.domain.known_settings import Place
from central.domain.low_balance import LowRoom, is_old
from central.office.templatetags.cardroom import with_unit
from central.office.words import Badge, Words
from central.reports.low_balance.lists import ListRefusal, data_of, rooms_of
from central.reports.low_balance.looks import LookRefusal
from central.reports.low_balance.models import LowBalanceList
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit

REFUSALS: dict[ListRefusal, Words] = {
    ListRefusal.NOT_HIS_BUILDING: gettext_lazy("You don't serve this building. Ask one of its people, or an administrator."),
    ListRefusal.NO_ROOMS: gettext_lazy("This building has no prepaid room with an open account: there is nothing to list."),
}  # fmt: skip
FINDINGS: dict[Finding, Badge] = {
    Finding.USUAL: Badge(gettext_lazy("as usual"), "good", "done"),
    Finding.HIGH: Badge(gettext_lazy("unusually high"), "warn", "clash"),
    Finding.LOW: Badge(gettext_lazy("unusually low"), "warn", "clash"),
    Finding.GAPS: Badge(gettext_lazy("readings missing"), "warn", "clash"),
    Finding.NO_DATA: Badge(gettext_lazy("no data"), "bad", "fail"),
    Finding.NOTHING_TO_COMPARE: Badge(gettext_lazy("nothing to compare with yet"), "info", "unknown"),
    Finding.NO_METERS: Badge(gettext_lazy("no meters"), "mute", "unknown"),
}
LOOKS: dict[LookRefusal, Words] = {
    LookRefusal.NOT_OVER: gettext_lazy("This day is not over: look at it tomorrow."),
    LookRefusal.EXISTS_WITH_DIFFERENT: gettext_lazy(
        "This was sent before for something else. Open the page again and say it anew."
    ),
}  # fmt: skip


def title_of(kept: LowBalanceList) -> str:
    """Say what it is, and of when."""
    return _("%(building)s: rooms with a low balance, %(at)s") % {
        "building": kept.building.name,
        "at": minute_text(kept.at_ms),
    }


def lines_of(kept: LowBalanceList) -> list[str]:
    """Give the list's lines below its title, in the active language."""
    rooms = rooms_of(kept)
    return [*head_lines(kept), *(line_of(room, kept) for room in rooms), *foot_lines(kept)]


def head_lines(kept: LowBalanceList) -> list[str]:
    """Say below what, how many rooms, and how old the figures are."""
    count, age = len(kept.rows), age_words(kept)
    words = _("None of %(rooms)s rooms is below %(limit)s.")
    if count:
        words = ngettext(
            "%(count)s room of %(rooms)s is below %(limit)s.",
            "%(count)s rooms of %(rooms)s are below %(limit)s.",
            count,
        )
    said = words % {"count": count, "rooms": kept.rooms, "limit": limits_words(kept)}
    return [said, *([age] if age else [])]


def foot_lines(kept: LowBalanceList) -> list[str]:
    """Say what is not known, and what to do."""
    lines = []
    if kept.unheard and not kept.is_silent:
        lines.append(
            ngettext(
                "%(count)s more room's meter was not heard lately: its balance may be lower than is known.",
                "The meters of %(count)s more rooms were not heard lately: their balances may be lower than is known.",
                kept.unheard,
            )
            % {"count": kept.unheard}
        )
    if kept.rows:
        lines.append(_("Please pay at the card room before the power is cut."))
    return lines


def age_words(kept: LowBalanceList) -> str:
    """Say it plainly where the figures are old; empty where they are of now."""
    data = data_of(kept)
    if not data.is_silent:
        return ""
    if data.as_of_ms is None:
        return _(
            "The building has no link: the figures are those of the books, without the use since its meters were read."
        )
    same_day = campus_day(data.as_of_ms) == campus_day(data.at_ms)
    at = f"{local(data.as_of_ms):%H:%M}" if same_day else minute_text(data.as_of_ms)
    return _("As of %(at)s: the building's link is down since. Balances may be lower by now.") % {"at": at}


def limits_words(kept: LowBalanceList) -> str:
    """Name the limits of the units that low rooms are kept in, each once; of both units where no room is low."""
    fen = sorted({value for unit, value, _place, _where in kept.limits if unit == "fen"})
    wh = sorted({value for unit, value, _place, _where in kept.limits if unit == "kwh"})
    held = {amount[1] for row in kept.rows for amount in row["left"][:1]} or {Unit.YUAN.value, Unit.KWH.value}
    amounts = [with_unit(one * MICRO_YUAN_PER_FEN, Unit.YUAN) for one in fen if Unit.YUAN in held]
    amounts += [with_unit(one, Unit.KWH) for one in wh if Unit.KWH in held]
    return " / ".join(amounts)


def line_of(room: LowRoom, kept: LowBalanceList) -> str:
    """Say a room and its balance, with what goes with it."""
    said = " + ".join(with_unit(amount, unit) for amount, unit in shown_amounts(room))
    return joined([f"{room.label}  {said}", *marks_of(room, kept)])


def joined(parts: list[str]) -> str:
    """Put what is said of one thing into one line, by the language's own comma."""
    return (
        reduce(lambda said, more: _("%(said)s, %(more)s") % {"said": said, "more": more}, parts)
        if parts
        else ""
    )


def shown_amounts(room: LowRoom) -> list[tuple[int, str]]:
    """Give what a room has left: its own unit, and others of which it has anything."""
    return [one for place, one in enumerate(room.amounts) if one[0] or not place]


def marks_of(room: LowRoom, kept: LowBalanceList) -> list[str]:
    """Say what goes with a room's balance: how long it lasts, that it is shared, protected, or old."""
    marks = []
    if room.days is not None and not room.is_spent and room.days < MOST_DAYS_SHOWN:
        marks.append(days_words(room.days))
    if room.is_shared:
        marks.append(_("shared balance"))
    if room.is_protected:
        marks.append(_("protected from being cut"))
    if not kept.is_silent and room.heard_ms and is_old(room.heard_ms, kept.at_ms):
        marks.append(_("as of %(at)s") % {"at": f"{local(room.heard_ms):%m-%d %H:%M}"})
    return marks


def days_words(days: int) -> str:
    """Say how long a balance lasts."""
    if not days:
        return _("less than a day")
    return ngettext("about %(days)s day", "about %(days)s days", days) % {"days": days}


def places_words(kept: LowBalanceList) -> list[str]:
    """Say each limit with where it was said, for who wants to know why a room is on the list."""
    places = {
        Place.CAMPUS: _("whole campus"),
        Place.CLASS: _("class"),
        Place.BUILDING: _("building"),
        Place.ROOM: _("room"),
    }
    return [
        f"{_limit_words(unit, value)} ({places[Place(place)]}{' ' + where if where else ''})"
        for unit, value, place, where in kept.limits
    ]


def _limit_words(unit: str, value: int) -> str:
    return with_unit(value * MICRO_YUAN_PER_FEN, Unit.YUAN) if unit == "fen" else with_unit(value, Unit.KWH)
