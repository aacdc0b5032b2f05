"""Steps of tests about refunds, departures and debts: people who sign, cases asked and signed, answers of the twin."""

import pytest
from django.db import transaction

from central.desk.debts.verification import verify_debts
from central.desk.departures.asking import Wanted, ask_departure
from central.desk.departures.models import Departure
from central.desk.departures.states import cases_with_all, standing_of
from central.desk.departures.verification import verify_departures
from central.desk.shift_verification import verify_shifts
from central.desk.verification import verify_sales
from central.ledger.verification import verify_books
from central.office import approvals
from central.office.models import Approval, User
from gateway.contract.facts import EntryCause, EntryKind
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, answered, last, up

CASE = "c" * 32


def signers():
    """Finance, director and vice-president; found again when they were made before."""
    made = (
        ("fin", User.Role.FINANCE),
        ("dir", User.Role.DIRECTOR),
        ("vp", User.Role.VP_NETWORK),
    )
    return [User.objects.get_or_create(username=name, defaults={"role": role})[0] for name, role in made]


def ask(cashier, kind="departure", case_id=CASE, **said):
    """Ask for a case; those who sign are there."""
    signers()
    fields = {"account": ROOM, "kind": kind, "why": "leaves", "asked_for": "Wang", **said}
    return ask_departure(case_id, Wanted(**fields), cashier, now_ms=NOW_MS)


def sign(case_or_number, *, approve=True):
    """Let the chain sign; give the request."""
    number = case_or_number
    if isinstance(case_or_number, Departure):
        number = Approval.objects.get(key=case_or_number.approval_key).number
    for person in signers():
        if Approval.objects.get(pk=number).state == Approval.State.WAITING:
            done = approvals.sign(number, approve=approve, reason="r", actor=person, now_ms=NOW_MS)
            assert isinstance(done, Approval), done
    return Approval.objects.get(pk=number)


def approved(cashier, kind="departure", case_id=CASE, **said):
    """Ask for a case and let it be signed."""
    case = ask(cashier, kind, case_id, **said)
    assert isinstance(case, Departure), case
    done = sign(case)
    assert done.state == Approval.State.APPROVED, done.outcome
    return case


def state(case):
    return standing_of(cases_with_all().get(pk=case.pk), NOW_MS).state.value


def standing(case):
    return standing_of(cases_with_all().get(pk=case.pk), NOW_MS)


def gives_back(taker, twin, amount, account=ROOM, unit="yuan", command=None):
    """The gateway ends the closing of an account: gives back what is left, and its final register."""
    found = command or last("close-account")
    entry = None
    if amount:
        entry = twin.entry(
            EntryKind.TAKEN_BACK,
            account,
            -amount,
            unit=unit,
            cause=EntryCause.CLOSING,
            source=found.command_id,
        )
        up(taker, twin, entry)
    return answered(taker, twin, found, taken=entry.lines if entry else [], final_register_wh=12_000)


def takes(taker, twin, amount, account=ROOM, unit="yuan"):
    """The gateway answers the newest request for credit with so much."""
    command = last("take-back")
    lines = []
    if amount:
        entry = twin.entry(
            EntryKind.TAKEN_BACK,
            account,
            -amount,
            unit=unit,
            cause=EntryCause.COMMAND,
            source=command.subject,
        )
        up(taker, twin, entry)
        lines = entry.lines
    return answered(taker, twin, command, taken=lines)


def faults():
    """What `verify` would find."""
    checks = [*verify_books(), *verify_sales(), *verify_shifts(), *verify_departures(), *verify_debts()]
    return [f"{check.name}: {check.fault}" for check in checks if check.fault]


def killed_in(act):
    """Run an act whose process dies in the middle: its transaction is gone."""
    with pytest.raises(RuntimeError, match="killed"), transaction.atomic():
        act()
