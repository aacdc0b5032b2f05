"""Every act that this server can put on record has words: names are collected from the code, through whatever passes them on."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from django.utils import translation

import central
from central.desk.go_live.models import OpeningBatch
from central.domain.improvement_items import Act
from central.domain.receipt_prints import PrintedPaper
from central.domain.round_coverage import Outcome
from central.domain.rule_json import RuleKind
from central.ledger import chart_of_accounts as chart
from central.ledger.checking import VERIFIED
from central.link.resolving import AUDIT
from central.losses.case_models import CaseStep
from central.reports.audit.act_subjects import numbered_subject, report_subject
from central.reports.audit.acts import ACTS, MOVES, act_words, side_words
from central.reports.audit.details import detail_words
from central.reports.meetings.models import MeetingEntry
from central.workshop.claims.models import ClaimStep
from central.workshop.faults.models import FaultStep
from gateway.contract.commands import BeginSoftwareControl, BillGap, DrawEmergency, RelayWish
from gateway.contract.facts import EntryKind

pytestmark = pytest.mark.xdist_group("audit-words")
Call = tuple[ast.Call, ast.FunctionDef | None, Path]
FAMILIES = {
    "f'relay-{wish.value}'": [f"relay-{wish}" for wish in RelayWish],
    "f'set-{kind.value}'": [f"set-{kind}" for kind in RuleKind if not kind.startswith("price-")],
    "str(kind)": [one.__struct_config__.tag for one in (DrawEmergency, BillGap, BeginSoftwareControl)],
    "AUDIT": [AUDIT],
    "VERIFIED": [VERIFIED],
    "f'item-{step.act}'": [f"item-{act}" for act in Act],
    "f'meeting-{said.kind}'": [f"meeting-{kind}" for kind in MeetingEntry.Kind],
    "f'case-{step.kind}'": [f"case-{kind}" for kind in CaseStep.Kind],
    "f'fault-{step.kind}'": [f"fault-{kind}" for kind in FaultStep.Kind],
    "f'claim-{said.kind}'": [f"claim-{kind}" for kind in ClaimStep.Kind],
    "f'round-{said.outcome}'": [f"round-{outcome}" for outcome in Outcome if outcome is not Outcome.IN_ORDER],
    "f'print-{paper}'": [f"print-{paper}" for paper in PrintedPaper],
    "f'go-live-{batch.kind}'": [f"go-live-{kind}" for kind in OpeningBatch.Kind],
}
"""Names that are put together, by the code that does it. `set_rules` isn't asked for prices: they are published."""
PASSED_WHOLE = {"apps.py"}
"""Where a signal's arguments are handed on as they came."""


@dataclass
class Recorder:
    """A function that takes an act's name: by keyword, or at a place; a private one only in its own file."""

    name: str
    place: int | None = None
    of_file: Path | None = None


@cache
def calls() -> list[Call]:
    """Give every call in central's code, with the function around it; once, it takes seconds."""
    found = []
    for path in Path(central.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                inside = [f for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0)]
                found.append((node, max(inside, key=lambda f: f.lineno, default=None), path))
    return found


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def action_in(call: ast.Call, recorder: Recorder) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == "action":
            return keyword.value
    if recorder.place is not None and len(call.args) > recorder.place:
        return call.args[recorder.place]
    return None


def assigned(expression: ast.expr, inside: ast.FunctionDef | None) -> ast.expr:
    """Follow a local variable to what it was given."""
    if isinstance(expression, ast.Name) and inside is not None:
        for node in ast.walk(inside):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == expression.id:
                return node.value
    return expression


def names_in(expression: ast.expr) -> Iterator[str] | None:
    if isinstance(expression, ast.Constant):
        return iter([str(expression.value)])
    if isinstance(expression, ast.IfExp):
        return iter([*(names_in(expression.body) or ()), *(names_in(expression.orelse) or ())])
    return iter(FAMILIES[text]) if (text := ast.unparse(expression)) in FAMILIES else None


def collected() -> tuple[set[str], list[str]]:
    """Give every act's name, and the places where it can't be told: each needs its family."""
    everything = calls()
    recorders, done = [Recorder("record_audit"), Recorder("send")], set()
    names: set[str] = set()
    unknown: list[str] = []
    while recorders:
        recorder = recorders.pop()
        if (recorder.name, recorder.of_file) in done:
            continue
        done.add((recorder.name, recorder.of_file))
        for call, inside, path in everything:
            if name_of(call) != recorder.name or recorder.of_file not in (None, path):
                continue
            action = action_in(call, recorder)
            if action is None:
                if recorder.name == "record_audit" and path.name not in PASSED_WHOLE:
                    unknown.append(f"{path.name}:{call.lineno}")
                continue
            action = assigned(action, inside)
            parameters = [one.arg for one in (*inside.args.args, *inside.args.kwonlyargs)] if inside else []
            if isinstance(action, ast.Name) and action.id in parameters:
                own = path if inside.name.startswith("_") else None
                recorders.append(Recorder(inside.name, parameters.index(action.id), own))
            elif (found := names_in(action)) is not None:
                names |= set(found)
            elif recorder.name != "send":
                unknown.append(f"{path.name}:{call.lineno} {ast.unparse(action)}")
    return names, unknown


