"""The sheets of a Kingdee K/3 voucher file: the standard layout, and that of a file which the user exported from his own K/3.
Pure.

The standard layout is put together from public descriptions and was never tried on a real K/3 (docs/k3.md): so a template that
comes from the user's own system holds before it. Of a template the sheets, their order, the columns, their order and their
titles are kept; its vouchers are thrown away, but for what they say in the columns that say the same in every row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from central.domain.imported_rows import plain
from central.domain.k3_voucher import VOUCHER_WORD, Entry, Voucher
from gateway.contract.quantities import Fen, micro_yuan_from_fen, yuan_text

Cell = str | int
"""Text, or a whole number; money is text with two decimals until it is written."""

TEXT, NUMBER, DAY, MONEY = "text", "number", "day", "money"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the voucher sheet: K/3's own name, its title, what it holds, how t_Schema calls its type and its place."""

    key: str
    title: str
    holds: str
    schema_type: str
    place: int


_DECIMAL, _TIME = "Decimal(28,10)", "DateTime"
STANDARD: tuple[Column, ...] = (
    Column("FDate", "凭证日期", DAY, _TIME, 1),
    Column("FYear", "会计年度", NUMBER, _DECIMAL, 2),
    Column("FPeriod", "会计期间", NUMBER, _DECIMAL, 3),
    Column("FGroupID", "凭证字", TEXT, "Varchar(80)", 4),
    Column("FNumber", "凭证号", NUMBER, _DECIMAL, 5),
    Column("FAccountNum", "科目代码", TEXT, "Varchar(40)", 7),
    Column("FAccountName", "科目名称", TEXT, "Varchar(80)", 8),
    Column("FCurrencyNum", "币别代码", TEXT, "Varchar(10)", 9),
    Column("FCurrencyName", "币别名称", TEXT, "Varchar(40)", 10),
    Column("FAmountFor", "原币金额", MONEY, _DECIMAL, 11),
    Column("FDebit", "借方", MONEY, _DECIMAL, 12),
    Column("FCredit", "贷方", MONEY, _DECIMAL, 13),
    Column("FPreparerID", "制单", TEXT, "Varchar(255)", 14),
    Column("FCheckerID", "审核", TEXT, "Varchar(255)", 15),
    Column("FApproveID", "核准", TEXT, "Varchar(255)", 17),
    Column("FCashierID", "出纳", TEXT, "Varchar(255)", 18),
    Column("FHandler", "经办", TEXT, "Varchar(50)", 19),
    Column("FSettleTypeID", "结算方式", TEXT, "Varchar(80)", 20),
    Column("FSettleNo", "结算号", TEXT, "Varchar(255)", 21),
    Column("FExplanation", "凭证摘要", TEXT, "Varchar(255)", 22),
    Column("FQuantity", "数量", NUMBER, _DECIMAL, 23),
    Column("FMeasureUnitID", "数量单位", TEXT, "Varchar(255)", 24),
    Column("FUnitPrice", "单价", NUMBER, _DECIMAL, 25),
    Column("FReference", "参考信息", TEXT, "Varchar(255)", 26),
    Column("FTransDate", "业务日期", DAY, _TIME, 27),
    Column("FTransNo", "往来业务编号", TEXT, "Varchar(40)", 28),
    Column("FAttachments", "附件数", NUMBER, _DECIMAL, 29),
    Column("FSerialNum", "序号", NUMBER, _DECIMAL, 30),
    Column("FObjectName", "系统模块", TEXT, "Varchar(100)", 31),
    Column("FParameter", "业务描述", TEXT, "Varchar(100)", 32),
    Column("FExchangeRate", "汇率", NUMBER, _DECIMAL, 33),
    Column("FEntryID", "分录序号", NUMBER, _DECIMAL, 34),
    Column("FItem", "核算项目", TEXT, "Varchar(255)", 35),
    Column("FPosted", "过账", NUMBER, _DECIMAL, 36),
    Column("FInternalInd", "机制凭证", TEXT, "Varchar(10)", 37),
    Column("FCashFlow", "现金流量", TEXT, "Memo", 38),
)
RATE_TYPE = Column("FExchangeRateType", "汇率类型", TEXT, "Varchar(80)", 33)
"""Newer versions have it before the rate: 37 columns."""
KNOWN: dict[str, Column] = {column.key: column for column in (*STANDARD, RATE_TYPE)}
NEEDED = ("FDate", "FGroupID", "FNumber", "FAccountNum", "FDebit", "FCredit", "FExplanation")
"""Without these a voucher can't be told."""
ALIASES = {"摘要": "FExplanation", "日期": "FDate", "借方金额": "FDebit", "贷方金额": "FCredit"}
_NAMES = {
    **{plain(title).casefold(): key for title, key in ALIASES.items()},
    **{plain(column.title).casefold(): column.key for column in KNOWN.values()},
    **{column.key.casefold(): column.key for column in KNOWN.values()},
}
FROM_TEMPLATE = (
    *("FGroupID", "FCurrencyNum", "FCurrencyName", "FCheckerID", "FApproveID", "FCashierID", "FHandler"),
    *("FSettleTypeID", "FMeasureUnitID", "FObjectName", "FExchangeRateType", "FInternalInd"),
)
"""What the user's own vouchers say in every row is said in ours."""
USUAL: dict[str, str] = {
    "FGroupID": VOUCHER_WORD,
    "FCurrencyNum": "RMB",
    "FCurrencyName": "人民币",
    "FCheckerID": "NONE",
    "FApproveID": "NONE",
    "FCashierID": "NONE",
    "FSettleTypeID": "*",
    "FMeasureUnitID": "*",
    "FExchangeRateType": "公司汇率",
}
HEAD_ROWS, MOST_CELLS, MOST_SHEETS, MOST_COLUMNS = 10, 20_000, 20, 80
SCHEMA_HEAD = (
    *("FType", "FKey", "FFieldName", "FCaption", "FValueType", "FNeedSave", "FColIndex", "FSrcTableName"),
    *("FSrcFieldName", "FExpFieldName", "FImpFieldName", "FDefaultVal", "FSearch", "FItemPageName"),
    *("FTrueType", "FPrecision", "FSearchName", "FIsShownList", "FViewMask", "FPage"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is written as it is."""

    name: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a voucher file looks. `sheets` keep their order; of the one at `place` the rows are those up to its titles."""

    sheets: tuple[Sheet, ...]
    place: int
    columns: tuple[str, ...]
    """K/3's name of each column, "" for one that is not known and stays empty."""
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns' titles as the file has them."""
        return self.sheets[self.place].rows[-1]

    @property
    def unknown(self) -> list[str]:
        """The titles of the columns that stay empty."""
        pairs = zip(self.titles, self.columns, strict=False)
        return [title for title, key in pairs if not key and title.strip()]


class LayoutFault(StrEnum):
    """Why a file is no template; `central/reports/k3/words.py` says it."""

    NO_VOUCHER_SHEET = "no-voucher-sheet"
    MISSING_COLUMN = "missing-column"
    COLUMN_TWICE = "column-twice"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class LayoutFinding:
    """One thing that is wrong with a template."""

    fault: LayoutFault
    found: str = ""


def standard_layout(with_rate_type: bool = False) -> Layout:
    """Give the layout that public descriptions agree on: Page1 with 36 columns (37 with the kind of rate), and t_Schema."""
    columns = list(STANDARD)
    if with_rate_type:
        columns.insert([column.key for column in columns].index("FExchangeRate"), RATE_TYPE)
    keys = tuple(column.key for column in columns)
    return Layout((Sheet("Page1", (keys,)), Sheet("t_Schema", _schema(columns))), 0, keys, dict(USUAL))


def _schema(columns: Sequence[Column]) -> tuple[tuple[str, ...], ...]:
    """Say what is on Page1, as K/3 does in t_Schema: class, page, one row a column."""
    rows = [
        SCHEMA_HEAD,
        ("ClassInfo", "ClassType", "", "VoucherData"),
        ("ClassInfo", "ClassTypeID", "", "123"),
        ("PageInfo", "Page1", "", "Page1"),
    ]
    moved = 0
    for column in columns:
        key = column.key
        place = column.place + moved
        moved += column is RATE_TYPE
        rows.append(
            (
                *("FieldInfo", key, key, column.title, column.schema_type, "", str(place), "", "", key, key),
                *("", "0", "", "", "0", "0", "0", "0", "1"),
            )
        )
    return tuple(rows)


def recognise(sheets: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> Layout | list[LayoutFinding]:
    """Take the layout from a file's sheets of text: the sheet and row that name most of K/3's columns hold the vouchers."""
    if len(sheets) > MOST_SHEETS:
        return [LayoutFinding(LayoutFault.TOO_LARGE, str(len(sheets)))]
    candidates = [
        (len([key for key in keys_of(row) if key]), -place, -number)
        for place, (_name, rows) in enumerate(sheets)
        for number, row in enumerate(rows[:HEAD_ROWS])
        if not _is_schema(rows)
    ]
    best = max(candidates, default=(0, 0, 0))
    if best[0] < len(NEEDED) // 2:
        return [LayoutFinding(LayoutFault.NO_VOUCHER_SHEET)]
    place, number = -best[1], -best[2]
    head, below = sheets[place][1][: number + 1], sheets[place][1][number + 1 :]
    columns = keys_of(head[-1])
    findings = _column_findings(columns)
    kept = tuple(
        Sheet(name, tuple(tuple(row) for row in (head if at == place else rows)))
        for at, (name, rows) in enumerate(sheets)
    )
    cells = sum(len(row) for sheet in kept for row in sheet.rows)
    if cells > MOST_CELLS or len(columns) > MOST_COLUMNS:
        findings.append(LayoutFinding(LayoutFault.TOO_LARGE, str(cells)))
    return findings or Layout(kept, place, columns, {**USUAL, **_said_in_all(columns, below)})


def _is_schema(rows: Sequence[Sequence[str]]) -> bool:
    return bool(rows) and bool(rows[0]) and plain(rows[0][0]).casefold() == "ftype"


def keys_of(titles: Sequence[str]) -> tuple[str, ...]:
    """Give K/3's name of each column by its title, in either form; "" where it is not known."""
    return tuple(_NAMES.get(plain(title).casefold(), "") for title in titles)


def _column_findings(columns: Sequence[str]) -> list[LayoutFinding]:
    missing = [KNOWN[key].title for key in NEEDED if key not in columns]
    twice = sorted({key for key in columns if key and columns.count(key) > 1})
    return [
        *(LayoutFinding(LayoutFault.MISSING_COLUMN, title) for title in missing),
        *(LayoutFinding(LayoutFault.COLUMN_TWICE, KNOWN[key].title) for key in twice),
    ]


def _said_in_all(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Give what every voucher row of a template says, of the columns that are taken over."""
    said: dict[str, str] = {}
    for place, key in enumerate(columns):
        texts = {row[place] if place < len(row) else "" for row in rows}
        if key in FROM_TEMPLATE and len(texts) == 1:
            said[key] = texts.pop()[:80]
    return said


def cells_of(
    layout: Layout, voucher: Voucher, place: int, entry: Entry, preparer: str
) -> list[tuple[str, Cell]]:
    """Give an entry's row by the layout's columns: what each holds, and its value. Columns that are not known stay empty."""
    year, period = voucher.period
    amount = _yuan(entry.debit_fen or entry.credit_fen)
    values: dict[str, Cell] = {
        **layout.defaults,
        "FDate": voucher.day.isoformat(),
        "FTransDate": voucher.day.isoformat(),
        "FYear": year,
        "FPeriod": period,
        "FNumber": voucher.number,
        "FAccountNum": entry.code,
        "FAccountName": entry.name,
        "FAmountFor": amount,
        "FDebit": _yuan(entry.debit_fen),
        "FCredit": _yuan(entry.credit_fen),
        "FPreparerID": preparer,
        "FExplanation": entry.summary,
        "FQuantity": 0,
        "FUnitPrice": 0,
        "FAttachments": 0,
        "FSerialNum": voucher.serial,
        "FExchangeRate": 1,
        "FEntryID": place,
        "FItem": entry.item,
        "FPosted": 0,
    }
    return [(KNOWN[key].holds if key else TEXT, values.get(key, "")) for key in layout.columns]


def _yuan(fen: int) -> str:
    return yuan_text(micro_yuan_from_fen(Fen(fen)))


def layout_to_json(layout: Layout) -> dict[str, object]:
    """Write a layout as it is kept."""
    sheets = [{"name": sheet.name, "rows": [list(row) for row in sheet.rows]} for sheet in layout.sheets]
    return {
        "sheets": sheets,
        "place": layout.place,
        "columns": list(layout.columns),
        "defaults": dict(layout.defaults),
    }


def layout_from_json(kept: Mapping[str, object]) -> Layout:
    """Read a layout as it is kept."""
    sheets, columns, defaults, place = (kept[name] for name in ("sheets", "columns", "defaults", "place"))
    assert isinstance(sheets, list)
    assert isinstance(columns, list)
    assert isinstance(defaults, dict)
    assert isinstance(place, int)
    read = tuple(
        Sheet(str(one["name"]), tuple(tuple(str(cell) for cell in row) for row in one["rows"]))
        for one in sheets
    )
    return Layout(
        read, place, tuple(str(key) for key in columns), {str(k): str(v) for k, v in defaults.items()}
    )
