"""Requests and signatures in a real database: the chain of R-4.2.1, carried out once, undone when it can't be done."""

import pytest
from django.db import DatabaseError, transaction

from central.domain.approval import Step
from central.domain.known_settings import Place
from central.domain.paper import Table
from central.ledger.models import AuditEntry
from central.ledger.operations import BrokenInvariant
from central.ledger.verification import verify_books
from central.office import acts, approvals
from central.office.approval_notices import remind
from central.office.approval_queries import waiting_for
from central.office.approvals import ApprovalRefusal, ask, file_paper, sign, withdraw
from central.office.dated_settings import value_at
from central.office.models import Approval, DatedValue, Delegation, Notice, Signature, User
from central.office.roles import Role
from central.office.setting_changes import Change, set_at_console

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HOUR_MS = 3_600_000
NOW_MS = 1_800_000_000_000
CHAIN = (Step((Role.DIRECTOR,)), Step((Role.VP_NETWORK, Role.VP_LOGISTICS)), Step((Role.FINANCE,)))
DONE: list[acts.Content] = []


def carry_out(content: acts.Content, approved: acts.Approved) -> str:
    DONE.append(content)
    User.objects.create_user(f"made-by-{approved.number}")
    return str(content.get("cannot", ""))


@pytest.fixture(autouse=True)
def known_act() -> None:
    DONE.clear()
    acts.register(
        acts.Act(
            "tested",
            "Tested",
            (Role.CASHIER, Role.DIRECTOR),
            CHAIN,
            lambda _c: [Table("", [], [])],
            carry_out,
        )
    )
    yield
    acts._ACTS.pop("tested")


@pytest.fixture
def people() -> dict[str, User]:
    return {role: User.objects.create_user(f"the-{role}", role=role) for role in Role}


def asked(people: dict[str, User], by: str = Role.CASHIER, **content: str) -> Approval:
    request = ask("tested", content, subject="s", why="w", actor=people[by], now_ms=NOW_MS)
    assert isinstance(request, Approval)
    return request


def yes(request: Approval, person: User) -> Approval | ApprovalRefusal:
    return sign(request.number, approve=True, reason="", actor=person, now_ms=NOW_MS + 1)


def state(request: Approval) -> str:
    request.refresh_from_db()
    return request.state


def test_director_vice_president_finance_then_it_is_done_once(people: dict[str, User]) -> None:
    request = asked(people, a="b")
    assert yes(request, people[Role.FINANCE]) is ApprovalRefusal.NOT_YOUR_TURN
    for role in (Role.DIRECTOR, Role.VP_LOGISTICS):
        assert isinstance(yes(request, people[role]), Approval)
        assert (state(request), DONE) == ("waiting", [])
    yes(request, people[Role.FINANCE])
    assert (state(request), DONE) == ("approved", [{"a": "b"}])
    assert yes(request, people[Role.FINANCE]) is ApprovalRefusal.ENDED
    assert len(DONE) == 1
    assert all(check.holds for check in verify_books())
    assert [entry.action for entry in AuditEntry.objects.order_by("position")] == [
        "ask-approval",
        *["approve"] * 3,
    ]


def test_what_cannot_be_done_leaves_nothing_behind_but_the_reason(people: dict[str, User]) -> None:
    request = asked(people, cannot="the room is gone")
    for role in (Role.DIRECTOR, Role.VP_NETWORK, Role.FINANCE):
        yes(request, people[role])
    assert (state(request), request.outcome) == ("failed", "the room is gone")
    assert not User.objects.filter(username=f"made-by-{request.number}").exists()
    assert Signature.objects.count() == 3


def test_one_no_ends_it_and_needs_a_reason(people: dict[str, User]) -> None:
    request = asked(people)
    director = people[Role.DIRECTOR]
    no = {"approve": False, "actor": director, "now_ms": NOW_MS}
    assert sign(request.number, reason=" ", **no) is ApprovalRefusal.NO_REASON
    sign(request.number, reason="not now", **no)
    assert (state(request), request.outcome) == ("rejected", "not now")
    assert yes(request, people[Role.VP_NETWORK]) is ApprovalRefusal.ENDED


def test_the_directors_own_request_starts_above_him(people: dict[str, User]) -> None:
    request = asked(people, by=Role.DIRECTOR)
    assert [step["offices"] for step in request.chain] == [["vp-network", "vp-logistics"], ["finance"]]
    assert yes(request, people[Role.DIRECTOR]) is ApprovalRefusal.OWN_REQUEST


