"""What a rebuilt or restored store believes (C-11): central's opening for its very epoch, nothing signed for an earlier life."""

import msgspec
import pytest

from gateway.application.alarms import station
from gateway.application.outbox import marks
from gateway.contract.commands import (
    BeginEpoch,
    CloseAccount,
    Configure,
    Grant,
    Opening,
    ReadNow,
    RelayWish,
    SetRelay,
    TakeBack,
)
from gateway.contract.facts import Answer, Balance, CommandOutcome
from gateway.contract.rules import PolicyRule
from tests.application.site import PRICE, YUAN, Site, room, tie

RULES = PolicyRule(new_account_grace_s=0)
OLD_LIFE = [
    Configure(1, [room()], [tie()], [PRICE], RULES),
    Configure(1, [room()], [tie()], [PRICE], RULES, Opening("old", [], {}, [])),
    Grant("p1", "a1", "paid", "yuan", 10 * YUAN),
    TakeBack("r1", "a1", "paid", YUAN),
    SetRelay("m1", RelayWish.OPEN, "li", "test"),
    CloseAccount("a1", False, "moves"),
    BeginEpoch("old", 1 << 53),
    ReadNow(),
]


def genuine(site: Site, version: int = 2) -> Configure:
    opening = Opening(site.booted.epoch, [Balance("a1", "paid", "yuan", YUAN)], {"m1": 60_000}, ["p1"])
    return Configure(version, [room()], [tie()], [PRICE], RULES, opening)


@pytest.mark.parametrize("replayed", OLD_LIFE, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("number", [1, 7])
def test_c_11_a_fresh_store_takes_nothing_before_its_own_opening(replayed: object, number: int) -> None:
    site = Site()
    rows = len(site.facts())
    assert site.deliver(site.sealed(replayed, number)) == Answer(number, "not-opened", 1, f"c{number}")
    assert len(site.facts()) == rows
    taken = site.deliver(site.sealed(genuine(site), 1, name="genuine"))
    assert taken.result.outcome is CommandOutcome.APPLIED
    assert site.balance() == YUAN
    site.read(60_000)
    assert site.relay().desired_closed is not False


def test_c_11_what_was_signed_for_the_old_life_stays_used_up_when_the_opening_came_above_it() -> None:
    site = Site()
    site.deliver(site.sealed(genuine(site), 40, name="genuine"))
    answer = site.deliver(site.sealed(TakeBack("r1", "a1", "paid", YUAN), 12))
    assert answer == Answer(12, "already-have", 41, "c12")
    assert site.balance() == YUAN


def test_c_11_a_store_that_went_back_waits_for_its_opening_too(site: Site) -> None:
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    here = site.ask(station)
    assert here.epoch != site.booted.epoch
    grant = site.sealed(Grant("p2", "a1", "paid", "yuan", YUAN), site.number + 1)
    assert site.deliver(grant) == Answer(site.number + 1, "not-opened", site.number + 1, grant.id)
    opening = msgspec.structs.replace(genuine(site, 9).opening, epoch=here.epoch)
    site.command(msgspec.structs.replace(genuine(site, 9), opening=opening))
    assert site.balance() == YUAN


def test_c_11_an_epoch_without_an_opening_can_still_be_given_up() -> None:
    site = Site()
    begun = site.deliver(site.sealed(BeginEpoch(site.booted.epoch, 1 << 53), 5))
    assert begun == Answer(5, "gap", 1, "c5")
    assert len(site.ask(marks)) == 2
