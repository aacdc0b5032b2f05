"""Rows of the chain as a page and a file show them: who, what in words, about what, the detail, and where it can be looked at."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from central.campus.models import Account, Binding, Building, MeteringPoint
from central.desk.models import Payment
from central.ledger.models import AuditEntry, Transfer
from central.office.models import User
from central.office.templatetags.cardroom import amount_text, unit_word
from central.office.words import Words
from central.reports.audit.act_subjects import numbered_subject, report_subject
from central.reports.audit.acts import ACTS, TAKEN, About, act_words, move_words, side_words
from central.reports.audit.details import detail_words

_CUSTOMER = re.compile(r"(?:customer|taken-back):(?P<account>[^:]+):.*")
_BY = re.compile(r"receipt (?P<number>\d+)(?: by (?P<who>.+))?")
"""A payment's note: its receipt, and who took it."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row, ready to be shown. `link` leads to what it is about, empty where there is no page."""

    position: int
    chain_hash: bytes
    at_ms: int
    who: str
    """A sign-in's name; empty where no person did it."""
    full_name: str
    what: Words
    code: str
    """The act's or the movement's own name."""
    about: str
    link: str
    detail: str
    is_money: bool

    @property
    def hash_start(self) -> str:
        """The first digits of its hash."""
        return self.chain_hash.hex()[:8]


def audit_rows(rows: Iterable[AuditEntry | Transfer]) -> list[AuditRow]:
    """Put rows into words; a fixed number of queries however many there are."""
    rows = list(rows)
    acts = [row for row in rows if isinstance(row, AuditEntry)]
    moves = [row for row in rows if isinstance(row, Transfer)]
    payers = dict(_cashiers(moves))
    accounts = {account for move in moves for account in _accounts_of(move)}
    rooms = _rooms({act.subject for act in acts} | accounts)
    named = {row.actor for row in acts} | {row.subject for row in acts} | set(payers.values())
    named |= {_taken_by(move, payers) for move in moves}
    people = {user.username: user for user in User.objects.filter(username__in=named)}
    return [
        _act_row(row, rooms, people)
        if isinstance(row, AuditEntry)
        else _move_row(row, rooms, people, _taken_by(row, payers))
        for row in rows
    ]


def _act_row(act: AuditEntry, rooms: dict[str, tuple[str, str]], people: dict[str, User]) -> AuditRow:
    about, link = _about(act, rooms, people)
    return AuditRow(
        position=act.position,
        chain_hash=bytes(act.chain_hash),
        at_ms=act.at_ms,
        who=act.actor,
        full_name=_full_name(act.actor, people),
        what=act_words(act.action),
        code=act.action,
        about=about,
        link=link,
        detail=detail_words(act.action, act.detail),
        is_money=False,
    )


def _about(act: AuditEntry, rooms: dict[str, tuple[str, str]], people: dict[str, User]) -> tuple[str, str]:
    """Name what an act is about, and give its page."""
    kind = ACTS[act.action].about if act.action in ACTS else About.ROOM
    if kind is About.ROOM and act.subject in rooms:
        return _with_label(act.subject, rooms)
    if kind is About.PERSON and act.subject in people:
        user = people[act.subject]
        name = user.get_full_name()
        shown = f"{act.subject} ({name})" if name else act.subject
        return shown, reverse("office:person", args=[user.pk])
    if numbered := numbered_subject(act.subject):
        return numbered
    if kind in (About.REPORT, About.SEALED):
        return report_subject(act.subject), _PAGES[kind](act.subject)
    return act.subject, _PAGES.get(kind, _no_page)(act.subject)


def _no_page(subject: str) -> str:
    return ""


def _report_page(subject: str) -> str:
    code, _space, period = subject.partition(" ")
    return f"{reverse('papers:report', args=[code])}?period={period}" if re.fullmatch(r"[\w-]+", code) else ""


