"""A lock-out stands whatever happens, says who, why and for which work order, and ends by its owner's word alone (R-4.3.4)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.application.alarms import station
from gateway.application.lock_outs import begin_lock, end_lock, notes_of
from gateway.application.new_epoch import renew_epoch
from gateway.application.records import LockNote
from gateway.application.release import release_account
from gateway.application.settle_due import settle_due
from gateway.contract.commands import (
    BeginSoftwareControl,
    BillGap,
    DrawEmergency,
    LockStanding,
    Opening,
    RelayWish,
    SetRelay,
)
from gateway.contract.facts import CommandOutcome, RelayReport, RelayVerdict
from gateway.contract.meter_facts import LockOut
from gateway.contract.rules import BucketRule, EmergencyRule, PolicyRule
from tests.application.site import HOUR_MS, YUAN, Site, room, tie, use
from tests.application.test_swap_rules import swap

RULES = {"emergency": EmergencyRule(5 * YUAN), "no_cut_extra": YUAN}


def locked(path: Path | str, owner: str) -> Site:
    """A room with every rule that may spare or restore it, locked out while it is supplied."""
    site = Site(path)
    site.configure(room(**RULES))
    site.grant("g", YUAN)
    site.read(50_000)
    site.drive(True)
    lock(site, owner)
    assert site.drive(True) is False
    return site


def lock(site: Site, owner: str, meter: str = "m1") -> None:
    if owner == "central":
        site.command(SetRelay(meter, RelayWish.LOCK_OUT, "chen", "terminal", "W-7"))
    else:
        said = LockNote(meter, owner, "li", "terminal", site.now, "W-7")
        site.do(lambda journal, now: begin_lock(journal, said, now, now))


def release(site: Site, owner: str, meter: str = "m1") -> None:
    if owner == "central":
        site.command(SetRelay(meter, RelayWish.RELEASE, "chen", "done"))
    else:
        said = LockNote(meter, owner, "wang", "done")
        site.do(lambda journal, now: end_lock(journal, said, now, now))


def an_opening(site: Site, **changes: object) -> None:
    told = Opening(site.ask(station).epoch, [], {"m1": 50_000}, [], **changes)
    site.configure(room(**RULES), opening=told)


ACTS: dict[str, Callable[[Site], object]] = {
    "payment": lambda site: site.grant("p", 50 * YUAN),
    "emergency": lambda site: site.command(DrawEmergency("d", "a1")),
    "order to close": lambda site: site.deliver(
        site.sealed(SetRelay("m1", RelayWish.CLOSE, "desk", "x"), site.number + 1)
    ),
    "auto": lambda site: site.command(SetRelay("m1", RelayWish.AUTO, "desk", "x")),
    "software control": lambda site: site.command(BeginSoftwareControl("sc1", "a1", "chen", "dark")),
    "configuration": lambda site: site.configure(room(protected=True)),
    "other bucket": lambda site: site.configure(room(buckets=[BucketRule("paid", "yuan", 1, True)])),
    "another binding": lambda site: site.configure(
        room(), bindings=[tie(), tie(from_ms=site.wall_ms)], policy=PolicyRule(new_account_grace_s=0)
    ),
    "binding taken away": lambda site: site.configure(room(), bindings=[]),
    "restart": lambda site: site.reopen(),
    "restore": lambda site: (site.do(renew_epoch), an_opening(site)),
    "agreed difference": lambda site: site.command(
        BillGap("gap", "a1", 1_000, site.wall_ms - HOUR_MS, site.wall_ms, site.wall_ms + HOUR_MS)
    ),
    "released account": lambda site: site.do(release_account, "a1"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("owner", ["technician", "central"])
def test_r_4_3_4_nothing_closes_a_relay_that_is_locked_out(tmp_path: Path, owner: str, act: str) -> None:
    site = locked(tmp_path / "journal.db", owner)
    ACTS[act](site)
    use(site, 50_100)
    site.do(settle_due)
    relay = site.relay()
    assert (relay.desired_closed, relay.locks) == (False, (owner,))
    assert site.drive(False) is False
    (note,) = site.ask(lambda journal: notes_of(journal, "m1"))
    assert (note.owner, note.why, note.ref) == (owner, "terminal", "W-7")


def test_both_owners_lock_and_each_ends_his_own() -> None:
    site = locked(":memory:", "technician")
    lock(site, "central")
    lock(site, "central")
    release(site, "technician")
    result = site.relay()
    assert (result.locks, result.desired_closed) == (("central",), False)
    release(site, "central")
    told = [(fact.owner, fact.locked, fact.by, fact.ref) for fact in site.facts(LockOut)]
    assert told == [
        ("technician", True, "li", "W-7"),
        ("central", True, "chen", "W-7"),
        ("technician", False, "wang", "W-7"),
        ("central", False, "chen", "W-7"),
    ]
    release(site, "central")
    assert len(site.facts(LockOut)) == 4, "an end was told that ended nothing"


def test_after_the_release_the_relay_follows_the_rule_and_what_it_does_is_read_back() -> None:
    site = locked(":memory:", "central")
    before = len(site.facts(RelayReport))
    release(site, "central")
    assert site.drive(False) is True
    last = site.facts(RelayReport)[-1]
    assert len(site.facts(RelayReport)) > before
    assert (last.observed_closed, last.verdict) == (True, RelayVerdict.CONFIRMED)


def test_a_lock_out_goes_over_to_the_new_meter_with_its_name_and_both_are_told() -> None:
    site = locked(":memory:", "central")
    site.wait(HOUR_MS)
    swap(site)
    (note,) = site.ask(lambda journal: notes_of(journal, "m2"))
    assert (note.by, note.ref, site.ask(lambda journal: notes_of(journal, "m1"))) == ("chen", "W-7", [])
    assert [(f.meter, f.locked) for f in site.facts(LockOut)] == [("m1", True), ("m1", False), ("m2", True)]
    release(site, "central", "m2")
    assert site.relay("m2").desired_closed is not False


@pytest.mark.parametrize("owner", ["technician", "central"])
def test_c_11_a_blank_card_takes_a_lock_out_up_from_central_before_anything_is_closed(owner: str) -> None:
    site = Site()
    told = LockStanding("m1", owner, site.now, "li", "terminal", "W-7")
    an_opening(site, locks=[told])
    site.read(50_000)
    site.grant("g", 10 * YUAN)
    site.read(50_000)
    assert (site.relay().desired_closed, site.relay().locks) == (False, (owner,))
    (note,) = site.ask(lambda journal: notes_of(journal, "m1"))
    assert (note.by, note.why, note.since) == ("li", "terminal", told.since)
    release(site, owner)
    assert site.relay().desired_closed is True


def test_c_11_one_that_only_the_store_has_stands_and_is_said_again() -> None:
    site = locked(":memory:", "technician")
    site.do(renew_epoch)
    an_opening(site)
    assert site.relay().locks == ("technician",)
    assert [fact.locked for fact in site.facts(LockOut)] == [True, True]


def test_a_lock_out_that_came_too_late_is_not_done() -> None:
    site = Site()
    site.configure()
    site.read(50_000)
    order = SetRelay("m1", RelayWish.LOCK_OUT, "chen", "terminal", "W-7")
    late = site.command(order, expires_ms=site.wall_ms - 1)
    assert late.result.outcome is CommandOutcome.EXPIRED
    assert (site.relay().locks, site.facts(LockOut)) == ((), [])
