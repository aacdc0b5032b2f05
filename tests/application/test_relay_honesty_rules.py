"""What proves a contact while commands cross each other (C-15), and what a lock-out leaves the customer's key (C-16)."""

import pytest

from gateway.application.drive_relay import lock_out, note_observation, release_lock
from gateway.application.relay_state import CENTRAL, TECHNICIAN
from gateway.contract.commands import RelayWish, SetRelay
from gateway.contract.facts import Instant, RelayReport, RelayVerdict
from gateway.domain.relay import (
    LOOK_AGAIN_MS,
    SETTLE_MS,
    CommandAccepted,
    CommandRefused,
    CommandUnanswered,
    ObservedStatus,
    ReadBack,
    Rest,
    Send,
    Settled,
    Step,
)
from gateway.protocols.driver import RelayAction
from tests.application.site import YUAN, Site, room, use

BY_KEY = frozenset({RelayAction.OPEN, RelayAction.PERMIT})
OPEN, CLOSED = ObservedStatus(False, 0), ObservedStatus(True, 500)


def until_sent(site: Site, status: ObservedStatus, actions: frozenset[RelayAction]) -> Step:
    """Step to the next command, with a contact that stands still."""
    step = site.step(actions=actions)
    for _ in range(60):
        if isinstance(step, ReadBack):
            site.wait(50 + step.after_ms)
            step = site.report(status, actions=actions)
        elif isinstance(step, Rest):
            site.wait(step.after_ms)
            step = site.step(actions=actions)
        else:
            return step
    raise AssertionError(f"never sent: {step}")


def cut_off(site: Site) -> None:
    use(site, 70_000)
    site.drive(True)


def test_c15_a_grant_right_behind_a_cut_is_not_confirmed_by_the_contact_that_is_still_to_open(
    site: Site,
) -> None:
    use(site, 70_000)
    assert isinstance(until_sent(site, CLOSED, BY_KEY | {RelayAction.CLOSE}), Send)
    site.report(CommandAccepted())
    site.grant("p2", 50 * YUAN)
    site.wait(100)
    assert site.report(CLOSED) == ReadBack(True, LOOK_AGAIN_MS)
    assert site.relay().verdict is not RelayVerdict.CONFIRMED
    site.wait(200)
    assert site.report(OPEN) == Send(close=True)


def test_c15_a_contact_that_never_followed_the_opposite_command_is_confirmed_after_its_time(
    site: Site,
) -> None:
    use(site, 70_000)
    until_sent(site, CLOSED, BY_KEY | {RelayAction.CLOSE})
    site.grant("p2", 50 * YUAN)
    site.wait(SETTLE_MS + 1)
    assert site.report(CLOSED) == Settled(RelayVerdict.CONFIRMED)


def test_c16_a_lock_out_right_behind_a_closing_is_not_confirmed_by_the_contact_that_is_still_to_close(
    site: Site,
) -> None:
    cut_off(site)
    site.wait(10_000)
    site.grant("p2", 50 * YUAN)
    assert until_sent(site, OPEN, BY_KEY | {RelayAction.CLOSE}) == Send(close=True)
    site.report(CommandAccepted())
    site.do(lambda journal, now: lock_out(journal, "m1", TECHNICIAN, now))
    site.wait(100)
    assert site.report(OPEN) == ReadBack(False, LOOK_AGAIN_MS)
    site.wait(100)
    assert site.report(CLOSED) == Send(close=False)


def permitted(site: Site) -> None:
    cut_off(site)
    site.wait(10_000)
    site.grant("p2", 50 * YUAN)
    assert until_sent(site, OPEN, BY_KEY) == Send(close=True, permit=True)
    site.report(CommandAccepted(), actions=BY_KEY)
    site.wait(60_000)


