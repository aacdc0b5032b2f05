"""Every number of the procedure as a dated setting: its kind, its default and where it may differ (`requirements.md`).

Pure. The procedure will change: so nothing of it is a constant. A new setting is one row here, and its words in the office.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from central.domain.meeting_days import WEEKDAYS

Value = int | bool | str | list[object]


class Kind(StrEnum):
    """What a setting's value is, and in which unit."""

    FEN = "fen"
    WATT_HOURS = "watt-hours"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    COUNT = "count"
    DAY_OF_MONTH = "day-of-month"
    HOUR_OF_DAY = "hour-of-day"
    YES_NO = "yes-no"
    CHOICE = "choice"
    TEXT = "text"
    TEXTS = "texts"
    """A list of words, one a line."""
    SPANS = "spans"
    """Parts of a day: `[["11:30", "13:30"], ...]`, apart and in order; `24:00` is midnight at its end."""
    DAY_SPANS = "day-spans"
    """Parts of the year: `[["09-01", "09-10"], ...]`, both days belong; one may go over new year. May be empty."""
    SEASONS = "seasons"
    """Amounts for parts of the year: `[{"from": "09-01", "until": "09-30", "fen": 3000}]`, both days belong."""
    CHAIN = "chain"
    """Who signs: `[{"offices": [...], "persons": 1}, ...]` (`approval.py`)."""


class Place(StrEnum):
    """Where a value may be said, the most specific first."""

    ROOM = "room"
    BUILDING = "building"
    CLASS = "class"
    CAMPUS = "campus"


@dataclass(frozen=True, slots=True)
class Known:
    """A setting: where else than for the whole campus it may be said, and the requirement that names it."""

    code: str
    kind: Kind
    default: Value
    source: str
    places: tuple[Place, ...] = ()
    least: int = 0
    most: int = 1_000_000_000
    choices: tuple[str, ...] = ()
    is_read: bool = True
    """False while no page uses it yet: it can be said and is kept, and the page says so."""

    @property
    def chapter(self) -> str:
        """The part of the code before the dot."""
        return self.code.partition(".")[0]


_CLASS: Final = (Place.CLASS,)
_BUILDING: Final = (Place.BUILDING,)
_ANYWHERE: Final = (Place.CLASS, Place.BUILDING, Place.ROOM)
SEPTEMBER_MINIMUM: Final[list[object]] = [{"from": "09-01", "until": "09-30", "fen": 3000}]
WORK_PHONE: Final = "楼管员或卡机房"
"""Who is asked about work while no number is set."""
CHECK_POINTS: Final[dict[str, list[object]]] = {
    "finance": ["收据与收款报表一致", "现金与缴款一致", "退款、减免有审批"],
    "card-room": ["收据本、印章齐全", "售电与收据一致", "已缴费未供电已处理", "低余额清单已发出"],
    "wardens": ["走廊无私拉电线", "电表箱、封签完好", "无违禁电器"],
    "security": ["配电间上锁", "走廊、楼梯无私拉电线", "夜间巡查无异常"],
    "technicians": ["模块、中位机运行正常", "总表与分表无异常差额", "配电箱无发热、异味", "待修故障已处理"],
}
"""What each party looks at, until the college says otherwise."""
MEETING_COPIES: Final[list[object]] = [
    "院长",
    "分管网络副校长",
    "分管后勤副校长",
    "网络中心主任",
    "财务处",
    "后勤处",
]
REVIEWED_PROCEDURES: Final[list[object]] = ["收费（4.1）", "一小时日检查（4.2）", "模块维修与抄表（4.3）"]
REVIEWED_DEPARTMENTS: Final[list[object]] = ["财务", "卡机房", "楼管员", "安保纠察", "水电技师"]
"""What a quality review looks at: the three chapters of the procedure, and the five parties that it names (4.2)."""

SCHEDULED_REPORTS: Final[list[object]] = [
    "takings day",
    "building-check day",
    "takings month",
    "takings period",
    "monthly-charges period",
    "household-detail period",
    "room-usage period",
    "merchants period",
    "bureau-statement period",
    "subsidies period",
    "losses period",
    "arrears period",
    "faults week",
    "faults month",
    "approvals month",
]
"""Report and kind of period, one a line: what is made by itself until the college says otherwise."""