def test_a_stand_in_signs_for_who_is_away_and_the_office_is_on_record(people: dict[str, User]) -> None:
    Delegation.objects.create(
        absent=people[Role.DIRECTOR], stand_in=people[Role.FINANCE], from_ms=0, until_ms=NOW_MS * 2, reason="r", made_by="x"
    )  # fmt: skip
    request = asked(people)
    yes(request, people[Role.FINANCE])
    assert Signature.objects.get().office == Role.DIRECTOR
    yes(request, people[Role.VP_NETWORK])
    assert yes(request, people[Role.FINANCE]) is ApprovalRefusal.SIGNED_BEFORE, "one person, one signature"


def test_who_asked_does_not_sign_by_the_one_who_stands_in_for_him(people: dict[str, User]) -> None:
    User.objects.create_user("another-director", role=Role.DIRECTOR)
    request = asked(people, by=Role.DIRECTOR)
    Delegation.objects.create(
        absent=people[Role.DIRECTOR], stand_in=people[Role.FINANCE], from_ms=0, until_ms=NOW_MS * 2, reason="r", made_by="x"
    )  # fmt: skip
    assert yes(request, people[Role.FINANCE]) is ApprovalRefusal.NOT_YOUR_TURN
    assert waiting_for(people[Role.FINANCE], NOW_MS) == []
    others = asked(people)
    assert isinstance(yes(others, people[Role.FINANCE]), Approval), "in the matter of another he does"


def test_the_same_page_asks_once(people: dict[str, User]) -> None:
    both = [
        ask("tested", {"a": n}, subject="s", why="w", actor=people[Role.CASHIER], now_ms=NOW_MS, key="page-1")
        for n in (1, 1, 2)
    ]
    assert both[0] == both[1]
    assert both[2] is ApprovalRefusal.EXISTS_WITH_DIFFERENT
    assert Approval.objects.count() == 1


@pytest.mark.parametrize(
    ("act", "by", "why", "refusal"),
    [
        ("tested", Role.WARDEN, "w", ApprovalRefusal.NOT_YOURS),
        ("tested", Role.CASHIER, "  ", ApprovalRefusal.NO_REASON),
        ("no-such-act", Role.CASHIER, "w", ApprovalRefusal.UNKNOWN_ACT),
    ],
)
def test_what_is_not_even_asked(people: dict[str, User], act: str, by: str, why: str, refusal: str) -> None:
    assert ask(act, {}, subject="s", why=why, actor=people[by], now_ms=NOW_MS) is refusal


def test_what_nobody_could_sign_is_refused_at_once(people: dict[str, User]) -> None:
    User.objects.filter(role=Role.FINANCE).update(is_active=False)
    refused = ask("tested", {}, subject="s", why="w", actor=people[Role.CASHIER], now_ms=NOW_MS)
    assert refused is ApprovalRefusal.NOBODY_TO_SIGN


def test_without_a_chain_it_is_done_at_once(people: dict[str, User]) -> None:
    set_at_console(Change("approval.tested", Place.CAMPUS, "", [], 0), why="small house", now_ms=NOW_MS)
    assert asked(people, a="b").state == "approved"
    assert DONE == [{"a": "b"}]


def test_a_changed_chain_does_not_reach_what_is_under_way(people: dict[str, User]) -> None:
    request = asked(people)
    set_at_console(Change("approval.tested", Place.CAMPUS, "", [], 0), why="small house", now_ms=NOW_MS)
    yes(request, people[Role.DIRECTOR])
    assert state(request) == "waiting"


def test_only_who_asked_takes_it_back(people: dict[str, User]) -> None:
    request = asked(people)
    back = {"reason": "a mistake", "now_ms": NOW_MS}
    assert withdraw(request.number, actor=people[Role.DIRECTOR], **back) is ApprovalRefusal.NOT_YOURS
    withdraw(request.number, actor=people[Role.CASHIER], **back)
    assert state(request) == "withdrawn"


def test_those_above_sign_after_escalation(people: dict[str, User]) -> None:
    request = asked(people)
    assert yes(request, people[Role.PRESIDENT]) is ApprovalRefusal.NOT_YOUR_TURN
    Approval.objects.update(escalated_ms=NOW_MS)
    assert isinstance(yes(request, people[Role.PRESIDENT]), Approval)
    assert Signature.objects.get().office == Role.PRESIDENT


def test_content_that_was_changed_underneath_is_never_signed(people: dict[str, User]) -> None:
    request = asked(people, a="b")
    Approval.objects.filter(pk=request.pk).update(content={"a": "c"})
    with pytest.raises(BrokenInvariant):
        yes(request, people[Role.DIRECTOR])


