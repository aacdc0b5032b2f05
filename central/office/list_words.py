"""The words of price and repair lists: refusals with what to do next, kinds and units, and when a list begins."""

from collections.abc import Sequence
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.campus.operations import CampusRefusal
from central.campus.rule_words import mistake_words
from central.clock import local
from central.domain.price_form import write_minute, write_price, write_step_kwh
from central.domain.price_list import WITH_LAST_SIGNATURE
from central.domain.repair_list import Change, Item, ItemFault, ItemKind, ItemProblem, ItemUnit
from central.office.approvals import ApprovalRefusal
from central.office.list_drafts import CannotBePublished, DraftRefusal
from central.office.list_refusals import NotPublished, PublishRefusal
from central.office.words import Words

HOUR_MS = 3_600_000
NEAR_MS = 72 * HOUR_MS
"""How long before its instant a signer is told that he is pressed."""

KIND_WORDS: dict[str, Words] = {ItemKind.REPAIR: lazy("repair"), ItemKind.ON_BEHALF: lazy("on behalf")}
UNIT_WORDS: dict[str, Words] = {
    ItemUnit.EACH: lazy("each"),
    ItemUnit.METRE: lazy("metre"),
    ItemUnit.HOUR: lazy("hour"),
}
CHANGE_WORDS: dict[str, Words] = {
    Change.ADDED: lazy("added"),
    Change.REMOVED: lazy("removed"),
    Change.DEARER: lazy("dearer"),
    Change.CHEAPER: lazy("cheaper"),
    Change.OTHERWISE: lazy("changed, same price"),
    Change.SAME: lazy("unchanged"),
}
_PUBLISHING: dict[str, Words] = {
    PublishRefusal.EMPTY: lazy("The list is empty: there is nothing to publish."),
    PublishRefusal.CLASS_TWICE: lazy("Class %(what)s is on the list twice: leave one."),
    PublishRefusal.ITEM_TWICE: lazy("Item %(what)s is on the list twice: leave one."),
    PublishRefusal.OVERTAKEN: lazy(
        "Another list has begun since the instant this one was meant for; it would put older prices back. Make a new list. %(what)s"
    ),
    CampusRefusal.PRICE_EXISTS: lazy(
        "Class %(what)s has a price from this very instant. A published price is not changed: choose another instant."
    ),
    CampusRefusal.PRICE_TOO_OLD: lazy(
        "For class %(what)s this instant is too long ago: gateways no longer keep every entry since. "
        "Choose a later one, and adjust the rest by hand."
    ),
    CampusRefusal.NOT_A_PRICE: lazy(
        "The price of class %(what)s is not yuan per kWh with at most four decimals, such as 0.5583."
    ),
    CampusRefusal.UNKNOWN_CLASS: lazy("Class %(what)s no longer exists. Take it off the list."),
    CampusRefusal.BAD_RULES: lazy("Class %(what)s: times or steps that no gateway would take."),
}
_DRAFTS: dict[str, Words] = {
    DraftRefusal.UNKNOWN_DRAFT: lazy(
        "This draft is no longer there: somebody threw it away. Begin a new one."
    ),
    DraftRefusal.NOT_YOURS: lazy(
        "Another office wrote this draft. Its people change it; you may look at it."
    ),
    DraftRefusal.IS_WAITING: lazy(
        "This list waits for signatures. Who asked can take the request back first."
    ),
    DraftRefusal.IS_PUBLISHED: lazy("This list is published and is never changed. Begin a new one."),
    DraftRefusal.NOTHING_CHANGES: lazy("Nothing changes by this list: it is what will hold then anyway."),
    DraftRefusal.HAS_PASSED: lazy(
        "The instant of this list has passed. Choose a later one, or leave it empty: then it begins with the last signature."
    ),
    DraftRefusal.TAKEN_OVER: lazy(
        "Somebody changed this draft while you looked at it. Look at it as it is now, then go on."
    ),
    ApprovalRefusal.NOT_YOURS: lazy("Your office can't ask for this list."),
    ApprovalRefusal.NO_REASON: lazy("Say why: those who sign read it."),
    ApprovalRefusal.EXISTS_WITH_DIFFERENT: lazy(
        "This page asked for something else before. Open the draft again and ask from there."
    ),
    ApprovalRefusal.NOBODY_TO_SIGN: lazy(
        "Too few people hold the offices that must sign. An administrator adds them, or changes who signs."
    ),
}
_ITEMS: dict[str, Words] = {
    ItemFault.EMPTY: lazy("is empty; fill it in"),
    ItemFault.NOT_A_CODE: lazy("“{found}” can't be a code; use 1-32 letters, digits, “.”, “_” or “-”"),
    ItemFault.NOT_A_PRICE: lazy(
        "“{found}” is not an amount; write yuan with at most two decimals, such as 15.00"
    ),
    ItemFault.NOT_A_CHOICE: lazy("“{found}” is not known; use one of: {expected}"),
    ItemFault.TOO_LONG: lazy("“{found}” is too long; at most {expected}"),
    ItemFault.CODE_TWICE: lazy("item {found} is already in row {expected}; remove one of the two"),
    ItemFault.NO_HEADER: lazy(
        "the first row has no header we know (found: {found}); it needs code, name and price, and may have: {expected}"
    ),
    ItemFault.TOO_MANY: lazy("{found} items are too many; a list has at most {expected}"),
    ItemFault.NO_ROWS: lazy(
        "there is nothing to import; the first row holds the headers, the rows below the items"
    ),
}


