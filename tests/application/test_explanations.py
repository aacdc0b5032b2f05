"""Why a supply is as it is, by the rules themselves: each way out, when it is taken, changes the supply (C-10, C-16)."""

import msgspec
import pytest

from gateway.application.accounts import quarantine
from gateway.application.decide import approve_cuts
from gateway.application.drive_relay import lock_out, release_lock
from gateway.application.explain import Explanation, explain_all
from gateway.application.explain_past import explain_past
from gateway.application.ledger_look import look_at_ledger
from gateway.application.release import release_account
from gateway.contract.facts import DecisionKind
from gateway.contract.rules import PolicyRule
from gateway.domain.cutoff import RULINGS
from gateway.technician.explain import screen
from gateway.technician.explain_past import past_screen
from gateway.technician.reasons import REASONS, WAYS
from tests.application.site import PRICE, SUBSIDY, YUAN, Site, room, tie, use


@pytest.fixture
def site() -> Site:
    """A store that was only booted."""
    return Site()


def story(site: Site, name: str = "a1") -> Explanation:
    (one,) = site.do(lambda journal, now: explain_all(journal, name, now))
    assert "\n".join(screen(one, 480)), "it can be put into words"
    return one


def ways(site: Site) -> list[str]:
    return [way.way for way in story(site).ways]


def test_what_is_to_be_paid_is_exactly_what_the_rule_asks(site: Site) -> None:
    site.configure(room(overdraft=YUAN))
    site.grant("p1", YUAN // 2)
    site.read(100_000)
    site.drive(contact_closed=True)
    use(site, 104_000, minutes=300)
    site.drive(contact_closed=True)
    before = story(site)
    assert (before.decision.stands, before.decision.reason) == ("open", "credit-spent")
    (pay,) = before.ways
    short = pay.facts["amount"]
    assert (pay.way, pay.about, short % 10_000) == ("pay", "a1", 0)
    site.grant("p2", short - 10_000)
    assert site.state().decision is DecisionKind.OPEN, "one fen too few"
    site.grant("p3", 10_000)
    assert site.state().decision is not DecisionKind.OPEN
    assert ways(site)[-1] == "use"


def test_what_is_in_the_way_is_named_with_the_strongest_first_and_goes_when_it_is_done(site: Site) -> None:
    site.configure(room(), policy=PolicyRule(cut_guard_count=0, new_account_grace_s=0))
    site.grant("p1", YUAN // 100)
    site.read(100_000)
    site.drive(contact_closed=True)
    use(site, 100_500)
    assert ways(site) == ["approve-cuts", "pay"]
    assert story(site).guard.tripped
    site.do(lambda journal, now: quarantine(journal, "a1", "looked at", now))
    site.do(lambda journal, now: lock_out(journal, "m1", "technician", now))
    found = ways(site)
    assert found[0] == "lock-technician"
    assert "release" in found
    assert "pay" not in found, "no money helps while the books wait for a person"
    site.do(lambda journal, now: release_lock(journal, "m1", "technician", now))
    site.do(lambda journal, now: release_account(journal, "a1", now))
    site.do(lambda journal, now: approve_cuts(journal, 1, now.wall_ms + 7_200_000, "li", now))
    use(site, 100_510)
    assert site.state().decision is DecisionKind.OPEN
    assert "approve-cuts" not in ways(site)
    assert set(found) <= set(WAYS)


def test_a_past_instant_and_the_ledger_agree(site: Site) -> None:
    site.configure(room(buckets=[SUBSIDY, room().buckets[1]]))
    site.grant("p1", 10 * YUAN)
    site.grant("s1", 1_000, bucket="subsidy")
    use(site, 100_000)
    then_ms = site.now.wall_ms
    for step in range(1, 5):
        use(site, 100_000 + step * 1_000, minutes=60)
        site.grant(f"more-{step}", YUAN)
    look = site.do(lambda journal, now: look_at_ledger(journal, "a1", 0, 4, now))
    assert look.agrees
    assert len(look.entries) == 4
    running = {(one.bucket, one.unit): one.amount for one in look.brought}
    for line in (line for entry in look.entries for line in entry.lines):
        running[line.bucket, line.unit] += line.amount
        assert line.balance == running[line.bucket, line.unit]
    assert running == {(one.bucket, one.unit): one.balance for one in look.buckets}
    (past,) = site.do(lambda journal, now: explain_past(journal, "m1", then_ms, now))
    assert {one.bucket: one.amount for one in past.booked} == {"paid": 10 * YUAN, "subsidy": 1_000}
    assert (past.reading.register_wh, past.price_version) == (100_000, PRICE.version)
    assert "\n".join(past_screen(past, 480))


@pytest.mark.parametrize("name", ["", "nobody", "a2", "room"])
def test_nobody_of_that_name_is_nobody(site: Site, name: str) -> None:
    assert site.do(lambda journal, now: explain_all(journal, name, now)) == []


def test_a_room_with_two_accounts_has_two_stories(site: Site) -> None:
    twin = msgspec.structs.replace(room("a2"), room="room a1")
    site.configure(room(), twin, bindings=[tie("a1", "m1"), tie("a2", "m2")])
    assert len(site.do(lambda journal, now: explain_all(journal, "room a1", now))) == 2


def test_every_reason_of_the_table_has_its_words() -> None:
    reasons = {ruling.reason for row in RULINGS.values() for ruling in row.values()}
    assert reasons - {"spared"} <= set(REASONS), "a leeway's reason is its own"
