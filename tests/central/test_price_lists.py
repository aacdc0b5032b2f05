"""Lists of electricity and repair prices in a real database: signed, then published, all or nothing, never in arrears (R-4.1.3)."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.campus.models import Building, CustomerClass, Price
from central.campus.queries import price_at
from central.domain.known_settings import Place
from central.domain.price_list import ClassPrice
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.ledger.models import AuditEntry
from central.ledger.verification import verify_books
from central.office import list_drafts, price_lists, repair_lists
from central.office.acts import act_of
from central.office.approvals import ApprovalRefusal, sign
from central.office.list_drafts import CannotBePublished, DraftRefusal
from central.office.list_refusals import NotPublished, PublishRefusal
from central.office.models import (
    Approval,
    ListCounter,
    ListDraft,
    ListedPrice,
    ListKind,
    PriceList,
    RepairItem,
    RepairList,
    User,
)
from central.office.price_comparison import published_tables
from central.office.roles import Role
from central.office.setting_changes import Change, set_at_console
from tests.central.conftest import NOW_MS

HOUR_MS = 3_600_000
LATER_MS = NOW_MS + 240 * HOUR_MS
SOCKET = Item("R-01", ItemKind.REPAIR, "插座", "socket", ItemUnit.EACH, 1500)
CARD = Item("B-01", ItemKind.ON_BEHALF, "补卡费", "card fee", ItemUnit.EACH, 2000)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def people(campus: None) -> dict[str, User]:
    return {role: User.objects.create_user(f"the-{role}", role=role) for role in Role}


def row(code: str = "dormitory", micro_yuan: int = 608_300, **parts: object) -> dict:
    return ClassPrice(code, micro_yuan, **parts).content()


def drafted(actor: User, rows: list, from_ms: int = LATER_MS, kind: str = ListKind.PRICE) -> ListDraft:
    draft = list_drafts.start(kind, [], actor=actor, now_ms=NOW_MS)
    saved = list_drafts.save(draft.pk, from_ms, rows, actor=actor, now_ms=NOW_MS)
    assert isinstance(saved, ListDraft)
    return saved


def asked(draft: ListDraft, actor: User, key: str = "", now_ms: int = NOW_MS) -> object:
    return list_drafts.ask(
        draft.pk, seen_ms=draft.changed_ms, why="dearer coal", key=key or f"k{draft.pk}", actor=actor, now_ms=now_ms
    )  # fmt: skip


def signed(request: Approval, people: dict[str, User], at_ms: int = NOW_MS) -> Approval:
    for role in (Role.DIRECTOR, Role.VP_LOGISTICS, Role.FINANCE):
        done = sign(request.number, approve=True, reason="", actor=people[role], now_ms=at_ms)
        assert isinstance(done, Approval), done
    return done


def price_of(code: str, at_ms: int) -> int | None:
    found = price_at(CustomerClass.objects.get(code=code).tariff_id, at_ms)
    return None if found is None else found.micro_yuan_per_kwh


def test_r_4_1_3_draft_approval_published_at_its_instant(people: dict[str, User]) -> None:
    told = list(Building.objects.order_by("code").values_list("revision", flat=True))
    request = asked(drafted(people[Role.ADMIN], [row(), row("staff", 700_000)]), people[Role.ADMIN])
    assert isinstance(request, Approval), request
    assert not PriceList.objects.exists()
    assert list(Building.objects.order_by("code").values_list("revision", flat=True)) == told, (
        "a rehearsal tells nobody"
    )
    signed(request, people, NOW_MS + HOUR_MS)
    published = PriceList.objects.get()
    assert (published.number, published.begins_ms, published.approval) == (1, LATER_MS, request)
    assert [price_of("dormitory", LATER_MS + shift) for shift in (-1, 0)] == [558_000, 608_300]
    assert [price_of("staff", LATER_MS + shift) for shift in (-1, 0)] == [None, 700_000]
    listed = published.prices.get(price__tariff__code="dormitory")
    assert listed.before is not None
    assert listed.before.micro_yuan_per_kwh == 558_000
    after = Building.objects.order_by("code").values_list("revision", flat=True)
    assert all(now > then for now, then in zip(after, told, strict=True)), "the gateways are told"
    actions = AuditEntry.objects.order_by("position").values_list("action", flat=True)
    assert list(actions)[-6:] == [
        *("approve", "approve", "publish-price", "publish-price", "publish-price-list", "approve")
    ]
    assert all(check.holds for check in verify_books())


def test_a_list_signed_late_begins_with_the_last_signature(people: dict[str, User]) -> None:
    request = asked(drafted(people[Role.ADMIN], [row()]), people[Role.ADMIN])
    late_ms = LATER_MS + 5 * HOUR_MS
    signed(request, people, late_ms)
    published = PriceList.objects.get()
    assert (published.asked_from_ms, published.begins_ms) == (LATER_MS, late_ms)
    assert [price_of("dormitory", late_ms + shift) for shift in (-1, 0)] == [558_000, 608_300]


def test_a_list_without_an_instant_begins_with_the_last_signature(people: dict[str, User]) -> None:
    request = asked(drafted(people[Role.ADMIN], [row()], from_ms=0), people[Role.ADMIN])
    signed(request, people, NOW_MS + 7)
    assert PriceList.objects.get().begins_ms == NOW_MS + 7


def test_a_late_list_never_puts_an_older_price_back(people: dict[str, User]) -> None:
    slow = asked(
        drafted(people[Role.ADMIN], [row("dormitory", 600_000), row("staff", 1)]), people[Role.ADMIN]
    )
    quick = asked(
        drafted(people[Role.ADMIN], [row("dormitory", 700_000)], LATER_MS + HOUR_MS), people[Role.ADMIN]
    )
    signed(quick, people)
    done = signed(slow, people, LATER_MS + 2 * HOUR_MS)
    assert done.state == Approval.State.FAILED
    assert "put older prices back" in done.outcome
    assert price_of("dormitory", LATER_MS + 3 * HOUR_MS) == 700_000
    assert price_of("staff", LATER_MS + 3 * HOUR_MS) is None, "all or none"
    assert PriceList.objects.count() == 1
    assert ListCounter.objects.get(kind=ListKind.PRICE).last == 1, "no gap in the numbers"


def test_two_lists_for_one_instant_the_second_one_fails_as_a_whole(people: dict[str, User]) -> None:
    both = [
        asked(drafted(people[Role.ADMIN], [row("staff", n), row("dormitory", n)]), people[Role.ADMIN])
        for n in (100, 200)
    ]
    assert [signed(request, people).state for request in both] == ["approved", "failed"]
    assert (price_of("staff", LATER_MS), price_of("dormitory", LATER_MS)) == (100, 100)


def test_windows_and_steps_reach_the_price(people: dict[str, User]) -> None:
    windows = [
        {"window": {"days": [1, 2], "from_minute": 480, "to_minute": 1320}, "micro_yuan_per_kwh": 900_000}
    ]
    steps = [{"above_wh": 200_000, "add_micro_yuan_per_kwh": 50_000}]
    request = asked(drafted(people[Role.ADMIN], [row(windows=windows, steps=steps)]), people[Role.ADMIN])
    signed(request, people)
    price = Price.objects.get(from_ms=LATER_MS)
    assert (price.windows, price.steps) == (windows, steps)
    assert "0.9000" in str(published_tables(PriceList.objects.get()))


BAD = [
    ([], DraftRefusal.NOTHING_CHANGES),
    ([row(micro_yuan=558_000)], DraftRefusal.NOTHING_CHANGES),
    ([row("nobody")], "no longer exists"),
    ([row(), row()], "twice"),
    ([row(steps=[{"above_wh": -1, "add_micro_yuan_per_kwh": 5}])], "no gateway would take"),
]


@pytest.mark.parametrize(("rows", "refusal"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_could_not_be_published_is_not_asked_for(
    people: dict[str, User], rows: list, refusal: str
) -> None:
    done = asked(drafted(people[Role.ADMIN], rows), people[Role.ADMIN])
    if isinstance(refusal, DraftRefusal):
        assert done is refusal
    else:
        assert isinstance(done, CannotBePublished)
        assert refusal in done.words
    assert not Approval.objects.exists()
    assert Price.objects.count() == 1


def test_an_instant_that_has_passed_is_not_asked_for(people: dict[str, User]) -> None:
    assert asked(drafted(people[Role.ADMIN], [row()], NOW_MS), people[Role.ADMIN]) is DraftRefusal.HAS_PASSED


def test_a_draft_is_its_offices_and_waits_untouched(people: dict[str, User]) -> None:
    admin, director = people[Role.ADMIN], people[Role.DIRECTOR]
    draft = drafted(admin, [row()])
    other = {"actor": director, "now_ms": NOW_MS}
    assert list_drafts.save(draft.pk, 0, [], **other) is DraftRefusal.NOT_YOURS
    assert list_drafts.throw_away(draft.pk, **other) is DraftRefusal.NOT_YOURS
    assert asked(draft, director) is DraftRefusal.NOT_YOURS
    assert (
        list_drafts.start(ListKind.PRICE, [], actor=people[Role.CASHIER], now_ms=NOW_MS)
        is DraftRefusal.NOT_YOURS
    )
    request = asked(draft, admin)
    own = {"actor": admin, "now_ms": NOW_MS}
    assert list_drafts.save(draft.pk, 0, [], **own) is DraftRefusal.IS_WAITING
    assert list_drafts.throw_away(draft.pk, **own) is DraftRefusal.IS_WAITING
    assert asked(draft, admin, key="another") is DraftRefusal.IS_WAITING
    sign(request.number, approve=False, reason="too dear", actor=director, now_ms=NOW_MS)
    mended = list_drafts.save(draft.pk, 0, [row(micro_yuan=570_000)], **own)
    again = asked(mended, admin, key="again")
    assert isinstance(again, Approval)
    assert again.number != request.number
    signed(again, people)
    assert list_drafts.save(draft.pk, 0, [], **own) is DraftRefusal.IS_PUBLISHED
    thrown = drafted(admin, [row()])
    assert list_drafts.throw_away(thrown.pk, **own) is None
    assert list_drafts.throw_away(thrown.pk, **own) is DraftRefusal.UNKNOWN_DRAFT


def test_what_was_looked_at_is_what_is_asked_for_once(people: dict[str, User]) -> None:
    admin = people[Role.ADMIN]
    draft = drafted(admin, [row()])
    list_drafts.save(draft.pk, draft.from_ms, [row(micro_yuan=1)], actor=admin, now_ms=NOW_MS)
    assert asked(draft, admin) is DraftRefusal.TAKEN_OVER
    draft.refresh_from_db()
    first, second = asked(draft, admin, key="page"), asked(draft, admin, key="page")
    assert first == second
    assert Approval.objects.count() == 1


def test_without_a_chain_it_is_published_at_once(people: dict[str, User]) -> None:
    set_at_console(Change("approval.price-list", Place.CAMPUS, "", [], 0), why="small house", now_ms=NOW_MS)
    request = asked(drafted(people[Role.ADMIN], [row()], 0), people[Role.ADMIN])
    assert isinstance(request, Approval)
    assert request.state == "approved"
    assert price_of("dormitory", NOW_MS) == 608_300


def test_a_signer_sees_all_of_it_and_that_it_presses(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(drafted(people[Role.ADMIN], [row()], NOW_MS + 5 * HOUR_MS), people[Role.ADMIN])
    show = act_of("price-list").show
    for at_ms, said in ((NOW_MS, "in 5 hours"), (NOW_MS + 6 * HOUR_MS, "has passed")):
        monkeypatch.setattr("central.clock.now_ms", lambda at_ms=at_ms: at_ms)
        facts, compared = show(request.content)[:2]
        assert said in str(facts.rows[0].cells[1])
        assert facts.rows[1].cells[1] == "3", "three rooms are concerned"
        assert compared.rows[0].cells[2:6] == [558_000, 608_300, 50_300, 90_143]


def test_at_the_console_without_signatures_but_on_record(campus: None) -> None:
    done = price_lists.publish_at_console([ClassPrice("staff", 5)], 0, why="a new house", now_ms=NOW_MS)
    assert isinstance(done, PriceList)
    entry = AuditEntry.objects.get(action="publish-price-list")
    assert (entry.actor, done.approval) == ("console", None)
    assert "a new house" in entry.detail
    refused = price_lists.publish_at_console([], 0, why="w", now_ms=NOW_MS)
    assert refused == NotPublished(PublishRefusal.EMPTY)


def test_a_published_list_is_never_changed(campus: None) -> None:
    price_lists.publish_at_console([ClassPrice("staff", 5)], 0, why="w", now_ms=NOW_MS)
    repair_lists.publish_at_console([SOCKET], 0, why="w", now_ms=NOW_MS)
    for model, change in (
        *((PriceList, {"why": "x"}), (ListedPrice, {"before": None})),
        *((RepairList, {"why": "x"}), (RepairItem, {"price_fen": 0})),
    ):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            model.objects.update(**change)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=6))
def test_published_in_any_order_the_newest_begun_list_counts(
    campus: None, lists: list[tuple[int, int]]
) -> None:
    """(instant asked for, step of time until it is published): at every instant the price is the newest begun list's."""
    with transaction.atomic():
        now_ms, made = NOW_MS, {}
        for place, (instant, step) in enumerate(lists, start=1):
            now_ms += step % 3
            done = price_lists.publish_at_console(
                [ClassPrice("staff", place * 100)], NOW_MS + instant, why="w", now_ms=now_ms
            )
            if isinstance(done, PriceList):
                assert done.begins_ms >= now_ms
                made[done.begins_ms] = place * 100
        for at_ms in range(NOW_MS - 1, now_ms + 12):
            begun = [begins_ms for begins_ms in made if begins_ms <= at_ms]
            assert price_of("staff", at_ms) == (made[max(begun)] if begun else None)
        numbers = list(PriceList.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(made) + 1))
        transaction.set_rollback(True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_repair_lists_published_in_any_order_the_newest_begun_counts(
    campus: None, instants: list[int]
) -> None:
    with transaction.atomic():
        for place, instant in enumerate(instants):
            item = Item("R", ItemKind.REPAIR, "n", "", ItemUnit.EACH, place)
            done = repair_lists.publish_at_console([item], NOW_MS + instant, why="w", now_ms=NOW_MS)
            assert isinstance(done, RepairList)
        for at_ms in range(NOW_MS - 1, NOW_MS + 12):
            begun = [
                (NOW_MS + instant, place)
                for place, instant in enumerate(instants)
                if NOW_MS + instant <= at_ms
            ]
            found = repair_lists.repair_item("R", at_ms)
            assert (found and found.price_fen) == (max(begun)[1] if begun else None)
        transaction.set_rollback(True)


def test_r_4_1_7_repairs_and_sums_on_behalf_are_told_apart(people: dict[str, User]) -> None:
    items = [SOCKET, CARD]
    request = asked(
        drafted(people[Role.ADMIN], [one.content() for one in items], 0, ListKind.REPAIR), people[Role.ADMIN]
    )
    assert repair_lists.repair_list_at(NOW_MS) is None
    signed(request, people)
    now = repair_lists.repair_list_at(NOW_MS)
    assert now is not None
    assert now.items == (SOCKET, CARD)
    assert (now.offered(ItemKind.REPAIR), now.offered(ItemKind.ON_BEHALF)) == ([SOCKET], [CARD])
    assert repair_lists.repair_item("R-01", NOW_MS) == SOCKET
    assert repair_lists.repair_item("R-01", NOW_MS - 1) is None
    gone = Item(**{**SOCKET.content(), "active": False, "kind": ItemKind.REPAIR, "unit": ItemUnit.EACH})
    repair_lists.publish_at_console([gone], 0, why="w", now_ms=NOW_MS + 1)
    assert repair_lists.repair_item("R-01", NOW_MS + 1) is None, "on the list, not offered"
    assert repair_lists.repair_item("B-01", NOW_MS + 1) is None, "a list is whole"
    refused = repair_lists.publish_at_console([SOCKET, SOCKET], 0, why="w", now_ms=NOW_MS)
    assert refused == NotPublished(PublishRefusal.ITEM_TWICE, "R-01")


def test_nobody_signs_for_a_list_that_he_asked_for(people: dict[str, User]) -> None:
    request = asked(drafted(people[Role.DIRECTOR], [row()]), people[Role.DIRECTOR])
    done = sign(request.number, approve=True, reason="", actor=people[Role.DIRECTOR], now_ms=NOW_MS)
    assert done is ApprovalRefusal.OWN_REQUEST


TOGETHER = r"""
import threading
from django.db import connections
from central.office import list_drafts
from central.office.approvals import sign
from central.office.models import Approval, ListKind, PriceList, User
from central.domain.price_list import ClassPrice

NOW_MS = 1_790_000_000_000
roles = ("admin", "director", "vp-network", "finance")
people = {role: User.objects.create_user(f"the-{role}", role=role) for role in roles}
second = User.objects.create_user("finance-2", role="finance")

def asked(n, code):
    admin = people["admin"]
    draft = list_drafts.start(ListKind.PRICE, [], actor=admin, now_ms=NOW_MS)
    draft = list_drafts.save(draft.pk, 0, [ClassPrice(code, 100 * n).content()], actor=admin, now_ms=NOW_MS)
    request = list_drafts.ask(draft.pk, seen_ms=draft.changed_ms, why="w", key=f"k{n}", actor=admin, now_ms=NOW_MS)
    for role in ("director", "vp-network"):
        sign(request.number, approve=True, reason="", actor=people[role], now_ms=NOW_MS)
    return request.number

def together(*pairs):
    gate, said = threading.Barrier(len(pairs)), []
    def one(number, person, at_ms):
        try:
            gate.wait(10)
            done = sign(number, approve=True, reason="", actor=person, now_ms=at_ms)
            said.append(str(done.state) if isinstance(done, Approval) else done.value)
        except Exception as error:
            said.append(f"{type(error).__name__} {error}")
        finally:
            connections.close_all()
    threads = [threading.Thread(target=one, args=pair) for pair in pairs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(sorted(said), flush=True)

same = asked(1, "dormitory")
together((same, people["finance"], NOW_MS), (same, second, NOW_MS))
for n in range(2, 8, 2):
    together((asked(n, "staff"), people["finance"], NOW_MS + n), (asked(n + 1, "merchant"), second, NOW_MS + n))
print(list(PriceList.objects.order_by("number").values_list("number", flat=True)))
"""


@pytest.mark.timeout(180)
def test_two_people_who_sign_at_once_publish_once_and_number_without_a_gap(ready, tmp_path) -> None:
    said, errors = ready.script(TOGETHER).communicate(timeout=120)
    assert errors == ""
    assert said.splitlines() == [
        "['approved', 'ended']",
        *["['approved', 'approved']"] * 3,
        "[1, 2, 3, 4, 5, 6, 7]",
    ]
    assert ready.run("verify").returncode == 0


def test_lists_at_the_console_by_file(ready, tmp_path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"prices": [{"class": "dormitory", "yuan_per_kwh": "0.5583"}]}')
    bad.write_text('{"prices": [{"class": "palace", "yuan_per_kwh": "0.5583"}]}')
    done = ready.run("price-list", str(good), "--why", "a new house")
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "list 1")
    refused = ready.run("price-list", str(bad), "--why", "w")
    assert (refused.returncode, "palace" in refused.stderr) == (2, True)
    repairs = tmp_path / "repairs.csv"
    repairs.write_text("编号,名称,单价,类型\nR-1,插座,15,维修\nB-1,补卡费,20,代收\n", encoding="utf-8")
    done = ready.run("repair-list", str(repairs), "--from", "2099-01-01", "--why", "w")
    assert done.stdout.strip() == "list 1, in force from 2099-01-01 00:00"
    repairs.write_text("编号,名称,单价\nR-1,插座,many\n", encoding="utf-8")
    refused = ready.run("repair-list", str(repairs), "--why", "w")
    assert (refused.returncode, "row 2, price" in refused.stderr) == (2, True)
