"""A closing that is asked again, and one whose account's books came into doubt (C-8, C-17)."""

from gateway.application.accounts import quarantine
from gateway.application.release import release_account
from gateway.contract.commands import CloseAccount
from gateway.contract.facts import CommandOutcome, CommandResult
from gateway.contract.rules import PolicyRule
from tests.application.site import YUAN, Site, room, use

MOVES = CloseAccount("a1", False, "moves")


def last_result(site: Site) -> CommandResult:
    return site.facts(CommandResult)[-1]


def test_c_8_a_closing_asked_again_is_pending_until_its_end_answers_the_newest(site: Site) -> None:
    site.wait(60_000)
    assert site.command(MOVES, name="first").result.outcome is CommandOutcome.PENDING
    again = site.command(MOVES, name="second")
    assert again.result.outcome is CommandOutcome.PENDING
    use(site, 60_000)
    end = last_result(site)
    assert (end.command, end.outcome, end.final_register_wh) == ("second", CommandOutcome.APPLIED, 60_000)
    assert end.taken[0].amount == -(10 * YUAN - 5_583_000)


def test_c_8_a_closing_that_ended_is_answered_with_its_end_when_it_is_asked_again(site: Site) -> None:
    site.command(MOVES)
    use(site, 60_000)
    end = last_result(site)
    rows = len(site.entries())
    again = site.command(MOVES, name="third").result
    assert (again.number, again.command) == (site.number, "third")
    assert (again.outcome, again.taken, again.final_register_wh) == (end.outcome, end.taken, 60_000)
    assert len(site.entries()) == rows


def test_c_8_asked_again_with_a_lock_out_a_closing_waits_for_it(site: Site) -> None:
    site.command(MOVES)
    assert site.command(CloseAccount("a1", True, "moves")).result.outcome is CommandOutcome.PENDING
    use(site, 51_000)
    assert not site.state().closed
    site.drive(True)
    use(site, 51_010)
    assert site.state().closed


def test_c_17_a_quarantined_account_is_not_closed_and_nothing_leaves(site: Site) -> None:
    site.command(MOVES)
    site.do(lambda journal, now: quarantine(journal, "a1", "the balance is not the sum of the ledger", now))
    use(site, 60_000)
    assert (site.state().closed, site.balance()) == (False, 10 * YUAN)
    assert last_result(site).outcome is CommandOutcome.PENDING
    site.do(lambda journal, now: release_account(journal, "a1", now))
    use(site, 60_010)
    assert (site.state().closed, site.balance()) == (True, 0)
    assert site.billed_wh() == 10_010


def test_c_17_a_closing_whose_settlement_does_not_add_up_ends_nothing(
    site: Site, monkeypatch: object
) -> None:
    site.command(MOVES)
    monkeypatch.setattr("gateway.application.settle.audit_charges", lambda *_: "planted")
    use(site, 60_000)
    assert (site.state().closed, site.balance()) == (False, 10 * YUAN)
    assert site.state().quarantined == "planted"
    assert not site.entries("taken-back")


def test_a_closed_account_is_held_by_nobody() -> None:
    site = Site()
    site.configure(room(), policy=PolicyRule(cut_guard_count=0, new_account_grace_s=0))
    site.grant("g", YUAN)
    site.read(50_000)
    use(site, 60_000)
    assert "account-held" in site.standing()
    site.command(MOVES)
    use(site, 60_010)
    assert site.state().closed
    assert "account-held" not in site.standing()
