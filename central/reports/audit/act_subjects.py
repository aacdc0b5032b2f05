"""What an act is about, in the reader's words: `receipt 12` was written for the record, and leads to the receipt's page."""

import re

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from central.office.words import Words
from central.papers.catalogue import report_of

NUMBERED: dict[str, tuple[Words, str]] = {
    "approval": (_("approval %(number)s"), "office:approval"),
    "receipt": (_("receipt %(number)s"), "desk:receipt"),
    "bill": (_("bill %(number)s"), "desk:bill"),
    "card list": (_("card list %(number)s"), "desk:list"),
    "bureau bill": (_("power bureau's bill %(number)s"), ""),
    "k3 export": (_("K/3 export %(number)s"), "k3:export"),
    "k3 import": (_("K/3 import %(number)s"), "k3:imported"),
    "k3 map": (_("account map %(number)s"), "k3:one-map"),
    "k3 template": (_("template %(number)s"), ""),
    "improvement": (_("improvement item %(number)s"), "meetings:item"),
    "meeting": (_("meeting %(number)s"), "meetings:meeting"),
    "stock-taking": (_("stock-taking %(number)s"), "workshop:stock-taking"),
    "run": (_("run %(number)s"), "schedule:run"),
    "low-balance list": (_("list of low balances %(number)s"), "low_balance:list"),
    "agreement list": (_("list %(number)s for the agreement"), "agreement:list"),
    "pay-over": (_("pay-over %(number)s"), ""),
    "shift": (_("shift %(number)s"), "desk:shift-record"),
    "hand-in": (_("hand-in %(number)s"), "desk:hand-in"),
    "volume": (_("volume %(number)s"), ""),
    "book": (_("receipt book %(number)s"), ""),
    "price list": (_("price list %(number)s"), "office:price-list"),
    "repair list": (_("repair list %(number)s"), "office:repair-list"),
    "price-list draft": (_("draft %(number)s of a price list"), ""),
    "repair-list draft": (_("draft %(number)s of a repair list"), ""),
}
"""How a subject begins -> its words, and the page that takes its number."""
_NUMBERED = re.compile(rf"(?P<kind>{'|'.join(NUMBERED)}) (?P<number>.+)")


def numbered_subject(subject: str) -> tuple[str, str] | None:
    """Give the words and the page ("" for none) of a subject that is a kind and a number; None for others."""
    found = _NUMBERED.fullmatch(subject)
    if found is None:
        return None
    words, page = NUMBERED[found["kind"]]
    number = found["number"]
    link = reverse(page, args=[int(number)]) if page and number.isascii() and number.isdecimal() else ""
    return str(words) % {"number": number}, link


def report_subject(subject: str) -> str:
    """Name the report of `7 takings day:2026-09-01`, number and period beside it; as it came where no report has the code."""
    parts = subject.split(" ")
    named = [
        str(report.title) if (report := report_of(part)) else part.removeprefix(f"{part.partition(':')[0]}:")
        for part in parts
    ]
    return " ".join(named)
