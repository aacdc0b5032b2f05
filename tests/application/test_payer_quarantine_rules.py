"""While the books of who pays are in doubt, what the others use waits: nothing of it is lost or paid by other money (C-4, C-17)."""

import pytest

from gateway.application.accounts import quarantine
from gateway.application.plan_swap import SwapRefusal
from gateway.application.records import Swap
from gateway.application.release import release_account
from gateway.application.settle_due import settle_due
from gateway.contract.commands import CloseAccount
from gateway.contract.facts import CommandOutcome, CommandResult
from gateway.contract.rules import BindingRule
from gateway.domain.period import next_closing_ms
from tests.application.site import HOUR_MS, START_MS, YUAN, Site, room, tie, use
from tests.application.test_period_rules import POLICY, told
from tests.application.test_shared_credit_rules import METERS, START_WH, configure, three
from tests.application.test_swap_rules import swap

MOVES = CloseAccount("a2", False, "moves out")
WHY = "the balance is not the sum of the ledger"


@pytest.fixture
def site() -> Site:
    """Three rooms on 10 yuan of the first, each read once."""
    made = Site()
    configure(made)
    made.grant("g1", 10 * YUAN)
    for meter in METERS:
        made.read(START_WH, meter)
    return made


def in_doubt(site: Site, account: str = "a1") -> None:
    site.do(lambda journal, now: quarantine(journal, account, WHY, now))


def released(site: Site, account: str = "a1") -> None:
    site.do(lambda journal, now: release_account(journal, account, now))


def billed(site: Site) -> dict[str | None, int]:
    """Who paid how many Wh for m2's room."""
    found: dict[str | None, int] = {}
    for entry in site.entries("consumption"):
        if entry.meter == "m2":
            found[entry.account] = found.get(entry.account, 0) + entry.energy_wh
    return found


def test_c_8_no_closing_begins_while_the_payer_is_in_doubt(site: Site) -> None:
    in_doubt(site)
    refused = site.command(MOVES).result
    assert (refused.outcome, refused.detail) == (
        CommandOutcome.REFUSED,
        f"a1, which pays, is quarantined: {WHY}",
    )
    assert site.state("a2").closing is None


def test_c_8_a_closing_that_goes_on_ends_after_the_payers_release_with_all_of_its_energy(site: Site) -> None:
    site.command(MOVES)
    in_doubt(site)
    assert not use(site, START_WH + 2_000, meter="m2").closed
    assert site.facts(CommandResult)[-1].outcome is CommandOutcome.PENDING
    released(site)
    assert use(site, START_WH + 2_500, meter="m2").closed
    assert billed(site) == {"a1": 2_500}
    assert site.facts(CommandResult)[-1].final_register_wh == START_WH + 2_500


def test_a_period_that_ends_meanwhile_is_told_and_bills_nobody(site: Site) -> None:
    closing_ms = next_closing_ms(site.wall_ms + HOUR_MS, POLICY)
    site.wait(closing_ms - HOUR_MS // 2 - site.wall_ms)
    site.read(START_WH + 1_000, "m2")
    before = billed(site)
    in_doubt(site)
    use(site, START_WH + 2_000, meter="m2", minutes=60)
    assert [fact.meter for fact in told(site)] == ["m2"]
    assert billed(site) == before
    released(site)
    use(site, START_WH + 2_000, meter="m2", minutes=60)
    site.do(settle_due)
    assert billed(site) == {"a1": 2_000}


def test_a_meter_is_replaced_after_the_payers_release_and_refused_by_name_before(site: Site) -> None:
    in_doubt(site)
    site.wait(HOUR_MS)
    before = site.meter("m2")
    last = START_WH + 2_000
    refused = swap(site, last, old="m2", new="m4")
    assert refused.why is SwapRefusal.QUARANTINED
    assert f"a2: a1, which pays, is quarantined: {WHY}; release it first" in refused.detail
    assert site.meter("m2") == before
    released(site)
    assert isinstance(swap(site, last, old="m2", new="m4"), Swap)
    assert billed(site) == {"a1": 2_000}


APART = [room("a1"), room("a2"), three()[2]]


@pytest.mark.parametrize("who", ["a1", "a2"])
def test_a_split_meanwhile_leaves_what_was_used_before_to_who_paid_then(site: Site, who: str) -> None:
    in_doubt(site, who)
    use(site, START_WH + 2_000, meter="m2")
    configure(site, APART)
    released(site, who)
    use(site, START_WH + 2_500, meter="m2", minutes=61)
    site.do(settle_due)
    assert billed(site) == {"a1": 2_000, "a2": 500}
    assert site.balance("a1") == 10 * YUAN - 2 * 558_300
    assert site.ask(lambda journal: journal.ledger_differences()) == []


def test_joining_meanwhile_leaves_what_was_used_before_to_the_member(site: Site) -> None:
    configure(site, APART)
    in_doubt(site, "a2")
    use(site, START_WH + 2_000, meter="m2")
    configure(site)
    released(site, "a2")
    use(site, START_WH + 2_500, meter="m2", minutes=61)
    site.do(settle_due)
    assert billed(site) == {"a2": 2_000, "a1": 500}


@pytest.mark.parametrize("who", ["a1", "a2"])
@pytest.mark.parametrize(
    "bindings",
    [
        [tie("a1", "m1"), tie("a3", "m3")],
        [tie("a1", "m1"), tie("a2", "m2"), tie("a2", "m4", from_ms=START_MS + 1), tie("a3", "m3")],
        [tie("a1", "m1"), tie("a2", "m2"), tie("a4", "m2", from_ms=START_MS + 1), tie("a3", "m3")],
    ],
    ids=["untied", "another meter", "another account"],
)
def test_a_binding_that_ends_meanwhile_is_billed_to_its_end(
    site: Site, bindings: list[BindingRule], who: str
) -> None:
    configure(site, [*three(), room("a4")], bindings=[tie("a1", "m1"), tie("a2", "m2"), tie("a3", "m3")])
    in_doubt(site, who)
    use(site, START_WH + 2_000, meter="m2")
    configure(site, [*three(), room("a4")], bindings=bindings)
    site.read(START_WH + 2_000, meter="m2")
    site.read(7_000, meter="m4")
    assert billed(site) == {"a1": 2_000}
    released(site, who)
    assert site.balance("a1") == 10 * YUAN - 2 * 558_300


def test_what_a_payer_in_doubt_pays_is_taken_from_what_its_ledger_says_it_has(site: Site) -> None:
    site.grant("s1", 1_500, bucket="subsidy")
    site.journal._connection.execute("UPDATE bucket SET balance = 0 WHERE name = 'subsidy'")
    site.journal._forget_caches()
    in_doubt(site)
    use(site, START_WH + 2_000, meter="m2")
    configure(site, APART)
    released(site)
    assert (site.balance("a1", "subsidy"), site.balance("a1")) == (0, 10 * YUAN - 558_300 // 2)
