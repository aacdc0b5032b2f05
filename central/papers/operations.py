"""Sealing papers, and proving them: what is sealed once is the same for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import translation

from central.clock import campus_day
from central.domain.paper import Paper, decode, encode, seal
from central.domain.periods import Period
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.paper_numbers import SEALED_PAPERS, number_after
from central.papers.catalogue import Report, is_over, make
from central.papers.models import SealedPaper


class SealRefusal(StrEnum):
    """Why a paper can't be sealed."""

    NOT_OVER = "not-over"
    """Its period hasn't ended."""
    NOT_SETTLED = "not-settled"
    """Something that belongs to it still goes on, as a day that is not closed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The paper under seal; `is_new` is False when this period was sealed before: then nothing was made anew."""

    paper: SealedPaper
    is_new: bool


@transaction.atomic
def seal_paper(report: Report, period: Period, *, actor: str, now_ms: int) -> Sealed | SealRefusal:
    """Close a report for a period: keep its content in every language, number it, and put its seal in the audit chain."""
    if not is_over(period, campus_day(now_ms)):
        return SealRefusal.NOT_OVER
    # Sealing queues at the chain's head, as all bookings do: it holds what was booked before it, and its numbers have no gap.
    lock_head()
    before = SealedPaper.objects.filter(code=report.code, period=period.name).first()
    if before is not None:
        return Sealed(before, is_new=False)
    if not report.is_settled(period):
        return SealRefusal.NOT_SETTLED
    contents = contents_of(report, period)
    number = number_after(SEALED_PAPERS, SealedPaper.objects.aggregate(last=Max("number"))["last"])
    paper = SealedPaper.objects.create(
        number=number,
        code=report.code,
        period=period.name,
        contents=contents,
        seal=seal_of(contents),
        sealed_ms=now_ms,
        sealed_by=actor,
    )
    record_audit(
        actor=actor,
        action="seal-paper",
        subject=f"{number} {report.code} {period.name}",
        detail=paper.seal,
        now_ms=now_ms,
    )
    report.alert(period, now_ms)
    return Sealed(paper, is_new=True)


def contents_of(report: Report, period: Period) -> dict[str, str]:
    """Make a report's paper in every language; give its content by language code."""
    return {language: _in(language, report, period).decode() for language, _name in settings.LANGUAGES}


def _in(language: str, report: Report, period: Period) -> bytes:
    with translation.override(language):
        return encode(make(report, period))


def seal_of(contents: dict[str, str]) -> str:
    """Give the hash of a paper's contents, languages in order of their codes."""
    return seal([contents[language].encode() for language in sorted(contents)])


def content_of(paper: SealedPaper, language: str) -> Paper:
    """Give a sealed paper as it was, in a language; the first one when it wasn't sealed in that."""
    return content_in(paper.contents, language)


def content_in(contents: Mapping[str, str], language: str) -> Paper:
    """Read kept contents in a language; the first one when that is not among them."""
    return decode((contents.get(language) or next(iter(contents.values()))).encode())
