"""What a rebuilt or restored store believes (C-11): central's opening for its very epoch, nothing signed for an earlier life."""

import msgspec
import pytest

from gateway.application.alarms import station
from gateway.application.new_epoch import renew_epoch
from gateway.application.outbox import marks
from gateway.application.settle_due import settle_due
from gateway.contract.commands import (
    BeginEpoch,
    CloseAccount,
    Configure,
    Grant,
    MonthUsed,
    Opening,
    ReadNow,
    RelayWish,
    SetRelay,
    TakeBack,
)
from gateway.contract.facts import Answer, Balance, CommandOutcome, Entry
from gateway.contract.rules import PolicyRule, PriceRule, PriceStep
from gateway.domain.calendar import month_of
from gateway.domain.ledger import AccountState
from gateway.domain.month_use import MonthUse
from tests.application.site import HOUR_MS, PRICE, YUAN, Site, room, tie, use

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


STEPPED = PriceRule(
    "steps", "student", 0, 500_000, steps=[PriceStep(1_000, 100_000), PriceStep(3_000, 400_000)]
)


def test_c9_a_rebuilt_stores_steps_go_on_where_the_old_ones_ended() -> None:
    """1.8 kWh were used in the month before the card died: the next 1.2 kWh are on the first step, what follows on the second.

    Also what was used while the gateway was away: when its register was billed last is known.
    """
    site = Site()
    month = month_of(site.wall_ms, 480)
    opening = Opening(
        site.booted.epoch,
        [Balance("a1", "paid", "yuan", 10 * YUAN)],
        {"m1": 51_800},
        [],
        months=[MonthUsed("a1", month - 1, 9_000), MonthUsed("a1", month, 1_800)],
        billed_ms={"m1": site.wall_ms - 3 * HOUR_MS},
    )
    site.deliver(site.sealed(Configure(2, [room()], [tie()], [STEPPED], RULES, opening), 1))
    for register in (52_000, 55_000):
        site.wait(HOUR_MS)
        site.read(register)
        site.do(settle_due)
    assert [(e.energy_wh, e.price_micro_yuan_per_kwh, e.month_wh) for e in site.entries("consumption")] == [
        (200, 600_000, 1_800), (1_000, 600_000, 2_000), (2_000, 900_000, 3_000),
    ]  # fmt: skip
    assert site.balance() == 10 * YUAN - 1_200 * 600 - 2_000 * 900


def test_c9_what_a_store_that_went_back_remembers_of_the_month_gives_way_to_centrals_entries(
    site: Site,
) -> None:
    """And an account that central's opening doesn't list, an older central's, keeps what the store knows."""
    site.read(50_000)
    site.wait(HOUR_MS)
    site.read(50_400)
    site.do(settle_due)
    month = month_of(site.wall_ms, 480)
    known = site.ask(lambda journal: journal.record(AccountState, "a1")).months
    assert known == (MonthUse(month, 400),)
    for months, after in (([], known), ([MonthUsed("a1", month, 700)], (MonthUse(month, 700),))):
        site.command(BeginEpoch(site.ask(station).epoch, 1 << 53))
        opening = msgspec.structs.replace(genuine(site).opening, epoch=site.ask(station).epoch, months=months)
        version = site.ask(station).config_version + 1
        site.command(msgspec.structs.replace(genuine(site, version), opening=opening))
        assert site.ask(lambda journal: journal.record(AccountState, "a1")).months == after


def test_c_11_an_epoch_without_an_opening_can_still_be_given_up() -> None:
    site = Site()
    begun = site.deliver(site.sealed(BeginEpoch(site.booted.epoch, 1 << 53), 5))
    assert begun == Answer(5, "gap", 1, "c5")
    assert len(site.ask(marks)) == 2


@pytest.mark.parametrize("order", [("m1", "m9"), ("m9", "m1")])
def test_c_11_a_backup_from_before_a_meters_swap_bills_nothing_that_central_has_again(
    order: tuple[str, str],
) -> None:
    """The backup holds half an hour that its last entry hadn't, and a binding that has ended; central's books hold both."""
    site = Site()
    site.configure(room(), bindings=[tie()])
    site.grant("g", 50 * YUAN)
    site.read(50_000)
    for register in (50_500, 50_800):
        site.wait(HOUR_MS)
        site.read(register)
        if register == 50_500:
            site.do(settle_due)
    assert site.billed_wh() == 500
    site.command(BeginEpoch(site.ask(station).epoch, 1 << 53))
    registers = {"m1": 52_000, "m9": 7_300}
    opening = Opening(
        site.ask(station).epoch,
        [Balance("a1", "paid", "yuan", 48 * YUAN)],
        {meter: registers[meter] for meter in order},
        ["g"],
    )
    ties = [tie(), tie("a1", "m9", from_ms=site.wall_ms - 1, baseline_wh=7_000)]
    site.configure(room(), bindings=ties, opening=opening)
    assert (site.balance(), site.billed_wh(), site.state().meter) == (48 * YUAN, 500, "m9")
    site.wait(HOUR_MS)
    site.read(7_900, meter="m9")
    site.wait(HOUR_MS)
    site.read(7_900, meter="m9")
    site.do(settle_due)
    assert site.billed_wh() == 500 + 600
    site.read(52_700)
    site.do(settle_due)
    assert site.billed_wh() == 500 + 600, "what hung on the wall before bills nobody"


def test_c11_nothing_is_billed_between_an_opening_and_the_answer_that_tells_of_it(site: Site) -> None:
    """Central books what comes behind that answer: a decision that settles before it would be paid at the gateway alone."""
    site.configure()
    site.grant("p1", YUAN)
    use(site, 50_000)
    use(site, 60_000)
    epoch = site.do(renew_epoch)
    use(site, 61_000)
    held = [Balance("a1", "paid", "yuan", 50 * YUAN)]
    taken = site.configure(opening=Opening(epoch, held, {"m1": 55_000}, []))
    facts = site.facts()
    adopted = max(
        place for place, fact in enumerate(facts) if isinstance(fact, Entry) and fact.entry_kind == "opening"
    )
    between = facts[adopted + 1 : facts.index(taken.result)]
    assert [fact for fact in between if isinstance(fact, Entry)] == []
    assert taken.read == ("m1",), "it is decided at once by a reading"
    site.read(61_000)
    assert site.state().decision == "close"
