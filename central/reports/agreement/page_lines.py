"""A building's lines and what explains them, ready to be drawn: amounts written, rows linked, nothing left to compute."""

from collections.abc import Sequence
from dataclasses import dataclass

from central.domain.agreement_rows import Row
from central.domain.four_way import Line, LineState, LineUnit, Party, Term
from central.domain.gap_findings import Error, Part, Verdict
from central.office.templatetags.cardroom import unit_word
from central.office.words import Badge, Words
from central.reports.agreement.content import BuildingContent, LineContent, LineKey
from central.reports.agreement.looking import Seen
from central.reports.agreement.tables import amount_text
from central.reports.agreement.words import (
    LINE_WORDS,
    ORIGIN_WORDS,
    PARTY_WORDS,
    STATES,
    VERDICT_ABOUT,
    VERDICT_WORDS,
    address_of,
    error_words,
    row_words,
)
from gateway.contract.quantities import Unit

ROWS_SHOWN, PARTS_SHOWN, ALTERNATIVES_SHOWN = 6, 60, 3
TONES = {
    Verdict.NAMED: ("good", "done"),
    Verdict.AGREES: ("good", "done"),
    Verdict.FITS: ("info", "info"),
    Verdict.AMBIGUOUS: ("warn", "clash"),
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row in words, its amount, where it leads."""

    words: str
    amount: str
    link: str


@dataclass(frozen=True, slots=True)
class ShownError:
    """One error with its rows and what they were compared with; `more`: rows that are not shown."""

    words: str
    amount: str
    rows: list[ShownRow]
    against: list[ShownRow]
    more: int


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of a gap: how much, how sure, all explanations that are equally good; rows to look at where there are none."""

    amount: str
    badge: Badge
    about: Words
    alternatives: list[list[ShownError]]
    further: list[list[ShownError]]
    """Equally good ones that are opened by a press."""
    more: int
    rows: list[ShownRow]
    rows_left: int


@dataclass(frozen=True, slots=True)
class ShownTerm:
    """A party's sum, how it came here, how many rows are behind it."""

    party: Party
    words: Words
    sign: str
    amount: str
    origin: Words
    rows: int


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of the page."""

    key: LineKey
    title: Words
    badge: Badge
    terms: list[ShownTerm]
    difference: str
    unit: str
    parts: list[ShownPart]
    parts_left: int
    verdict: Badge | None
    is_searched: bool
    missing: list[Words]


def shown_lines(found: Seen) -> list[ShownLine]:
    """Give every line of a building that was looked at."""
    return [_shown(found, found.content, one) for one in found.content.lines] if found.content else []


def line_badge(state: str) -> Badge:
    """Give a line's state as it is drawn."""
    return STATES[LineState(state)]


def _shown(found: Seen, content: BuildingContent, one: LineContent) -> ShownLine:
    line = one.line(content.building, content.period)
    explained = found.gap_of(one.key)
    parts = explained.gap.parts if explained else ()
    shown = [_part(one.key, one.unit, part) for part in parts[:PARTS_SHOWN]]
    return ShownLine(
        key=one.key,
        title=LINE_WORDS[one.key],
        badge=line_badge(line.state),
        terms=_terms(one),
        difference=amount_text(line.difference, one.unit),
        unit=unit_word(Unit.KWH if one.unit is LineUnit.WATT_HOURS else Unit.YUAN),
        parts=shown,
        parts_left=len(parts) - len(shown),
        verdict=_badge(explained.gap.verdict) if explained else None,
        is_searched=line.state is not LineState.DIFFERS or explained is not None,
        missing=_missing(line),
    )


def _missing(line: Line) -> list[Words]:
    return [PARTY_WORDS[party] for party in line.missing]


def _terms(one: LineContent) -> list[ShownTerm]:
    sides = ((one.left, ""), (one.right, "= "))
    return [
        _term(term, equals if not place else "", one.unit)
        for side, equals in sides
        for place, term in enumerate(side)
    ]


def _term(term: Term, equals: str, unit: LineUnit) -> ShownTerm:
    sign = f"{equals}{'+' if term.sign > 0 else '−'}"
    origin = ORIGIN_WORDS[term.origin] if term.origin else ""
    amount = amount_text(term.total, unit)
    return ShownTerm(term.party, PARTY_WORDS[term.party], sign, amount, origin, term.rows)


def _badge(verdict: Verdict) -> Badge:
    tone, outline = TONES.get(verdict, ("bad", "fail"))
    return Badge(VERDICT_WORDS[verdict], tone, outline)


def _part(key: LineKey, unit: LineUnit, part: Part) -> ShownPart:
    verdict = part.verdict
    shown = [[_error(key, unit, error) for error in errors] for errors in part.alternatives]
    bare = part.rows[:ROWS_SHOWN] if not part.alternatives else ()
    return ShownPart(
        amount=amount_text(part.delta, unit),
        badge=_badge(verdict),
        about=VERDICT_ABOUT[verdict],
        alternatives=shown[:ALTERNATIVES_SHOWN],
        further=shown[ALTERNATIVES_SHOWN:],
        more=part.more,
        rows=[shown_row(row, unit) for row in bare],
        rows_left=len(part.rows) - len(bare) if not part.alternatives else 0,
    )


def _error(key: LineKey, unit: LineUnit, error: Error) -> ShownError:
    rows, against = (_first(rows, unit) for rows in (error.rows, error.against))
    more = len(error.rows) - len(rows)
    return ShownError(error_words(key, error), amount_text(error.delta, unit), rows, against, more)


def _first(rows: Sequence[Row], unit: LineUnit) -> list[ShownRow]:
    return [shown_row(row, unit) for row in rows[:ROWS_SHOWN]]


def shown_row(row: Row, unit: LineUnit) -> ShownRow:
    """Give one row as a reader knows it."""
    return ShownRow(row_words(row) or row.id, amount_text(row.amount, unit), address_of(row.origin))
