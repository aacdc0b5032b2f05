"""What a step belongs to, in words with its page: `stock-taking:2`, `bench:ID`. Each room that takes steps has its line here."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from central.office.words import Words


@dataclass(frozen=True, slots=True)
class Source:
    """How a source is called (`%(of)s` is what stands behind the colon), and the page of one, if it takes that as its argument."""

    words: Words
    page: str = ""


SOURCES: dict[str, Source] = {
    "bench": Source(_("bench record")),
    "delivery": Source(_("delivery %(of)s"), "workshop:delivery"),
    "check": Source(_("goods-in check")),
    "claim": Source(_("claim %(of)s"), "workshop:claim"),
    "stock-taking": Source(_("stock-taking %(of)s"), "workshop:stock-taking"),
    "fault": Source(_("fault %(of)s"), "workshop:fault"),
    "replacement": Source(_("replacement %(of)s"), "workshop:replacement"),
    "adopted": Source(_("from the campus's meters")),
}


def source_words(source: str) -> tuple[str, str]:
    """Give a source's words and its page's address ("" for none); one that isn't known as it came."""
    kind, _colon, of = source.partition(":")
    known = SOURCES.get(kind)
    if known is None:
        return source, ""
    can_lead = known.page and of.isascii() and of.isdecimal() and len(of) < 19
    return str(known.words) % {"of": of}, reverse(known.page, args=[int(of)]) if can_lead else ""
