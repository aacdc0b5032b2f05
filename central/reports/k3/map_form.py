"""The form of the account map: a line for each row, blank lines for new ones. Text in, rows out; what was typed is never lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from central.domain.k3_map import MOST_ROWS, MapFinding, MapRow, findings_in
from central.office.list_cells import Cell, cell
from central.reports.audit.acts import side_words
from central.reports.k3.words import map_finding_words

BLANK_LINES = 4
COLUMNS = ("pattern", "code", "name", "item", "summary")
USUAL_SUMMARY = "{days} {what}"
LEFT_OUT = ("take-back:*:yuan",)
"""A memorandum of ours: it moves between two accounts that no other book has."""
USUAL_PATTERNS = (
    *("cash:*:yuan", "cash-safe:yuan", "cash-finance:yuan", "float:*:yuan", "cash-over-short:yuan"),
    *("cash-difference:*:yuan", "card-clearing:yuan", "bank-clearing:yuan", "card-paid-over:yuan"),
    *("card-fees:yuan", "card-meters:*:yuan", "customer:*:yuan", "sales:energy:*:yuan"),
    *("revenue:energy:*:yuan", "repair-fees:yuan", "on-behalf:*:yuan", "subsidy:*:yuan", "debt:*:yuan"),
    *("debt-share:*:yuan", "billed:*:yuan", "reclaim:*:yuan", "taken-back:*:yuan", "owed:opening:*:yuan"),
    *("opening:*:yuan", "college-error:yuan", "lapsed:yuan", "adjustment:yuan", "suspense:*:yuan"),
    *("take-back:*:yuan", "moved-credit:yuan", "paid-by-finance:yuan", "bad-debts:yuan", "rounding:yuan"),
    *("debt-penalty:*:yuan", "theft-penalties:yuan", "penalty-back:*:yuan"),
)
"""All accounts of the ledger in yuan (`chart_of_accounts`): what the first map begins with. Finance says which accounts in K/3.
"""


def named_side(pattern: str) -> str:
    """Name the account that a pattern stands for, as the audit log does; "" where it is not known."""
    code = pattern.replace("*", "…")
    words = side_words(code)
    return "" if words == code else words


def usual_rows() -> list[MapRow]:
    """Give the rows of a first map: every account of ours, none of K/3's."""
    return [
        MapRow(pattern, left_out=True) if pattern in LEFT_OUT else MapRow(pattern, summary=USUAL_SUMMARY)
        for pattern in USUAL_PATTERNS
    ]


@dataclass(slots=True)
class Line:
    """One row's fields."""

    number: int
    cells: list[Cell]
    left_out: Cell

    @property
    def is_filled(self) -> bool:
        """Say whether anything was typed."""
        return any(one.value for one in self.cells)

    @property
    def words(self) -> str:
        """Name the ledger's account, as far as the row says one."""
        pattern = self.cells[0].value
        return named_side(pattern) if pattern else ""

    @property
    def row(self) -> MapRow:
        """Give what was typed."""
        pattern, code, name, item, summary = (one.value for one in self.cells)
        return MapRow(pattern, code, name, item, summary, bool(self.left_out.value))


class MapForm:
    """Every row's fields; `rows` is what was typed, `findings` what is wrong with it."""

    def __init__(self, rows: Sequence[MapRow], typed: Mapping[str, str] | None = None) -> None:
        count = len(rows) + BLANK_LINES if typed is None else _count(typed)
        stored = [*rows, *[MapRow("")] * max(0, count - len(rows))]
        self.lines = [_line(number, row, typed) for number, row in enumerate(stored[:count], 1)]
        self.count = count
        filled = [line for line in self.lines if line.is_filled]
        self.rows = [line.row for line in filled]
        self.findings: list[str] = []
        if typed is not None:
            for finding in findings_in(self.rows):
                self.findings.append(map_finding_words(_placed(finding, filled)))

    @property
    def is_good(self) -> bool:
        """Say whether what was typed may be asked for."""
        return bool(self.rows) and not self.findings


def _placed(finding: MapFinding, filled: Sequence[Line]) -> MapFinding:
    """Name the line on the page, which counts blank ones."""
    return (
        MapFinding(filled[finding.row - 1].number, finding.fault, finding.found) if finding.row else finding
    )


def _count(typed: Mapping[str, str]) -> int:
    said = typed.get("count", "")
    return (
        min(int(said), MOST_ROWS + BLANK_LINES) if said.isascii() and said.isdigit() and len(said) < 4 else 0
    )


def _line(number: int, row: MapRow, typed: Mapping[str, str] | None) -> Line:
    stored = (row.pattern, row.code, row.name, row.item, row.summary)
    cells = [cell(typed, f"r{number}-{column}", text) for column, text in zip(COLUMNS, stored, strict=True)]
    return Line(number, cells, cell(typed, f"r{number}-left_out", "yes" if row.left_out else ""))
