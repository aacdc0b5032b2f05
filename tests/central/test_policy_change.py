"""A policy's change on the database itself: all parts or none, nothing overwritten, and a dry run that foretells what is stored."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils import translation

from central.campus.gateway_rules import rules_of
from central.campus.models import Account, Building, CustomerClass, MeteringPoint
from central.campus.rules import set_rules
from central.domain.rule_json import RuleKind
from central.ledger.chart_of_accounts import customer, subsidy
from central.ledger.models import AuditEntry
from central.ledger.operations import Draft, book
from central.link.policy_change import Change, Doubt, Effect, Place, carry_out, parts_now, try_out
from central.link.what_if import decided_otherwise
from central.office.acts import Approved
from central.office.models import User
from tests.central.conftest import NOW_MS

DARK = {"days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 0, "to_minute": 1440}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def approved(cashier: User) -> Approved:
    return Approved(1, cashier, (), "exams", NOW_MS)


def credit(account: str, micro_yuan: int) -> None:
    side = customer(account, "paid", "yuan")
    book([Draft(f"test:{account}", subsidy("yuan"), side, micro_yuan, "opening", NOW_MS)], NOW_MS)


def change(place: Place, code: str, parts: dict, was: dict) -> Change:
    return Change.of(Change(place, code, parts, was).content())


def test_all_parts_are_set_or_none(campus, approved):
    was = {
        "class-overdraft": 0,
        "class-limits": {},
        "class-warnings": CustomerClass.objects.get(code="dormitory").warn_at,
    }
    good = {"class-overdraft": 5_000_000, "class-limits": {"no_cut_extra": 7}, "class-warnings": [9, 3]}
    bad = {**good, "class-limits": {"lights_out": "nowhere"}}
    revision = Building.objects.get(code="1").revision
    with transaction.atomic():
        why = carry_out(change(Place.CLASS, "dormitory", bad, was).content(), approved)
        transaction.set_rollback(True)
    assert "nowhere" in why
    assert CustomerClass.objects.get(code="dormitory").overdraft == 0
    assert carry_out(change(Place.CLASS, "dormitory", good, was).content(), approved) == ""
    now = parts_now(CustomerClass.objects.get(code="dormitory"))
    assert {kind: now[kind] for kind in good} == good
    assert Building.objects.get(code="1").revision > revision
    assert "changed since" in carry_out(change(Place.CLASS, "dormitory", good, was).content(), approved)
    assert "no longer exists" in carry_out(change(Place.CLASS, "gone", good, was).content(), approved)


def test_protection_takes_its_reason_along(campus, approved):
    asked = change(
        Place.ROOM,
        "1-301",
        {"point-protected": True, "point-power": 900},
        {"point-protected": False, "point-power": 60_000},
    )
    assert not asked.is_emergency
    assert carry_out(asked.content(), approved) == ""
    point = MeteringPoint.objects.get(code="1-301")
    assert (point.protected, point.max_power_w) == (True, 900)
    assert AuditEntry.objects.get(action="protect").detail == "exams"
    assert change(Place.ROOM, "1-301", {"point-protected": False}, {"point-protected": True}).is_emergency
    lifted = {"building-policy": {"isolated_after_s": 0}}
    assert change(Place.BUILDING, "1", lifted, {"building-policy": {"isolated_after_s": 60}}).is_emergency
    assert not change(
        Place.BUILDING, "1", lifted, {"building-policy": {"isolated_after_s": 0, "period_day": 5}}
    ).is_emergency


@pytest.mark.parametrize(
    ("place", "code", "parts"),
    [
        (Place.CLASS, "dormitory", {"class-overdraft": 5_000_000}),
        (Place.CLASS, "dormitory", {"class-warnings": [2_000_000_000]}),
        (Place.ROOM, "1-302", {"point-protected": True}),
        (Place.ROOM, "1-301", {"point-limits": {"lights_out": "always"}}),
        (Place.BUILDING, "1", {"building-policy": {"calendars": [{"calendar": "always", "windows": []}]}}),
    ],
)
def test_what_was_foretold_is_what_is_stored_then(campus, approved, place, code, parts):
    """The dry run's rooms are those that the stored rules decide otherwise: before, and after it was carried out."""
    credit("1-301.1", 20_000_000)
    policy = {"calendars": [{"calendar": "always", "windows": [DARK]}]}
    for building in ("1", "2"):
        set_rules(RuleKind.BUILDING_POLICY, building, policy, actor="test", now_ms=NOW_MS)
    if place is Place.BUILDING:
        set_rules(RuleKind.POINT_LIMITS, "1-301", {"lights_out": "always"}, actor="test", now_ms=NOW_MS)
    buildings = list(Building.objects.order_by("code"))
    before = {one.code: rules_of(one) for one in buildings}
    holder = {Place.CLASS: CustomerClass, Place.ROOM: MeteringPoint, Place.BUILDING: Building}[
        place
    ].objects.get(code=code)
    was = {kind: value for kind, value in parts_now(holder).items() if kind in parts}
    asked = change(place, code, parts, was)
    tried = try_out(asked, NOW_MS)
    assert tried.rooms, "nothing was foretold"
    assert carry_out(asked.content(), approved) == ""
    after = {one.code: rules_of(one) for one in Building.objects.order_by("code")}
    found = [one for key in before for one in decided_otherwise(before[key], after[key], NOW_MS)]
    assert {one.room for one in found} == {
        one.change.room for one in tried.rooms if one.change.at_ms == NOW_MS
    }
    assert sum(tried.counts.values()) == len(tried.rooms)
    assert all(one.doubts == (Doubt.NO_GATEWAY,) for one in tried.buildings)


def test_a_room_that_others_pay_for_is_judged_by_the_payer_s_limits(campus):
    credit("1-302.1", 1_000_000)
    payer = Account.objects.get(code="1-302.1")
    Account.objects.filter(code="1-301.1").update(pays_from=payer)
    set_rules(RuleKind.POINT_LIMITS, "1-302", {"no_cut_extra": 5}, actor="test", now_ms=NOW_MS)
    assert try_out(Change(Place.ROOM, "1-301", {"point-limits": {"no_cut_extra": 9}}, {}), NOW_MS).rooms == []
    low = try_out(Change(Place.CLASS, "dormitory", {"class-warnings": []}, {}), NOW_MS)
    assert {one.change.room for one in low.rooms if one.effect is Effect.REASON} == {"1-301", "1-302"}
