"""The words for what is wrong with a campus list: what was found, and what to do."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.operations import Refused
from central.campus.rule_words import mistake_words
from central.domain.campus_rows import Fault, Problem

WORDS = {
    Fault.EMPTY: gettext_lazy("is empty; fill it in"),
    Fault.NOT_A_NAME: gettext_lazy(
        "“{found}” can't be a code; use 1-64 letters, digits, “.”, “_”, “:” or “-”, starting with a letter or digit"
    ),
    Fault.NOT_A_NUMBER: gettext_lazy(
        "“{found}” is not a plain number; write it with digits and a point, without unit"
    ),
    Fault.NOT_A_PRICE: gettext_lazy(
        "“{found}” is not a price; write yuan per kWh with at most four decimals, such as 0.5583"
    ),
    Fault.NOT_A_DATE: gettext_lazy("“{found}” is not a date; write 2026-09-01 or 2026-09-01 08:00"),
    Fault.NOT_A_CHOICE: gettext_lazy("“{found}” is not known; use one of: {expected}"),
    Fault.OUT_OF_RANGE: gettext_lazy("“{found}” is out of range; check digits and unit"),
    Fault.COUNTS_DIFFER: gettext_lazy(
        "{found} numbers for {expected} names; give as many numbers as names, in the same order"
    ),
    Fault.ROOM_TWICE: gettext_lazy("room {found} is already in row {expected}; remove one of the two"),
    Fault.METER_TWICE: gettext_lazy(
        "meter {found} is already in row {expected}; correct the meter number of one of the two"
    ),
    Fault.CLASS_TWICE: gettext_lazy("class {found} is already in row {expected}; remove one of the two"),
    Fault.PRICE_TWICE: gettext_lazy(
        "class {found} has a price from the same instant in row {expected}; remove one of the two"
    ),
    Fault.PRICE_DIFFERS: gettext_lazy(
        "{found} differs from {expected} for the same class in the same list; correct one of the two"
    ),
    Fault.NAME_DIFFERS: gettext_lazy(
        "“{found}” differs from “{expected}” for the same building; use one name"
    ),
    Fault.UNKNOWN_CLASS: gettext_lazy(
        "class “{found}” is not known; use one of: {expected}, or add it in a table of classes"
    ),
    Fault.METER_ELSEWHERE: gettext_lazy(
        "meter {found} is tied to {expected}; untie it there first, or correct the number"
    ),
    Fault.ROOM_HAS_METER: gettext_lazy(
        "the room has meter {expected}; record a replacement instead of importing {found}"
    ),
    Fault.UNIT_FIXED: gettext_lazy(
        "the class keeps its balances in {expected} and has accounts; make a new class for {found}"
    ),
    Fault.ROOM_UNIT_FIXED: gettext_lazy(
        "the room has an account in {expected} and class {found} is kept in another unit; close the account first, "
        "or give the room a class in {expected}"
    ),
    Fault.PRICE_NEEDS_A_LIST: gettext_lazy(
        "class {found} has a price already, and an import can't change it: make a price list on the page of prices, which is signed"
    ),
    Fault.NO_GATEWAY_TAKES_IT: gettext_lazy(
        "{found}; no gateway would take the building's configuration after this import: correct the list"
    ),
    Fault.CUSTOMER_DIFFERS: gettext_lazy(
        "{found}: this number belongs to {expected}; correct the number, or rename the customer on the page"
    ),
    Fault.EXTRA_CELLS: gettext_lazy(
        "has more cells than the header ({expected}), such as “{found}”; quote cells that hold commas"
    ),
    Fault.NO_HEADER: gettext_lazy(
        "the first row has no header we know (found: {found}); it needs the columns: {expected}. "
        "`cardroom-central import-campus --example` writes an example"
    ),
    Fault.UNREADABLE: gettext_lazy("the file can't be read {found}; save it as {expected} and try again"),
    Fault.TOO_LONG: gettext_lazy("“{found}” is too long; at most {expected}"),
    Fault.NO_ROWS: gettext_lazy(
        "there is nothing to import; the first row holds the headers, the rows below the rooms"
    ),
}


def problems_of(refused: Refused) -> list[Problem]:
    """Give what a refused import is refused for, as problems of the list."""
    found = (mistake_words(mistake) for mistake in refused.mistakes)
    return [*refused.problems, *(Problem(0, "", Fault.NO_GATEWAY_TAKES_IT, words) for words in found)]


def words_of(problem: Problem) -> str:
    """Say what is wrong and what to do, in the reader's language, without its place."""
    return str(WORDS[problem.fault]).format(found=problem.found, expected=problem.expected)


def place_of(problem: Problem) -> str:
    """Say where: sheet, row and column as the spreadsheet shows them."""
    parts = [problem.sheet, _("row {row}").format(row=problem.row) if problem.row else "", problem.column]
    return ", ".join(part for part in parts if part)
