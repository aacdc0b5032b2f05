"""Make voucher exports of days that are over (R-4.1.9): planned, read, made, taken back. A day is in one export that stands.

What a person was shown is what is exported: the plan's digest comes back with the form, and a plan that changed meanwhile is
shown again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256

from django.db import transaction
from django.utils.translation import override

from central.desk.numbering import locked_series, next_number
from central.domain.k3_layout import Layout, layout_to_json
from central.domain.k3_voucher import (
    Entry,
    Group,
    LineKey,
    Made,
    Span,
    Voucher,
    make_vouchers,
)
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.reports.k3.files import fits
from central.reports.k3.ledger_days import Whose, days_not_over, movements_of
from central.reports.k3.maps import SERIES, first_day, maps_at
from central.reports.k3.models import K3Export, K3ExportDay, K3ExportEnd
from central.reports.k3.templates_in_use import layout_in_use
from central.reports.k3.words import GROUP_WORDS

MOST_DAYS = 62
LANGUAGE = "zh-hans"
"""Finance's books are in Chinese, whatever language the page is read in."""


class ExportRefusal(StrEnum):
    """Why nothing was exported; `words.py` says it."""

    NO_MAP = "no-map"
    BEFORE_FIRST_MAP = "before-first-map"
    WRONG_ORDER = "wrong-order"
    TOO_MANY_DAYS = "too-many-days"
    NOT_OVER = "not-over"
    MAP_LACKS = "map-lacks"
    NOTHING_MOVED = "nothing-moved"
    EXPORTED_BEFORE = "exported-before"
    """Asked: the reason takes the exports back that have these days."""
    TOO_MANY_ROWS = "too-many-rows"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    ENDED = "ended"
    NO_REASON = "no-reason"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which days, one voucher for what, and the first voucher number by K/3 period."""

    first: date
    last: date
    span: Span
    numbers: Mapping[tuple[int, int], int] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        """Its days, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def periods(self) -> list[tuple[int, int]]:
        """The K/3 periods it touches: calendar months."""
        return sorted({(day.year, day.month) for day in self.days})


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export would be, and what stands against it."""

    wanted: Wanted
    made: Made
    refusals: dict[ExportRefusal, str]
    before: list[K3Export]
    """Exports that stand and have some of the days."""
    layout: Layout
    form: str
    template_name: str

    @property
    def entries(self) -> int:
        """How many entries its vouchers have."""
        return sum(len(voucher.entries) for voucher in self.made.vouchers)

    @property
    def debit_fen(self) -> int:
        """The sum of all debits; the credits are as much."""
        return sum(voucher.debit_fen for voucher in self.made.vouchers)

    @property
    def digest(self) -> str:
        """Stands for the days, the vouchers and the layout that were shown."""
        shown = [
            *self.wanted.days,
            self.form,
            layout_to_json(self.layout),
            vouchers_to_json(self.made.vouchers),
        ]
        return digest_of(shown)


def digest_of(content: object) -> str:
    """Give SHA-256 of content's JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def plan_export(wanted: Wanted, now_ms: int) -> ExportPlan:
    """Plan the vouchers of some days; read only."""
    layout, form, template_name = layout_in_use()
    refusals = _against_days(wanted, now_ms)
    if refusals:
        return ExportPlan(wanted, Made([], [], {}, {}), refusals, [], layout, form, template_name)
    before = exports_of(wanted.days)
    whose = Whose()
    movements = [one for day in wanted.days for one in movements_of(day, whose)]
    carried = carried_over(without=[one.pk for one in before])
    with override(LANGUAGE):
        words = {group: str(said) for group, said in GROUP_WORDS.items()}
    made = make_vouchers(movements, maps_at(wanted.days), wanted.span, carried, wanted.numbers, words)
    if made.findings:
        refusals[ExportRefusal.MAP_LACKS] = str(len(made.findings))
    elif not made.vouchers:
        refusals[ExportRefusal.NOTHING_MOVED] = ""
    elif not fits(form, layout, sum(len(voucher.entries) for voucher in made.vouchers)):
        refusals[ExportRefusal.TOO_MANY_ROWS] = ""
    return ExportPlan(wanted, made, refusals, before, layout, form, template_name)


def _against_days(wanted: Wanted, now_ms: int) -> dict[ExportRefusal, str]:
    begins = first_day()
    if begins is None:
        return {ExportRefusal.NO_MAP: ""}
    if wanted.last < wanted.first:
        return {ExportRefusal.WRONG_ORDER: ""}
    if (wanted.last - wanted.first).days >= MOST_DAYS:
        return {ExportRefusal.TOO_MANY_DAYS: str(MOST_DAYS)}
    if wanted.first < begins:
        return {ExportRefusal.BEFORE_FIRST_MAP: f"{begins}"}
    growing = days_not_over(wanted.first, wanted.last, now_ms)
    return {ExportRefusal.NOT_OVER: ", ".join(f"{day}" for day in growing[:5])} if growing else {}