def test_every_act_has_words() -> None:
    names, unknown = collected()
    few = {"sign-in", "publish-price", "relay-open", "open-user", "close-user", "seal-paper", "merge-balance"}
    assert few <= names, "nothing was collected"
    assert not unknown, "an act's name is put together in a way that this test must learn"
    assert names - ACTS.keys() == set()


def test_no_words_for_acts_that_nothing_records() -> None:
    assert ACTS.keys() - collected()[0] == set()


def test_every_movement_of_money_has_words() -> None:
    kinds = [
        keyword.value
        for call, _inside, _path in calls()
        if name_of(call) == "Draft"
        for keyword in (*call.keywords, *(ast.keyword("kind", one) for one in call.args[1:]))
        if keyword.arg == "kind"
    ]
    kinds += [
        call.args[1] for call, _inside, _path in calls() if name_of(call) == "_draft" and len(call.args) > 4
    ]
    written = {kind.value for kind in kinds if isinstance(kind, ast.Constant) and isinstance(kind.value, str)}
    assert {"payment", "subsidy", "to-safe", "opening-back"} <= written
    assert (written | set(EntryKind)) - MOVES.keys() == set()


def test_every_account_of_the_ledger_has_words() -> None:
    makers = [
        *(chart.cash, chart.rounding, chart.safe, chart.handed_in),
        *(chart.desk_float, chart.over_short, chart.difference_waiting),
        *(chart.card_clearing, chart.bank_clearing, chart.repair_fees),
    ]
    sides = [maker() for maker in makers]
    sides += [chart.customer("1-1.1", "paid", "yuan"), chart.taken_back("1-1.1", "kwh")]
    sides += [chart.on_behalf("C-01"), chart.owed("1-1.1", "yuan")]
    sides += [chart.opening("yuan"), chart.opening_owed("1-1.1", "yuan")]
    sides += [
        chart.paid_by_finance(),
        chart.bad_debts(),
        chart.moved_credit("yuan"),
        chart.debt_share("s", 1),
    ]
    sides += [chart.card_paid_over(), chart.card_fees(), chart.card_meter_sales(), chart.billed("1-1.1")]
    sides += [chart.energy_revenue("d", "yuan"), chart.energy_sales("d"), chart.energy_sold("d")]
    sides += [chart.penalty_owed(3), chart.penalties(), chart.penalty_back(3)]
    sides += [chart.reclaim("1-1.1", "yuan"), chart.college_errors("yuan")]
    of_unit = (chart.subsidy, chart.lapsed, chart.adjustments, chart.suspense)
    sides += [maker("yuan") for maker in (*of_unit, chart.take_back_asked, chart.take_back_pending)]
    public = [name for name, one in vars(chart).items() if callable(one) and name[0].islower()]
    assert len(sides) == len(public) - 1, "a new one: give it words (dataclass is none)"
    assert not [side.code for side in sides if side_words(side.code) == side.code]


def test_acts_and_details_are_chinese_in_chinese() -> None:
    with translation.override("zh-hans"):
        assert act_words("publish-price") == "公布电价"
        assert (
            detail_words("publish-price", "0.5583 from 1790000000000")
            == "0.5583 元/度，自 2026-09-21 22:13 起"
        )
        assert detail_words("take-paper", "pdf copy 2 sealed 7") == "PDF, 第 2 份, 封存编号 7"
        assert detail_words("add-user", "warden 1 2") == "楼管员，楼栋 1 2"
        assert "第 12 条" in detail_words(VERIFIED, "altered 12 ledger_transfer t2")
        english_only = [code for code, act in ACTS.items() if str(act.words).isascii()]
    assert not english_only


def test_what_no_pattern_knows_is_shown_as_it_came() -> None:
    assert detail_words("subsidy", "for the flood") == "for the flood"
    assert detail_words("publish-price", "odd") == "odd"
    assert act_words("tickle") == "tickle"


@pytest.mark.django_db
def test_what_an_act_is_about_is_named_in_the_readers_language() -> None:
    with translation.override("zh-hans"):
        assert numbered_subject("shift 2") == ("班次 2", "/desk/shifts/2/")
        assert numbered_subject("book 2026-017") == ("收据本 2026-017", "")
        assert numbered_subject("price list x") == ("电价表 x", "")
        assert numbered_subject("shifty 2") is None
        assert report_subject("takings day:2026-09-01") == "卡机房收款表 2026-09-01"
        assert report_subject("7 takings month:2026-09") == "7 卡机房收款表 2026-09"
        assert report_subject("gone day:2026-09-01") == "gone 2026-09-01"