SETTINGS: Final = (
    Known("desk.hours", Kind.SPANS, [["11:30", "13:30"], ["17:00", "22:00"]], "R-4.1.1a"),
    Known("desk.enrolment-hours", Kind.SPANS, [["08:00", "20:00"]], "R-4.1.1a"),
    Known("desk.enrolment-days", Kind.DAY_SPANS, [], "R-4.1.1a"),
    Known("desk.crews", Kind.COUNT, 2, "R-4.1.1a", least=1, most=10),
    Known("desk.drawers", Kind.TEXTS, ["main"], "R-4.1.1a"),
    Known("desk.duty-meal", Kind.FEN, 800, "R-4.1.1a"),
    Known("desk.ask-again-within", Kind.MINUTES, 10, "R-4.1.4", most=1440),
    Known("desk.cash-difference", Kind.FEN, 0, "R-4.1.8"),
    Known("refund.desk-limit", Kind.FEN, 0, "C-8"),
    Known("sale.seasonal-minimum", Kind.SEASONS, SEPTEMBER_MINIMUM, "R-4.1.1b", _CLASS),
    Known("receipt.original", Kind.CHOICE, "number", "R-4.1.2", choices=("number", "page")),
    Known("receipt.seals", Kind.TEXTS, ["档案馆公章", "财务专用章", "加盖财务专用章生效"], "R-4.1.2"),
    Known("receipt.parts", Kind.TEXTS, ["记账联", "存根联", "客户联"], "R-4.2.1"),
    Known("receipt.pin-on-slip", Kind.YES_NO, False, "R-B7"),
    Known("correction.same-day-only", Kind.YES_NO, True, "R-4.1.5"),
    Known("balance.low-hour", Kind.HOUR_OF_DAY, 18, "R-4.1.6", _BUILDING),
    Known("balance.low-yuan", Kind.FEN, 1000, "R-4.1.6", _ANYWHERE),
    Known("balance.low-kwh", Kind.WATT_HOURS, 10_000, "R-4.1.6", _ANYWHERE),
    Known("balance.told-again-days", Kind.DAYS, 3, "R-4.1.6", most=90),
    Known("balance.outlier-percent", Kind.COUNT, 40, "R-4.1.6", _BUILDING, least=1, most=1000),
    Known("period.first-day", Kind.DAY_OF_MONTH, 26, "R-4.1.9", least=1, most=28),
    Known("period.hour", Kind.HOUR_OF_DAY, 0, "R-4.1.9"),
    Known("bill.due-days", Kind.DAYS, 15, "R-4.2.1", most=365),
    Known("bill.reading-within", Kind.HOURS, 24, "R-4.2.1", least=1, most=240),
    Known("agreement.due-day", Kind.DAY_OF_MONTH, 6, "R-4.1.9", least=1, most=28),
    Known("check.minutes", Kind.MINUTES, 60, "R-4.2.0", least=1, most=1440),
    Known("check.parties", Kind.TEXTS, ["财务", "卡机房", "楼管员", "安保纠察", "水电技师"], "R-4.2.0"),
    Known("check.late-hour", Kind.HOUR_OF_DAY, 22, "R-4.2.0", least=1),
    Known("check.missing-hour", Kind.HOUR_OF_DAY, 8, "R-4.2.0"),
    Known("check.on-weekends", Kind.YES_NO, True, "R-4.2.0"),
    Known("check.days-off", Kind.DAY_SPANS, [], "R-4.2.0"),
    *(
        Known(f"check.points-{party}", Kind.TEXTS, points, "R-4.2.0")
        for party, points in CHECK_POINTS.items()
    ),
    Known("theft.arrival", Kind.MINUTES, 10, "R-4.2.4", _BUILDING, least=1, most=1440),
    Known("theft.remind-after", Kind.MINUTES, 5, "R-4.2.4", _BUILDING, least=1, most=1440),
    Known("theft.penalty-per-day", Kind.WATT_HOURS, 20_000, "R-4.2.4", _CLASS),
    Known("theft.both-days-count", Kind.YES_NO, True, "R-4.2.4"),
    Known("theft.appeal-days", Kind.DAYS, 15, "R-4.2.4", most=365),
    Known("round.unseen-days", Kind.DAYS, 3, "R-4.2.4", least=1, most=365),
    Known("work.notice-hours", Kind.HOURS, 24, "R-4.3.4", _BUILDING, most=720),
    Known("work.silence-hours", Kind.HOURS, 24, "R-4.3.4", _BUILDING, most=720),
    Known("work.refusals-percent", Kind.COUNT, 0, "R-4.3.4", _BUILDING, most=100),
    Known("work.late-minutes", Kind.MINUTES, 15, "R-4.3.4", _BUILDING, most=1440),
    Known("work.phone", Kind.TEXT, WORK_PHONE, "R-4.3.4", _BUILDING),
    Known(
        "detail.copies",
        Kind.TEXTS,
        ["网络中心主任", "后勤处", "分管副校长", "事务中心（转法人代表）"],
        "R-4.2.5",
    ),
    Known("detail.names", Kind.YES_NO, True, "R-4.2.5"),
    Known("bureau.copies", Kind.TEXTS, ["财务处", "后勤处", "卡机房（存档）"], "R-4.1.9"),
    Known("charges.copies", Kind.TEXTS, ["财务处（原件）", "卡机房（存档）"], "R-4.2.1"),
    Known(
        "readings.copies",
        Kind.TEXTS,
        ["卡机房", "网络中心", "后勤处", "分管网络副校长", "分管后勤副校长", "事务中心（转呈院长）"],
        "R-4.3.7",
    ),
    Known("readings.due-day", Kind.DAY_OF_MONTH, 28, "R-4.3.7", least=1, most=28),
    Known("readings.remind-before", Kind.DAYS, 2, "R-4.3.7", most=20),
    Known("readings.clock-off", Kind.MINUTES, 5, "R-4.3.7", _BUILDING, most=120),
    Known("readings.tolerance", Kind.WATT_HOURS, 0, "R-4.3.7", _BUILDING, most=10_000),
    Known("readings.class-error", Kind.COUNT, 0, "R-4.3.7", _BUILDING, most=50_000),
    Known("fault.same-day-until", Kind.HOUR_OF_DAY, 17, "R-4.3.6", _BUILDING, least=1),
    Known("fault.same-day-hour", Kind.HOUR_OF_DAY, 20, "R-4.3.6", _BUILDING, least=1),
    Known("fault.closes-after", Kind.DAYS, 3, "R-4.3.6", least=1, most=60),
    Known("fault.resident-reports", Kind.COUNT, 3, "R-4.3.3b", least=1, most=20),
    Known("goods.check-within", Kind.DAYS, 3, "R-4.3.1", most=90),
    Known("claim.call-within", Kind.DAYS, 1, "R-4.3.1", most=90),
    Known("claim.reply-within", Kind.DAYS, 7, "R-4.3.1", least=1, most=365),
    Known("true-up.least-minutes", Kind.MINUTES, 30, "R-4.3.5", _BUILDING, most=1440),
    Known("true-up.alone-up-to", Kind.WATT_HOURS, 50_000, "R-4.3.5"),
    Known("true-up.grace-days", Kind.DAYS, 14, "R-4.3.5", _CLASS, most=365),
    Known("true-up.wrong-days", Kind.DAYS, 90, "R-4.3.5", least=1, most=730),
    Known("control.remind-days", Kind.DAYS, 1, "R-4.3.5", _BUILDING, least=1, most=60),
    Known("control.head-days", Kind.DAYS, 3, "R-4.3.5", _BUILDING, least=1, most=60),
    Known("meeting.weekday", Kind.CHOICE, "monday", "R-4.2.6", choices=WEEKDAYS),
    Known("meeting.hour", Kind.HOUR_OF_DAY, 7, "R-4.2.6"),
    Known("meeting.pack-copies", Kind.TEXTS, MEETING_COPIES, "R-4.2.6"),
    Known("meeting.minutes-copies", Kind.TEXTS, MEETING_COPIES, "R-5.1"),
    Known("meeting.procedures", Kind.TEXTS, REVIEWED_PROCEDURES, "R-5.1"),
    Known("meeting.departments", Kind.TEXTS, REVIEWED_DEPARTMENTS, "R-5.1"),
    Known("meeting.item-days", Kind.DAYS, 14, "R-5.1", most=365),
    Known("meeting.remind-before", Kind.DAYS, 2, "R-5.1", most=60),
    Known("report.scheduled-codes", Kind.TEXTS, SCHEDULED_REPORTS, "R-4.1.7"),
    Known("report.made-hour", Kind.HOUR_OF_DAY, 7, "R-4.1.7"),
    Known("report.made-after-days", Kind.DAYS, 2, "R-4.1.9", most=28),
    Known("link.silent-after", Kind.MINUTES, 30, "R-G3", least=1, most=10_080),
    Known("health.process-still", Kind.MINUTES, 5, "R-G3", least=2, most=1_440),
    Known("health.reading-late", Kind.MINUTES, 15, "R-G3", least=1, most=10_080),
    Known("health.gateway-behind", Kind.MINUTES, 60, "R-G3", least=5, most=10_080),
    Known("health.line-answers", Kind.COUNT, 80, "R-G1", least=0, most=100),
    Known("health.command-waits", Kind.MINUTES, 15, "R-G4", least=1, most=1_440),
    Known("health.disk-free", Kind.COUNT, 10, "R-G3", least=1, most=90),
    Known("health.full-within", Kind.DAYS, 30, "R-G3", least=1, most=365),
    Known("health.certificate-days", Kind.DAYS, 21, "R-G5", least=1, most=180),
    Known("health.backup-age", Kind.HOURS, 36, "R-G3", least=1, most=1_000),
    Known("health.clock-off", Kind.MINUTES, 2, "R-G3", least=1, most=60),
    Known("health.tell-after", Kind.MINUTES, 10, "R-G3", least=0, most=1_440),
    Known("link.enrol-hours", Kind.HOURS, 48, "R-G6", least=1, most=720),
    Known("link.approver-keys", Kind.TEXTS, [], "R-G5"),
    Known("telemetry.readings-months", Kind.COUNT, 13, "C-12", least=3, most=1200),
    Known("telemetry.hours-months", Kind.COUNT, 37, "C-12", least=7, most=1200),
    Known("telemetry.events-months", Kind.COUNT, 36, "C-12", least=3, most=1200),
    Known("telemetry.balances-months", Kind.COUNT, 36, "C-12", least=3, most=1200),
    Known("telemetry.unlocked-months", Kind.COUNT, 24, "C-12", least=3, most=1200),
    Known("telemetry.digests-days", Kind.DAYS, 90, "C-11", least=45, most=3650),
    Known("privacy.names-kept-days", Kind.DAYS, 1095, "R-G5", least=30, most=36_500),
    Known("privacy.sign-ins-kept-days", Kind.DAYS, 365, "R-G5", least=180, most=3650),
    Known("approval.remind-after", Kind.HOURS, 24, "R-4.2.1", least=1, most=720),
    Known("approval.escalate-after", Kind.HOURS, 72, "R-4.2.1", least=1, most=2160),
    Known("approval.escalates-to", Kind.CHAIN, [{"offices": ["president"], "persons": 1}], "R-4.2.1"),
)
BY_CODE: Final = {known.code: known for known in SETTINGS}