def _sealed_page(subject: str) -> str:
    number = subject.partition(" ")[0]
    return reverse("papers:sealed", args=[int(number)]) if number.isdecimal() else ""


def _building_page(subject: str) -> str:
    known = Building.objects.filter(code=subject).exists()
    return reverse("dashboard:building", args=[subject]) if known else ""


_PAGES: dict[About, Callable[[str], str]] = {
    About.GATEWAY: lambda subject: reverse("dashboard:gateways"),
    About.ALARM: lambda subject: reverse("dashboard:alarms"),
    About.CLASS: lambda subject: reverse("office:prices"),
    About.BUILDING: _building_page,
    About.SETTING: lambda subject: reverse("office:setting", args=[subject]),
    About.REPORT: _report_page,
    About.SEALED: _sealed_page,
}


def _move_row(
    move: Transfer, rooms: dict[str, tuple[str, str]], people: dict[str, User], who: str
) -> AuditRow:
    about, link = "", ""
    for account in _accounts_of(move):
        about, link = _with_label(account, rooms)
    receipt = _BY.fullmatch(move.note)
    if receipt and move.kind.startswith(TAKEN):
        link = reverse("desk:receipt", args=[int(receipt["number"])])
    text = amount_text(move.amount, move.unit)
    note = _("receipt %(number)s") % {"number": receipt["number"].zfill(8)} if receipt else move.note
    return AuditRow(
        position=move.position,
        chain_hash=bytes(move.chain_hash),
        at_ms=move.booked_ms,
        who=who,
        full_name=_full_name(who, people),
        what=move_words(move.kind),
        code=move.kind,
        about=about or move.reference,
        link=link,
        detail=f"{text} {unit_word(move.unit)}: {side_words(move.debit_id)} → {side_words(move.credit_id)}"
        + (f" · {note}" if note else ""),
        is_money=True,
    )


def _accounts_of(move: Transfer) -> list[str]:
    """Give the accounts of rooms that a transfer touches, what it is taken from first."""
    found = (_CUSTOMER.fullmatch(code) for code in (move.debit_id, move.credit_id))
    return [match["account"] for match in found if match]


def _cashiers(moves: Iterable[Transfer]) -> Iterable[tuple[str, str]]:
    references = {move.reference for move in moves if move.kind.startswith(TAKEN)}
    return Payment.objects.filter(pk__in=references).values_list("payment_id", "cashier__username")


def _taken_by(move: Transfer, cashiers: dict[str, str]) -> str:
    """Name who took a payment: as the chain has it, for older ones as the payment has it; nobody for other movements."""
    if not move.kind.startswith(TAKEN):
        return ""
    noted = _BY.fullmatch(move.note)
    return (noted["who"] if noted and noted["who"] else "") or cashiers.get(move.reference, "")


def _full_name(name: str, people: dict[str, User]) -> str:
    return people[name].get_full_name() if name in people else ""


def _with_label(name: str, rooms: dict[str, tuple[str, str]]) -> tuple[str, str]:
    label, link = rooms.get(name, ("", ""))
    return (name if not label or label == name else f"{label} ({name})"), link


def _rooms(names: set[str]) -> dict[str, tuple[str, str]]:
    """Give the room's label and page by the names of accounts, metering points and meters."""
    points: dict[str, MeteringPoint] = {
        tie.meter.meter_no: tie.account.point
        for tie in Binding.objects.filter(meter__meter_no__in=names)
        .order_by("from_ms")
        .select_related("meter", "account__point__room__building")
    }
    here = MeteringPoint.objects.filter(code__in=names).select_related("room__building")
    points |= {point.code: point for point in here}
    accounts = Account.objects.filter(code__in=names).select_related("point__room__building")
    points |= {account.code: account.point for account in accounts}
    return {
        name: (point.room.full_label, reverse("dashboard:room", args=[point.room_id]))
        for name, point in points.items()
    }
