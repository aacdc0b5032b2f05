"""Who has left is forgotten: the name goes from its one row, and no hash of the books changes."""

from datetime import timedelta

import pytest
from axes.models import AccessLog

from central import clock
from central.campus.models import Account, Customer
from central.clock import campus_day
from central.desk import forgetting
from central.desk.forgetting import Kept, departed_before, forget_person, forget_sign_ins, forget_the_departed
from central.domain.known_settings import BY_CODE
from central.ledger.models import AuditEntry, ChainHead
from central.ledger.verification import verify_books
from central.office.dated_settings import number_at
from central.reports.forgetting_job import dues
from tests.central.conftest import NOW_MS

DAY_MS = 86_400_000
LATER_MS = NOW_MS + 3 * 365 * DAY_MS + 10 * DAY_MS


def leave(name: str) -> Customer:
    customer = Customer.objects.get(name=name)
    customer.occupancies.update(until_day=campus_day(NOW_MS))
    return customer


def names() -> set[str]:
    return set(Customer.objects.values_list("name", flat=True))


def test_names_go_when_their_time_is_over_and_the_chain_holds(campus: None) -> None:
    """Zhang left, Wang left room 301 where Li stays, Zhao is still here."""
    gone = {leave("Zhang").pk, leave("Wang").pk}
    just_kept_ms = NOW_MS + number_at(forgetting.NAMES_KEPT, NOW_MS) * DAY_MS
    assert forget_the_departed(just_kept_ms) == 0
    before = ChainHead.objects.get().position
    assert forget_the_departed(LATER_MS) == 2
    assert names() & {"Zhang", "Wang", "Li", "Zhao"} == {"Li", "Zhao"}
    assert forget_the_departed(LATER_MS) == 0, "the same again finds nobody"
    entries = AuditEntry.objects.filter(position__gt=before, action="forget-person")
    assert {one.subject for one in entries} == {f"forgotten-{pk}" for pk in gone}
    assert not any("Zhang" in f"{one.subject}{one.detail}" for one in AuditEntry.objects.all())
    assert not [check for check in verify_books() if check.fault]


def test_a_wish_is_granted_only_to_who_has_left_with_even_books(
    campus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = Customer.objects.get(name="Zhang")
    ask = {"actor": "console", "why": "asked in writing", "now_ms": NOW_MS + 2 * DAY_MS}
    assert forget_person("nobody", **ask) is Kept.UNKNOWN
    assert forget_person(zhang.number, **ask) is Kept.LIVES_HERE
    leave("Zhang")
    code = zhang.occupancies.get().account.code
    monkeypatch.setattr(forgetting, "owed_by_account", lambda codes, now_ms: {code: 1})
    assert forget_person(zhang.number, **ask) is Kept.OWES
    monkeypatch.undo()
    Account.objects.filter(code=code).update(state=Account.State.CLOSING)
    assert forget_person(zhang.number, **ask) is Kept.OWES
    Account.objects.filter(code=code).update(state=Account.State.CLOSED)
    assert forget_person(zhang.number, **ask) == f"forgotten-{zhang.pk}"
    assert forget_person(f"forgotten-{zhang.pk}", **ask) is Kept.UNKNOWN
    assert AuditEntry.objects.get(action="forget-person").detail == "asked in writing"


def test_who_still_owes_is_not_forgotten_by_the_night(campus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    code = leave("Zhang").occupancies.get().account.code
    monkeypatch.setattr(forgetting, "owed_by_account", lambda codes, now_ms: {code: 1})
    assert forget_the_departed(LATER_MS) == 0
    assert departed_before(campus_day(LATER_MS))
    assert "Zhang" in names()


def test_who_still_owes_stands_before_nobody(campus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = sorted((leave("Zhang"), leave("Wang")), key=lambda one: one.pk)
    code = first.occupancies.get().account.code
    monkeypatch.setattr(forgetting, "owed_by_account", lambda codes, now_ms: {code: 1})
    monkeypatch.setattr(forgetting, "AT_ONCE", 1)
    assert forget_the_departed(LATER_MS) == 1
    assert first.name in names()
    assert second.name not in names()


def test_old_sign_ins_are_removed_and_half_a_year_is_kept_whatever_is_set(campus: None) -> None:
    old = {
        "username": "anna",
        "ip_address": "192.0.2.7",
        "user_agent": "x",
        "path_info": "/",
        "http_accept": "",
    }
    for days in (400, 170):
        row = AccessLog.objects.create(**old)
        at = clock.local(NOW_MS) - timedelta(days=days)
        AccessLog.objects.filter(pk=row.pk).update(attempt_time=at)
    forget_sign_ins(NOW_MS)
    assert AccessLog.objects.count() == 1
    assert BY_CODE[forgetting.SIGN_INS_KEPT].least >= 180


def test_the_job_is_due_once_a_night() -> None:
    assert len(list(dues(NOW_MS, NOW_MS + 3 * DAY_MS))) == 3