class ValueFault(StrEnum):
    """Why a value can't be that of a setting."""

    NOT_THIS_KIND = "not-this-kind"
    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    NOT_A_CHOICE = "not-a-choice"
    EMPTY = "empty"
    TOO_LONG = "too-long"
    NOT_A_TIME = "not-a-time"
    NOT_A_DAY = "not-a-day"
    NOT_IN_ORDER = "not-in-order"


_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_DAYS_OF_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LONGEST_TEXT: Final = 200
_LONGEST_LIST: Final = 20


def fault_of(known: Known, value: object) -> ValueFault | None:
    """Say why a value can't be this setting's; None when it can. Chains are read by `approval.chain_of`."""
    match known.kind:
        case Kind.YES_NO:
            return None if isinstance(value, bool) else ValueFault.NOT_THIS_KIND
        case Kind.CHOICE:
            return None if value in known.choices else ValueFault.NOT_A_CHOICE
        case Kind.TEXT:
            return _text_fault(value)
        case Kind.TEXTS:
            return None if value == known.default == [] else _texts_fault(value)
        case Kind.SPANS:
            return _list_fault(value) or _spans_fault(value)
        case Kind.DAY_SPANS:
            return _day_spans_fault(value)
        case Kind.SEASONS:
            return _seasons_fault(value)
        case Kind.CHAIN:
            return None if isinstance(value, list) else ValueFault.NOT_THIS_KIND
        case _:
            return _number_fault(known, value)


