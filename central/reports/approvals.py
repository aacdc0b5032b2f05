"""Register of approvals of a period: what was asked by whom, who signed when for which office, and what came of it (R-4.2.1).

A request belongs to the period in which it was asked. One that was asked earlier stands in a table of its own while it was still
signed or ended in the period, so that no signature of the period is missing.
"""

from collections.abc import Iterable

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.approval_queries import act_title, subject_words
from central.office.models import Approval, Signature
from central.office.roles import SEE_ALL_APPROVALS
from central.office.setting_words import office_word
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words

STATES = Approval.State


def build(period: Period) -> Paper:
    """List the requests of a period, and count them by act."""
    from_ms, until_ms = instants_of(period)
    asked = list(_requests(Q(asked_ms__gte=from_ms, asked_ms__lt=until_ms)))
    before = Q(asked_ms__lt=from_ms)
    signed = Q(signatures__at_ms__gte=from_ms, signatures__at_ms__lt=until_ms)
    ended = Q(ended_ms__gte=from_ms, ended_ms__lt=until_ms)
    earlier = list(_requests(before & (signed | ended)))
    tables = [_count_table(asked), _table(_("Asked in this period"), asked)]
    if earlier:
        tables.append(_table(_("Asked earlier, signed or ended in this period"), earlier))
    return Paper(
        code="approvals",
        document="",
        title=_("Register of approvals"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables,
        recipients=[_("Network centre"), _("Finance office")],
        signatures=[_("Network-centre director"), _("Vice-president")],
        notes=[_("States are those of the making of this sheet.")],
    )


def _requests(wanted: Q) -> QuerySet[Approval]:
    signatures = Prefetch("signatures", Signature.objects.select_related("person"))
    found = Approval.objects.filter(wanted).distinct().order_by("number")
    return found.select_related("asked_by").prefetch_related(signatures)


def _count_table(asked: Iterable[Approval]) -> Table:
    """Count by act how the requests stand; those that could not be done stand with the refused ones' column of their own."""
    states = [STATES.APPROVED, STATES.WAITING, STATES.REJECTED, STATES.WITHDRAWN, STATES.FAILED]
    counts: dict[str, dict[str, int]] = {}
    for one in asked:
        of_act = counts.setdefault(one.act, dict.fromkeys(states, 0))
        of_act[STATES(one.state)] += 1
    columns = [
        Column("act", _("Act"), width=30),
        *(Column(state.value, str(state.label), Kind.COUNT, 12, summed=True) for state in states),
        Column("all", _("Requests"), Kind.COUNT, 12, summed=True),
    ]
    rows = [
        Row([str(act_title(act)), *of_act.values(), sum(of_act.values())])
        for act, of_act in sorted(counts.items())
    ]
    return Table(_("By act"), columns, rows)


def _table(title: str, asked: Iterable[Approval]) -> Table:
    columns = [
        Column("number", "№", Kind.COUNT, 6),
        Column("act", _("Act"), width=18),
        Column("subject", _("What about"), width=24),
        Column("why", _("Reason"), width=20),
        Column("by", _("Asked by"), width=12),
        Column("asked", _("Asked at"), width=12),
        Column("signatures", _("Signatures"), width=34),
        Column("state", _("Outcome"), width=16),
    ]
    return Table(title, columns, [_row(one) for one in asked])


def _row(one: Approval) -> Row:
    cells: list[Cell] = [
        one.number,
        str(act_title(one.act)),
        str(subject_words(one)),
        one.why,
        one.asked_by.spoken_name,
        minute_text(one.asked_ms),
        "\n".join(_signed(signature) for signature in one.signatures.all()),
        _outcome(one),
    ]
    page = reverse("office:approval", args=[one.number])
    return Row(cells, {"number": page, "act": page})


def _signed(one: Signature) -> str:
    words = {
        "office": office_word(one.office),
        "name": one.person.spoken_name,
        "at": minute_text(one.at_ms),
        "reason": one.reason,
    }
    if one.approve:
        return _("%(office)s %(name)s, %(at)s") % words
    return _("%(office)s %(name)s, %(at)s: refused, %(reason)s") % words


def _outcome(one: Approval) -> str:
    parts = [str(one.get_state_display())]
    if one.ended_ms:
        parts.append(minute_text(one.ended_ms))
    return "\n".join([*parts, *([one.outcome] if one.outcome else [])])


APPROVALS = Report(
    code="approvals",
    title=gettext_lazy("Register of approvals"),
    about=gettext_lazy(
        "Every request: number, act, who asked, who signed when for which office, what came of it."
    ),
    periods=(PeriodKind.MONTH, PeriodKind.YEAR),
    roles=SEE_ALL_APPROVALS,
    build=build,
)