def exports_of(days: Sequence[date]) -> list[K3Export]:
    """Give the exports that stand and have some of the days."""
    if not days:
        return []
    rows = K3ExportDay.objects.filter(day__gte=days[0], day__lte=days[-1], export__end__isnull=True)
    return list(K3Export.objects.filter(pk__in=rows.values("export")).select_related("by").order_by("pk"))


def carried_over(without: Iterable[int] = ()) -> dict[LineKey, int]:
    """Sum what the exports that stand left below a fen, by line."""
    carried: dict[LineKey, int] = {}
    standing = K3Export.objects.filter(end__isnull=True).exclude(pk__in=list(without))
    for lines in standing.values_list("carried", flat=True):
        for group, is_credit, code, name, item, micro in lines:
            key = LineKey(group, is_credit, code, name, item)
            carried[key] = carried.get(key, 0) + micro
    return {key: micro for key, micro in carried.items() if micro}


@one_writer
@transaction.atomic
def make_export(
    wanted: Wanted, *, shown: str, why: str, actor: User, now_ms: int
) -> K3Export | tuple[ExportRefusal, ExportPlan]:
    """Keep an export that was shown. Days that were exported before need a reason, and their exports are taken back by it."""
    series = locked_series(SERIES)
    plan = plan_export(wanted, now_ms)
    if plan.refusals:
        return next(iter(plan.refusals)), plan
    if plan.digest != shown:
        return ExportRefusal.CHANGED, plan
    if plan.before and not why.strip():
        return ExportRefusal.EXPORTED_BEFORE, plan
    for one in plan.before:
        _take_back(one, why, actor, now_ms)
    made = _kept(next_number(series), plan, why, actor, now_ms)
    K3ExportDay.objects.bulk_create(K3ExportDay(export=made, day=day) for day in wanted.days)
    _on_record("k3-export", made, f"{_says(made)}; {made.why}", actor, now_ms)
    return made


def _kept(number: int, plan: ExportPlan, why: str, actor: User, now_ms: int) -> K3Export:
    wanted, vouchers = plan.wanted, vouchers_to_json(plan.made.vouchers)
    before = carried_over()
    after = plan.made.residues
    own = {key: after.get(key, 0) - before.get(key, 0) for key in {*after, *before}}
    return K3Export.objects.create(
        number=number,
        first_day=wanted.first,
        last_day=wanted.last,
        span=wanted.span,
        form=plan.form,
        layout=layout_to_json(plan.layout),
        template_name=plan.template_name,
        vouchers=vouchers,
        voucher_count=len(plan.made.vouchers),
        entry_count=plan.entries,
        debit_fen=plan.debit_fen,
        digest=digest_of([*wanted.days, vouchers]),
        carried=[
            [key.group, key.is_credit, key.code, key.name, key.item, own[key]]
            for key in sorted(own)
            if own[key]
        ],
        left_out=plan.made.left_out,
        why=why.strip()[:300] if plan.before else "",
        by=actor,
        at_ms=now_ms,
    )


@one_writer
@transaction.atomic
def take_back(number: int, *, why: str, actor: User, now_ms: int) -> K3ExportEnd | ExportRefusal:
    """Say that an export is not in K/3, or no longer: its days are free to be exported again."""
    locked_series(SERIES)
    made = K3Export.objects.filter(pk=number).first()
    if made is None:
        return ExportRefusal.UNKNOWN
    if K3ExportEnd.objects.filter(pk=number).exists():
        return ExportRefusal.ENDED
    if not why.strip():
        return ExportRefusal.NO_REASON
    return _take_back(made, why, actor, now_ms)


def _take_back(made: K3Export, why: str, actor: User, now_ms: int) -> K3ExportEnd:
    end = K3ExportEnd.objects.create(export=made, why=why.strip()[:300], by=actor, at_ms=now_ms)
    _on_record("k3-export-back", made, end.why, actor, now_ms)
    return end


@transaction.atomic
def put_taking_on_record(made: K3Export, actor: User, now_ms: int) -> None:
    """Put on record who took an export's file."""
    _on_record("take-k3-export", made, _says(made), actor, now_ms)


def _says(made: K3Export) -> str:
    days = f"{made.first_day} to {made.last_day}"
    return f"{days}: {made.voucher_count} vouchers, {made.entry_count} entries, {made.debit_fen} fen, {made.digest[:16]}"


def _on_record(action: str, made: K3Export, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"k3 export {made.pk}",
        detail=detail[:400],
        now_ms=now_ms,
    )


def vouchers_to_json(vouchers: Sequence[Voucher]) -> list[dict[str, object]]:
    """Write vouchers as they are kept."""
    return [
        {
            "day": voucher.day.isoformat(),
            "group": voucher.group.value,
            "number": voucher.number,
            "serial": voucher.serial,
            "entries": [list(asdict(entry).values()) for entry in voucher.entries],
        }
        for voucher in vouchers
    ]


def vouchers_of(made: K3Export) -> list[Voucher]:
    """Read an export's vouchers."""
    return [
        Voucher(
            date.fromisoformat(one["day"]),
            Group(one["group"]),
            one["number"],
            one["serial"],
            tuple(Entry(*entry) for entry in one["entries"]),
        )
        for one in made.vouchers
    ]