def _number_fault(known: Known, value: object) -> ValueFault | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return ValueFault.NOT_THIS_KIND
    most = {Kind.DAY_OF_MONTH: 31, Kind.HOUR_OF_DAY: 23}.get(known.kind, known.most)
    if value < known.least:
        return ValueFault.TOO_SMALL
    return ValueFault.TOO_LARGE if value > min(most, known.most) else None


def _texts_fault(value: object) -> ValueFault | None:
    fault = _list_fault(value)
    if fault is not None or not isinstance(value, list):
        return fault
    return next(filter(None, map(_text_fault, value)), None)


def _text_fault(value: object) -> ValueFault | None:
    if not isinstance(value, str):
        return ValueFault.NOT_THIS_KIND
    if not value.strip():
        return ValueFault.EMPTY
    return ValueFault.TOO_LONG if len(value) > _LONGEST_TEXT else None


def _list_fault(value: object) -> ValueFault | None:
    if not isinstance(value, list):
        return ValueFault.NOT_THIS_KIND
    if not value:
        return ValueFault.EMPTY
    return ValueFault.TOO_LONG if len(value) > _LONGEST_LIST else None


def _spans_fault(value: object) -> ValueFault | None:
    before = "00:00"
    for span in value if isinstance(value, list) else ():
        if not isinstance(span, list) or len(span) != 2 or not all(_is_time(end) for end in span):
            return ValueFault.NOT_A_TIME
        if not before <= span[0] < span[1]:
            return ValueFault.NOT_IN_ORDER
        before = span[1]
    return None