def test_c16_a_lock_out_withdraws_what_the_customers_key_was_permitted(site: Site) -> None:
    permitted(site)
    site.do(lambda journal, now: lock_out(journal, "m1", TECHNICIAN, now))
    assert until_sent(site, OPEN, BY_KEY) == Send(close=False)
    site.report(CommandAccepted(), actions=BY_KEY)
    site.wait(100)
    assert site.report(OPEN, actions=BY_KEY) == Settled(RelayVerdict.CONFIRMED)


def test_c16_a_permit_survives_a_restart_and_is_withdrawn_then(site: Site) -> None:
    permitted(site)
    site.restart_clock()
    site.do(lambda journal, now: lock_out(journal, "m1", TECHNICIAN, now))
    assert until_sent(site, OPEN, BY_KEY) == Send(close=False)


@pytest.mark.parametrize("event", [CommandRefused("password"), CommandUnanswered()])
def test_c15_an_open_contact_is_no_proof_while_the_withdrawal_was_not_accepted(
    site: Site, event: object
) -> None:
    permitted(site)
    site.do(lambda journal, now: lock_out(journal, "m1", TECHNICIAN, now))
    until_sent(site, OPEN, BY_KEY)
    site.report(event, actions=BY_KEY)
    assert until_sent(site, OPEN, BY_KEY) == Send(close=False)
    assert site.relay().verdict is not RelayVerdict.CONFIRMED


def test_c15_a_status_that_was_read_before_the_command_says_nothing_of_what_came_of_it(site: Site) -> None:
    site.configure(room())
    began = site.now
    site.wait(200)
    site.command(SetRelay("m1", RelayWish.OPEN, "li", "test"))
    assert until_sent(site, CLOSED, BY_KEY | {RelayAction.CLOSE}) == Send(close=False)
    site.report(CommandAccepted())
    site.wait(100)
    assert site.report(OPEN) == Settled(RelayVerdict.CONFIRMED)
    late = lambda journal, now: note_observation(journal, "m1", CLOSED, now, began)  # noqa: E731
    assert site.do(late) is False
    assert (site.relay().observed_closed, site.relay().verdict) == (False, RelayVerdict.CONFIRMED)


def test_c15_a_poll_is_dated_when_its_status_was_asked(site: Site) -> None:
    began: Instant = site.now
    site.wait(700)
    site.do(lambda journal, now: note_observation(journal, "m1", CLOSED, now, began))
    assert site.relay().observed_at == began


@pytest.mark.parametrize("closed", [True, False])
def test_c16_a_relay_that_no_rule_decides_on_stands_after_a_lock_out_as_before(
    site: Site, closed: bool
) -> None:
    seen = ObservedStatus(closed, 500 if closed else 0)
    site.do(lambda journal, now: note_observation(journal, "spare", seen, now))
    site.do(lambda journal, now: lock_out(journal, "spare", TECHNICIAN, now))
    assert site.drive(closed, "spare") is False
    site.do(lambda journal, now: lock_out(journal, "spare", CENTRAL, now))
    site.do(lambda journal, now: release_lock(journal, "spare", TECHNICIAN, now))
    assert site.drive(False, "spare") is False, "the other lock stands"
    site.do(lambda journal, now: release_lock(journal, "spare", CENTRAL, now))
    assert site.drive(False, "spare") is closed
    site.do(lambda journal, now: note_observation(journal, "spare", OPEN, now))
    assert site.drive(False, "spare") is False, "it was closed once; who opens it now may"


def test_c15_a_proved_cut_that_is_found_closed_is_never_told_as_confirmed(site: Site) -> None:
    """As a store from a backup finds it: it was paid since, and the contact closed."""
    cut_off(site)
    site.wait(1_000_000)
    assert isinstance(site.step(), ReadBack)
    site.report(CLOSED)
    told = [one for one in site.facts(RelayReport) if one.observed_closed]
    assert all(one.desired_closed for one in told if one.verdict is RelayVerdict.CONFIRMED)
    assert "changed by itself" in {one.why for one in told}
