"""The chain of evidence of a theft as one paper: each part with when, who, what, and its place in the chain of the books."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from central.clock import campus_day, local, start_of_day_ms
from central.domain.paper import Column, Paper, Row, Table
from central.ledger.models import AuditEntry, ChainHead
from central.losses.case_models import Case, CaseStep
from central.losses.templatetags.theft import notice_name, told_name
from central.losses.theft.evidence_money import appeal_rows, charge_rows, request_rows
from central.losses.theft.factor_tables import factor_tables
from central.losses.theft.proof import Line, place_of
from central.losses.theft.reading import Theft, finding_lines, seen_words
from central.office.models import Approval

DAY_MS = 86_400_000


def moment(at_ms: int | None) -> str:
    """Write an instant to the second."""
    return f"{local(at_ms):%Y-%m-%d %H:%M:%S}" if at_ms else ""


def evidence_paper(theft: Theft, now_ms: int) -> Paper:
    """Give the paper: everything on it is on record; what is estimated says so."""
    case, day = theft.case, campus_day(theft.case.opened_ms)
    head = ChainHead.objects.filter(pk=1).first()
    notes = [
        _("Beside each part: its position in the chain of the books, and the beginning of its hash."),
        _("Photographs are named by the SHA-256 of the file as it was received; they are printed smaller."),
    ]
    if head is not None:
        where = {"position": head.position, "hash": bytes(head.chain_hash).hex()}
        notes.append(_("The chain when this was printed: position %(position)s, %(hash)s") % where)
    columns = [
        Column("part", _("Link of the chain"), width=13),
        Column("when", _("When"), width=16),
        Column("what", _("What"), width=51),
        Column("proof", _("Chain"), width=20),
    ]
    rows = [Row([line.part, line.when, line.what, line.proof]) for line in lines_of(theft)]
    return Paper(
        code="theft-evidence",
        document="",
        title=_("Theft of power, case %(number)s: %(where)s") % {"number": case.pk, "where": _where(case)},
        period=f"{day} – {campus_day(case.closed_ms) if case.closed_ms else _('Not closed')}",
        from_ms=start_of_day_ms(day),
        until_ms=start_of_day_ms(day) + DAY_MS,
        tables=[Table("", columns, rows)],
        signatures=[_("Electrician"), _("Card room"), _("Network-centre director"), _("Vice-president")],
        notes=notes,
    )


def _where(case: Case) -> str:
    return f"{case.building.name} {case.room.full_label if case.room else case.about}"


def lines_of(theft: Theft) -> list[Line]:
    """Give every part of the evidence in order, from the report to the closing."""
    return [
        *_report(theft),
        *_notices(theft),
        *_clock(theft),
        *_steps(theft),
        *_factors(theft.penalty_request),
        *request_rows(theft, moment),
        *charge_rows(theft, moment),
        *appeal_rows(theft, moment),
        *_closing(theft),
    ]


@dataclass(slots=True)
class _Places:
    """The audit entries of a case's steps, in the order in which they were written."""

    case: Case
    of_step: dict[int, str] = field(default_factory=dict)

    def read(self) -> "_Places":
        entries = AuditEntry.objects.filter(subject=str(self.case.pk), action__startswith="case-")
        rows = list(entries.order_by("position"))
        for step, entry in zip(sorted(self.case.steps.all(), key=lambda one: one.pk), rows, strict=False):
            self.of_step[step.pk] = place_of(entry)
        return self


def _report(theft: Theft) -> list[Line]:
    step, places = theft.opened, _Places(theft.case).read()
    seen = moment(theft.facts.get("seen_ms"))
    what = [f"{seen_words(theft.facts)} · {_by(step)}", theft.facts.get("place", ""), step.text]
    what += [_photos_line(step)] if step.photos else []
    lines = [
        Line(
            _("Theft report"),
            moment(theft.case.opened_ms),
            " · ".join(filter(None, what)),
            places.of_step.get(step.pk, ""),
        )
    ]
    lines.append(Line(_("Discovered"), seen, _("as the reporter's phone or the server said"), ""))
    if theft.facts.get("again"):
        lines.append(
            Line(_("Goes on from"), "", _("closed case %(number)s") % {"number": theft.facts["again"]}, "")
        )
    return lines


def _by(step: CaseStep) -> str:
    return f"{step.by.spoken_name} ({step.by.get_role_display()})" if step.by else _("the system")


def _photos_line(step: CaseStep) -> str:
    return _("photographs: %(digests)s") % {"digests": "、".join(digest[:16] for digest in step.photos)}


def _notices(theft: Theft) -> Iterable[Line]:
    for one in theft.told:
        how = "、".join(
            f"{row.channel.get_kind_display()}: {row.get_state_display()} {moment(row.told_ms)}".strip()
            for row in one.deliveries
        )
        what = f"{notice_name(one.template)} → {told_name(one.who)}；{how or _('no channel and no mail: not reached')}"
        yield Line(_("Notice"), moment(one.asked_ms), what, "")


def _clock(theft: Theft) -> list[Line]:
    clock = theft.clock
    said = {"n": theft.minutes, "due": moment(clock.due_ms)}
    what = _("%(n)s minutes, until %(due)s") % said
    if clock.is_running:
        state = _("not there yet")
    elif clock.is_late:
        state = _("%(n)s min late") % {"n": clock.minutes_late}
    else:
        state = _("in time")
    return [Line(_("Electrician's minutes"), moment(clock.arrived_ms), f"{what}；{state}", "")]


def _steps(theft: Theft) -> Iterable[Line]:
    places = _Places(theft.case).read()
    for step in theft.steps:
        if step.kind in (CaseStep.Kind.OPENED, CaseStep.Kind.CLOSED):
            continue
        facts = [f"{name}: {words}" for name, words in finding_lines(step.facts)]
        what = [_by(step), step.text, *facts, _photos_line(step) if step.photos else ""]
        yield Line(
            str(step.get_kind_display()),
            moment(step.at_ms),
            " · ".join(filter(None, what)),
            places.of_step.get(step.pk, ""),
        )


def _factors(asked: Approval | None) -> Iterable[Line]:
    if asked is None:
        return
    tables = factor_tables(asked.content)
    for row in tables[0].rows:
        name, value, proof = (str(cell) for cell in row.cells)
        yield Line(name, "", f"{value} ← {proof}", "")
    unit = pgettext("unit", "kWh")
    for table in tables[1:]:
        for row in table.rows:
            least, most = (int(cell or 0) / 1000 for cell in row.cells[:2])
            yield Line(
                _("Estimate"), "", f"{table.title}：{row.cells[2]}：{least:.2f} – {most:.2f} {unit}", ""
            )


def _closing(theft: Theft) -> Iterable[Line]:
    places = _Places(theft.case).read()
    for step in theft.steps:
        if step.kind == CaseStep.Kind.CLOSED:
            what = f"{theft.case.get_finding_display()}；{_by(step)}；{step.text}"
            yield Line(_("Case closed"), moment(step.at_ms), what, places.of_step.get(step.pk, ""))
