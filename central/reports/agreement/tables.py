"""An agreement as tables, for its paper and who signs: the lines with their terms, the differences with what explains them."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from central.domain.four_way import LineState, LineUnit, Term
from central.domain.gap_findings import Error, Part, Verdict
from central.domain.paper import Cell, Column, Kind, Row, Table, text_of
from central.reports.agreement.content import BuildingContent, Explained, LineContent
from central.reports.agreement.words import (
    ORIGIN_WORDS,
    PARTY_WORDS,
    SHORT_LINES,
    STATES,
    VERDICT_WORDS,
    error_words,
    in_paper_unit,
    row_words,
)

ROWS_NAMED, ALTERNATIVES_NAMED = 3, 3


def amount_columns() -> list[Column]:
    """Give the columns of money and of energy: a line has one of them."""
    return [Column("yuan", _("Yuan"), Kind.YUAN_EXACT, 15), Column("kwh", _("kWh"), Kind.KWH_EXACT, 13)]


def amount_cells(amount: int | None, unit: LineUnit) -> list[Cell]:
    """Put an amount in its column."""
    if amount is None:
        return [None, None]
    return [None, amount] if unit is LineUnit.WATT_HOURS else [in_paper_unit(amount, unit), None]


def lines_table(content: BuildingContent) -> Table:
    """Give each line's terms, what they make left and right, and the difference."""
    columns = [
        Column("line", _("Line"), width=8),
        Column("what", _("Who says it"), width=26),
        Column("sign", "±", width=3),
        *amount_columns(),
        Column("rows", _("Rows"), Kind.COUNT, 6),
        Column("from", _("Source"), width=9),
    ]
    return Table(content.name, columns, [row for one in content.lines for row in _line_rows(content, one)])


def _line_rows(content: BuildingContent, one: LineContent) -> Iterable[Row]:
    line = one.line(content.building, content.period)
    name = str(SHORT_LINES[one.key])
    for side, terms in (("", one.left), ("= ", one.right)):
        for place, term in enumerate(terms):
            sign = f"{side if not place else ''}{'+' if term.sign > 0 else '−'}"
            yield _term_row(name, term, sign, one.unit)
    state = str(STATES[line.state].word)
    yield Row([name, _("Difference"), "", *amount_cells(line.difference, one.unit), None, state])


def _term_row(name: str, term: Term, sign: str, unit: LineUnit) -> Row:
    origin = str(ORIGIN_WORDS[term.origin]) if term.origin else _("missing")
    rows = term.rows if term.total is not None else None
    return Row([name, str(PARTY_WORDS[term.party]), sign, *amount_cells(term.total, unit), rows, origin])


def difference_table(content: BuildingContent, explained: Sequence[Explained]) -> Table:
    """Give each part of each gap with what explains it; lines that agree have none."""
    columns = [
        Column("line", _("Line"), width=8),
        *amount_columns(),
        Column("verdict", _("How sure"), width=12),
        Column("what", _("What was found"), width=48),
    ]
    rows = [
        Row(
            [
                str(SHORT_LINES[one.key]),
                *amount_cells(part.delta, unit),
                str(VERDICT_WORDS[part.verdict]),
                part_text(one, part),
            ]
        )
        for one in explained
        if (line := content.get(one.key)) is not None
        for unit in [line.unit]
        for part in one.gap.parts
    ]
    return Table(
        _("%(building)s: differences and what explains them") % {"building": content.name}, columns, rows
    )


def part_text(one: Explained, part: Part) -> str:
    """Say in one text what was found for a part of a gap; equal explanations one after the other."""
    if part.verdict in (Verdict.UNEXPLAINED, Verdict.NOT_SEARCHED) or not part.alternatives:
        return str(VERDICT_WORDS[part.verdict])
    shown = [_errors_text(one, errors) for errors in part.alternatives[:ALTERNATIVES_NAMED]]
    left = part.more + len(part.alternatives) - len(shown)
    more = [_("%(n)d more, equally good") % {"n": left}] if left else []
    return (" " + _("or") + " ").join([*shown, *more])


def _errors_text(one: Explained, errors: Iterable[Error]) -> str:
    return "; ".join(f"{error_words(one.key, error)}: {_rows_text(error)}" for error in errors)


def _rows_text(error: Error) -> str:
    named = [row_words(row) for row in error.rows[:ROWS_NAMED]]
    return ", ".join([*named, *(["…"] if len(error.rows) > ROWS_NAMED else [])])


def overview_table(contents: Iterable[tuple[BuildingContent, str]]) -> Table:
    """Give a row for each building and line, with who has signed."""
    columns = [
        Column("building", _("Building"), width=12),
        Column("line", _("Line"), width=8),
        *(
            Column(f"left-{one.key}", _("Left, %(unit)s") % {"unit": one.title}, one.kind, 13)
            for one in amount_columns()
        ),
        *(
            Column(f"right-{one.key}", _("Right, %(unit)s") % {"unit": one.title}, one.kind, 13)
            for one in amount_columns()
        ),
        Column("difference", _("Difference"), width=14),
        Column("state", _("State"), width=10),
        Column("signed", _("Signed"), width=10),
    ]
    return Table(_("All buildings"), columns, [row for one in contents for row in _overview_rows(*one)])


def _overview_rows(content: BuildingContent, signed: str) -> Iterable[Row]:
    for one in content.lines:
        line = one.line(content.building, content.period)
        left, right = (_sum(terms) for terms in (one.left, one.right))
        cells: list[Cell] = [content.name, str(SHORT_LINES[one.key])]
        cells += [*amount_cells(left, one.unit), *amount_cells(right, one.unit)]
        difference = "" if line.state is not LineState.DIFFERS else amount_text(line.difference, one.unit)
        yield Row([*cells, difference, str(STATES[line.state].word), signed])


def _sum(terms: Sequence[Term]) -> int | None:
    totals = [term.sign * term.total for term in terms if term.total is not None]
    return sum(totals) if len(totals) == len(terms) else None


def amount_text(amount: int | None, unit: LineUnit) -> str:
    """Write an amount to its last digit: fen, Wh or micro-yuan."""
    if amount is None:
        return ""
    kinds = {
        LineUnit.FEN: Kind.YUAN,
        LineUnit.WATT_HOURS: Kind.KWH_EXACT,
        LineUnit.MICRO_YUAN: Kind.YUAN_EXACT,
    }
    return text_of(in_paper_unit(amount, unit), kinds[unit])