def test_a_signature_is_never_changed(people: dict[str, User]) -> None:
    request = asked(people)
    yes(request, people[Role.DIRECTOR])
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        Signature.objects.update(reason="another")


def test_original_and_copy_are_filed_once_by_their_offices(people: dict[str, User]) -> None:
    request = asked(people)
    finance = {"actor": people[Role.FINANCE], "now_ms": NOW_MS}
    assert (
        file_paper(request.number, "original", "finance", "safe", **finance) is ApprovalRefusal.NOT_APPROVED
    )
    for role in (Role.DIRECTOR, Role.VP_NETWORK, Role.FINANCE):
        yes(request, people[role])
    file_paper(request.number, "original", "finance", "safe 2", **finance)
    assert (
        file_paper(request.number, "original", "finance", "safe", **finance) is ApprovalRefusal.FILED_BEFORE
    )
    assert file_paper(request.number, "copy", "cashier", "shelf", **finance) is ApprovalRefusal.NOT_YOURS
    director = {"actor": people[Role.DIRECTOR], "now_ms": NOW_MS}
    for kind in ("original", "copy", "x" * 40):
        refused = file_paper(request.number, kind, "director", "drawer", **director)
        assert refused is ApprovalRefusal.NO_SHELF, "who keeps no paper says nowhere it lies"
    assert [filing.place for filing in request.filings.all()] == ["safe 2"]


def test_a_setting_begins_with_its_last_signature_and_never_before(people: dict[str, User]) -> None:
    change = Change("desk.duty-meal", Place.CAMPUS, "", 1000, NOW_MS - 5)
    request = approvals.ask(
        "setting", change.content(), subject="desk.duty-meal", why="dearer rice", actor=people[Role.ADMIN], now_ms=NOW_MS
    )  # fmt: skip
    yes(request, people[Role.DIRECTOR])
    assert value_at("desk.duty-meal", NOW_MS + HOUR_MS) == 800
    yes(request, people[Role.VP_NETWORK])
    assert [value_at("desk.duty-meal", NOW_MS + shift) for shift in (0, 1)] == [800, 1000]
    assert DatedValue.objects.get().approval == request


def told(template: str) -> list[list[str]]:
    return [row.audience for row in Notice.objects.filter(template=template).order_by("pk")]


def test_who_signs_next_is_told_and_who_asked_hears_the_end(people: dict[str, User]) -> None:
    request = asked(people)
    assert told("approval-waiting") == [["director"]]
    yes(request, people[Role.DIRECTOR])
    assert told("approval-waiting")[1:] == [["vp-network", "vp-logistics"]]
    sign(request.number, approve=False, reason="too dear", actor=people[Role.VP_NETWORK], now_ms=NOW_MS)
    assert told("approval-decided") == [["the-cashier"]]
    assert Notice.objects.get(template="approval-decided").params["why"] == "too dear"


def test_what_waits_is_reminded_of_once_a_day_then_goes_to_those_above(people: dict[str, User]) -> None:
    asked(people)
    for hours in range(0, 101, 1):
        remind(NOW_MS + hours * HOUR_MS)
        remind(NOW_MS + hours * HOUR_MS)
    assert told("approval-reminder") == [["director"], ["director"], ["director", "president"]]
    assert [
        row.params["hours"] for row in Notice.objects.filter(template="approval-reminder").order_by("pk")
    ] == [24, 48, 96]
    assert told("approval-escalated") == [["director", "president"]]
    assert Approval.objects.get().escalated_ms == NOW_MS + 72 * HOUR_MS
    assert AuditEntry.objects.filter(action="escalate-approval").count() == 1


def test_the_next_step_has_its_own_time(people: dict[str, User]) -> None:
    request = asked(people)
    remind(NOW_MS + 72 * HOUR_MS)
    sign(request.number, approve=True, reason="", actor=people[Role.DIRECTOR], now_ms=NOW_MS + 73 * HOUR_MS)
    remind(NOW_MS + 96 * HOUR_MS)
    assert len(told("approval-reminder")) == 0
    assert Approval.objects.get().escalated_ms == 0
    remind(NOW_MS + 97 * HOUR_MS)
    assert told("approval-reminder") == [["vp-network", "vp-logistics"]]


def test_nobody_is_reminded_of_what_has_ended(people: dict[str, User]) -> None:
    request = asked(people)
    withdraw(request.number, reason="w", actor=people[Role.CASHIER], now_ms=NOW_MS)
    assert remind(NOW_MS + 999 * HOUR_MS) == 0