def refusal_words(refusal: NotPublished | DraftRefusal | ApprovalRefusal | CannotBePublished) -> str:
    """Say why a list was not changed, asked for or published, and what to do."""
    if isinstance(refusal, CannotBePublished):
        return refusal.words
    if not isinstance(refusal, NotPublished):
        return str(_DRAFTS.get(refusal, refusal.value))
    said = str(_PUBLISHING.get(refusal.why, refusal.why)) % {"what": refusal.what}
    return " ".join([said.strip(), *(mistake_words(mistake) for mistake in refusal.mistakes)])


def problem_words(problem: ItemProblem) -> str:
    """Say what is wrong with a line of a repair list, without its place."""
    return str(_ITEMS[problem.fault]).format(found=problem.found, expected=problem.expected)


def problem_place(problem: ItemProblem) -> str:
    """Say where: row and column as the spreadsheet shows them."""
    parts = [_("row {row}").format(row=problem.row) if problem.row else "", problem.column]
    return ", ".join(part for part in parts if part)


def begin_words(from_ms: int, now_ms: int) -> str:
    """Say when a list begins that is not yet signed, and that it is pressing."""
    if from_ms == WITH_LAST_SIGNATURE:
        return _("with the last signature")
    at = local(from_ms).strftime("%Y-%m-%d %H:%M")
    if from_ms <= now_ms:
        return _("%(at)s has passed: it begins with the last signature") % {"at": at}
    if from_ms - now_ms > NEAR_MS:
        return at
    hours = (from_ms - now_ms) // HOUR_MS
    return ngettext(
        "%(at)s, in %(count)d hour: signed later, it begins with the last signature",
        "%(at)s, in %(count)d hours: signed later, it begins with the last signature",
        hours,
    ) % {"at": at, "count": hours}


def item_name(item: Item) -> str:
    """Name an item in the reader's language where the list does."""
    is_chinese = (get_language() or "").startswith("zh")
    return item.name if is_chinese or not item.name_en else item.name_en


def windows_words(windows: Sequence[dict[str, Any]]) -> str:
    """Write prices of the time of the week: `Mon–Fri 08:00–22:00 0.8000`."""
    return "; ".join(_window_words(entry) for entry in windows)


def _window_words(entry: dict[str, Any]) -> str:
    window = entry["window"]
    times = f"{write_minute(window['from_minute'])}–{write_minute(window['to_minute'])}"
    return f"{days_words(window['days'])} {times} {write_price(entry['micro_yuan_per_kwh'])}"


def days_words(days: Sequence[int]) -> str:
    """Name days of the week, 1 Monday to 7 Sunday; a run by its ends."""
    names = [str(WEEKDAYS_ABBR[day - 1]) for day in sorted(days)]
    is_run = len(days) > 2 and max(days) - min(days) == len(set(days)) - 1
    return f"{names[0]}–{names[-1]}" if is_run else ", ".join(names)


def steps_words(steps: Sequence[dict[str, int]]) -> str:
    """Write steps: `above 200 kWh +0.0500`."""
    return "; ".join(
        _("above %(kwh)s kWh a month +%(price)s")
        % {"kwh": write_step_kwh(step["above_wh"]), "price": write_price(step["add_micro_yuan_per_kwh"])}
        for step in steps
    )