def _is_time(text: object) -> bool:
    return isinstance(text, str) and _TIME.fullmatch(text) is not None


def _seasons_fault(value: object) -> ValueFault | None:
    if not isinstance(value, list):
        return ValueFault.NOT_THIS_KIND
    for season in value:
        if not isinstance(season, dict) or set(season) != {"from", "until", "fen"}:
            return ValueFault.NOT_THIS_KIND
        if not (_is_day(season["from"]) and _is_day(season["until"])):
            return ValueFault.NOT_A_DAY
        if not isinstance(season["fen"], int) or isinstance(season["fen"], bool) or season["fen"] < 0:
            return ValueFault.NOT_THIS_KIND
    return ValueFault.TOO_LONG if len(value) > _LONGEST_LIST else None


def _day_spans_fault(value: object) -> ValueFault | None:
    if not isinstance(value, list):
        return ValueFault.NOT_THIS_KIND
    for span in value:
        if not isinstance(span, list) or len(span) != 2 or not all(_is_day(end) for end in span):
            return ValueFault.NOT_A_DAY
    return ValueFault.TOO_LONG if len(value) > _LONGEST_LIST else None


def _is_day(text: object) -> bool:
    if not isinstance(text, str) or re.fullmatch(r"\d\d-\d\d", text) is None:
        return False
    month, day = int(text[:2]), int(text[3:])
    return 1 <= month <= 12 and 1 <= day <= _DAYS_OF_MONTH[month - 1]


def in_season(seasons: list[object], month_day: str) -> int | None:
    """Give the largest amount of the seasons that a day (`09-15`) belongs to; None outside all. A season may go over new year."""
    amounts = [
        season["fen"]
        for season in seasons
        if isinstance(season, dict) and _covers(season["from"], season["until"], month_day)
    ]
    return max(amounts, default=None)


def on_days(spans: list[object], month_day: str) -> bool:
    """Say whether a day (`09-15`) belongs to one of the parts of the year."""
    return any(_covers(span[0], span[1], month_day) for span in spans if isinstance(span, list))


def _covers(first: str, last: str, day: str) -> bool:
    return first <= day <= last if first <= last else day >= first or day <= last
