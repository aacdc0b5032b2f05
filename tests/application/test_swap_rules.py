"""A meter is replaced on site: billed to the last register, gone on at the first, not undone by older news (R-4.3.5)."""

import pytest

from gateway.application.accounts import quarantine
from gateway.application.alarms import raise_alarm
from gateway.application.drive_relay import lock_out
from gateway.application.groups import groups_in_force
from gateway.application.plan_swap import SwapOrder, SwapRefusal, SwapRefused, plan_swap
from gateway.application.records import MeterPlace, Swap, Tie
from gateway.application.release import release_account
from gateway.application.sealed_register import Sealed
from gateway.application.settle_due import settle_due
from gateway.application.site_swaps import unregistered
from gateway.application.swap_meter import BooksInDoubt, binding_of, swap_meter
from gateway.contract.commands import BeginEpoch, RelayWish, SetRelay
from gateway.contract.facts import Alarm
from gateway.contract.meter_facts import MeterSwapped
from gateway.contract.rules import GroupKind, GroupRule
from gateway.domain.swapped_groups import with_new_meter
from tests.application.site import HOUR_MS, Site, room, tie, use

PLACE = MeterPlace("a", "2", "generic-dlt645-2007")


def swap(
    site: Site,
    last_wh: int | None = 51_000,
    first_wh: int = 7_000,
    *,
    old: str = "m1",
    new: str = "m2",
    typed: str = "",
):
    last = None if last_wh is None else Sealed(last_wh, site.now, b"" if typed else b"last", read_by=typed)
    first = Sealed(first_wh, site.now, b"first")
    return site.do(swap_meter, SwapOrder(old, new, last, first, PLACE, "li", "burnt out"))


def tied(site: Site, meter: str) -> str | None:
    found = site.ask(lambda journal: journal.record(Tie, meter))
    return found.account if found else None


def test_the_old_meter_is_billed_to_its_last_register_and_the_new_one_from_its_first(site: Site) -> None:
    site.wait(HOUR_MS)
    done = swap(site)
    assert isinstance(done, Swap)
    assert site.billed_wh() == 1_000
    (entry,) = site.entries("consumption")
    assert (entry.cause, entry.register_to_wh, entry.meter, entry.raw_frame) == (
        "binding", 51_000, "m1", b"last".hex(),
    )  # fmt: skip
    use(site, 7_400, meter="m2")
    use(site, 51_500, meter="m1")
    site.wait(2 * HOUR_MS)
    site.read(7_400, meter="m2")
    site.do(settle_due)
    assert [(e.meter, e.energy_wh) for e in site.entries("consumption")] == [("m1", 1_000), ("m2", 400)]
    (fact,) = site.facts(MeterSwapped)
    assert (fact.last_wh, fact.first_wh, fact.account, fact.by, fact.why) == (
        51_000,
        7_000,
        "a1",
        "li",
        "burnt out",
    )
    assert (fact.last_frame, fact.first_frame, fact.last_read_by) == (b"last".hex(), b"first".hex(), "")


def test_the_same_again_is_what_was_done_and_changes_nothing(site: Site) -> None:
    site.wait(HOUR_MS)
    done = swap(site)
    facts = len(site.facts())
    assert swap(site, 52_000, 9_000) == done
    assert len(site.facts()) == facts
    assert site.meter("m2").register_wh == 7_000


@pytest.mark.parametrize("booked", [False, True])
def test_a_configuration_made_before_central_learnt_of_it_does_not_revive_the_old_meter(
    site: Site, booked: bool
) -> None:
    site.wait(HOUR_MS)
    fact = swap(site).fact
    bindings = [tie()] + ([binding_of(fact)] if booked else [])
    for _ in range(2):
        site.configure(room(warn_at=[1]), bindings=bindings)
        use(site, 55_000, meter="m1")
        use(site, site.meter("m2").register_wh + 100, meter="m2")
        assert (tied(site, "m1"), tied(site, "m2")) == (None, "a1")
    assert site.state().binding == fact.binding
    assert site.standing() == set()


def test_once_central_has_booked_it_central_may_end_it_and_a_newer_binding_wins_before(site: Site) -> None:
    site.wait(HOUR_MS)
    fact = swap(site).fact
    site.wait(60_000)
    newer = tie("a1", "m3", from_ms=site.wall_ms)
    site.configure(room(), bindings=[tie(), newer])
    site.read(100, meter="m3")
    assert (tied(site, "m2"), tied(site, "m3")) == (None, "a1")
    site.configure(room(), bindings=[tie(), binding_of(fact), newer])
    site.configure(room(), bindings=[tie()])
    use(site, 52_000, meter="m1")
    use(site, 7_100, meter="m2")
    assert (tied(site, "m1"), tied(site, "m2")) == ("a1", None)


@pytest.mark.parametrize(
    ("typed_wh", "refused"),
    [
        (51_000, None),
        (50_000, None),
        (49_990, "backwards"),
        (111_000, "implausible"),
        (0, "zero-glitch"),
    ],
)
def test_a_typed_register_must_be_possible(site: Site, typed_wh: int, refused: str | None) -> None:
    """60 kW at most for an hour after 50 kWh."""
    site.wait(HOUR_MS)
    before = len(site.facts())
    done = swap(site, typed_wh, typed="wang")
    if refused is None:
        assert done.fact.last_read_by == "wang"
        assert done.fact.last_frame is None
        assert site.billed_wh() == typed_wh - 50_000
        return
    assert isinstance(done, SwapRefused)
    assert (done.why, refused in done.detail) == (SwapRefusal.LAST_IMPOSSIBLE, True)
    assert len(site.facts()) == before
    assert tied(site, "m1") == "a1"


def test_a_dead_meters_last_good_reading_is_its_last_register_and_the_time_since_is_told(site: Site) -> None:
    read_at = site.meter().at
    site.wait(3 * HOUR_MS)
    fact = swap(site, None).fact
    assert (fact.last_wh, fact.last_at, fact.at) == (50_000, read_at, site.now)
    assert site.billed_wh() == 0


def test_a_reading_of_the_poller_that_came_between_is_the_last_register(site: Site) -> None:
    site.wait(HOUR_MS)
    last = Sealed(51_000, site.now, b"last")
    site.wait(50)
    site.read(51_010)
    site.wait(50)
    first = Sealed(7_000, site.now, b"first")
    done = site.do(swap_meter, SwapOrder("m1", "m2", last, first, PLACE, "li", "x"))
    assert done.fact.last_wh == 51_010
    assert site.billed_wh() == 1_010


def test_a_doubt_about_the_old_meter_ends_with_a_persons_word_and_with_the_meter(site: Site) -> None:
    site.read(50_000, identity="old")
    site.wait(HOUR_MS)
    site.look(10_000, identity="new")
    assert "meter-in-doubt" in site.standing()
    assert isinstance(swap(site, 50_500), SwapRefused)
    assert swap(site, 50_500, typed="wang").fact.last_wh == 50_500
    assert site.standing() == set()
    assert site.billed_wh() == 500


def test_what_is_refused_is_refused_by_name_and_changes_nothing(site: Site) -> None:
    site.configure(room(), room("a2"))
    site.read(1_000, meter="m2")
    site.wait(HOUR_MS)
    facts = len(site.facts())
    refused = {
        swap(site, new="m1").why,
        swap(site, new="m2").why,
        swap(site, old="m9", new="m3").why,
        swap(site, new="m3", first_wh=-1).why,
        swap(site, new="m3", first_wh=1_000_000_000).why,
    }
    assert refused == {
        SwapRefusal.SAME_METER, SwapRefusal.NEW_METER_IN_USE, SwapRefusal.BILLS_NOBODY, SwapRefusal.FIRST_IMPOSSIBLE,
    }  # fmt: skip
    assert len(site.facts()) == facts


def test_of_a_meter_that_never_gave_a_reading_it_is_said_that_there_is_nothing_to_seal(site: Site) -> None:
    site.configure(room(), room("a2"), bindings=[tie(), tie("a2", "m8")])
    refused = swap(site, old="m8", new="m3")
    assert refused.why is SwapRefusal.BILLS_NOBODY
    assert "m8 never gave a reading, so nothing was billed to a2 by it" in refused.detail
    assert "bills no account" in swap(site, old="m9", new="m3").detail


def test_a_quarantined_account_is_released_first(site: Site) -> None:
    site.wait(HOUR_MS)
    site.do(lambda journal, now: quarantine(journal, "a1", "a bug", now))
    assert swap(site).why is SwapRefusal.QUARANTINED
    site.do(release_account, "a1")
    assert isinstance(swap(site), Swap)


def test_books_that_do_not_add_up_to_the_last_register_leave_nothing_of_the_swap(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.wait(HOUR_MS)
    before, facts = (site.meter(), site.state()), len(site.facts())
    monkeypatch.setattr("gateway.application.settle.audit_charges", lambda *_: "planted")
    with pytest.raises(BooksInDoubt, match="a1 could not be billed to the last register: planted"):
        swap(site, typed="wang")
    assert ((site.meter(), site.state()), len(site.facts())) == (before, facts)
    assert tied(site, "m1") == "a1"


def test_a_room_in_lock_out_stays_locked_on_the_new_relay_and_a_cut_one_stays_cut(site: Site) -> None:
    site.drive(True)
    site.do(lock_out, "m1", "technician")
    site.drive(True)
    site.wait(HOUR_MS)
    swap(site)
    assert (site.relay("m2").locks, site.relay("m2").desired_closed) == (("technician",), False)
    assert site.drive(True, "m2") is False
    assert (site.relay("m1").locks, site.relay("m1").desired_closed) == ((), None)
    spent = Site()
    spent.configure()
    spent.grant("g", 10_000)
    spent.read(50_000)
    spent.wait(HOUR_MS)
    spent.read(51_000)
    spent.drive(True)
    assert spent.relay().desired_closed is False
    swap(spent)
    assert spent.relay("m2").desired_closed is False
    assert spent.drive(True, "m2") is False


def test_a_lock_out_of_the_new_meter_itself_stays_too(site: Site) -> None:
    site.do(lock_out, "m2", "technician")
    site.wait(HOUR_MS)
    swap(site)
    assert site.relay("m2").locks == ("technician",)
    assert site.relay("m2").desired_closed is False


def test_what_central_overrode_goes_over_to_the_new_relay(site: Site) -> None:
    site.command(SetRelay("m1", RelayWish.OPEN, "desk", "seized"))
    site.wait(HOUR_MS)
    swap(site)
    assert site.relay("m2").override is RelayWish.OPEN
    assert site.relay("m1").override is None


def test_a_swap_is_undone_by_swapping_back_and_no_energy_is_billed_twice(site: Site) -> None:
    site.wait(HOUR_MS)
    swap(site)
    use(site, 7_300, meter="m2")
    site.wait(HOUR_MS)
    back = swap(site, 7_500, 51_200, old="m2", new="m1")
    assert isinstance(back, Swap)
    site.configure(room(), bindings=[tie()])
    use(site, 51_900)
    site.wait(2 * HOUR_MS)
    site.read(51_900)
    site.do(settle_due)
    assert site.billed_wh() == 1_000 + 500 + 700
    assert tied(site, "m1") == "a1"
    swap(site, 52_000, 7_600)
    assert tied(site, "m2") == "a1"


def test_a_meter_that_was_known_before_begins_at_its_first_register_whatever_it_showed(site: Site) -> None:
    site.read(900_000, meter="m2")
    site.wait(HOUR_MS)
    assert isinstance(swap(site, first_wh=0), Swap)
    use(site, 200, meter="m2")
    assert site.meter("m2").doubt == ""
    site.wait(2 * HOUR_MS)
    site.read(200, meter="m2")
    site.do(settle_due)
    assert site.billed_wh() == 1_200


def test_on_an_untrusted_clock_the_binding_is_dated_behind_the_one_it_follows(site: Site) -> None:
    site.wait(HOUR_MS)
    site.configure(room(), bindings=[tie(from_ms=site.wall_ms)])
    site.read(50_500)
    known = site.state().binding
    site.trusted = False
    site.wait(HOUR_MS)
    fact = swap(site).fact
    site.configure(room(), bindings=[tie(from_ms=int(known.rsplit("-", 1)[1]))])
    site.read(60_000)
    assert (tied(site, "m1"), tied(site, "m2")) == (None, "a1")
    assert fact.from_ms > int(known.rsplit("-", 1)[1])
    assert not fact.at.trusted


def group(*subs: str, master: str = "m0") -> GroupRule:
    return GroupRule("g", GroupKind.FLOOR, master, list(subs))


def test_a_groups_meter_is_replaced_in_the_group_too_a_master_without_any_account(site: Site) -> None:
    groups = [group("m1")]
    site.configure(room(), groups=groups)
    site.read(500_000, meter="m0")
    site.wait(HOUR_MS)
    swap(site)
    assert swap(site, 501_000, 0, old="m0", new="m8").fact.account is None
    for _ in range(2):
        site.wait(60_000)
        rule = site.ask(lambda journal: groups_in_force(journal, site.now))["g"]
        assert (rule.master, rule.subs) == ("m8", ["m2"])
        site.configure(room(), groups=groups)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_swapped_master_is_booked_once_central_s_groups_have_followed(site: Site, at_once: bool) -> None:
    before = [group("m1")]
    site.configure(room(), groups=before)
    site.read(500_000, meter="m0")
    site.wait(HOUR_MS)
    there = swap(site, 501_000, 0, old="m0", new="m8").fact
    site.wait(HOUR_MS)
    back = swap(site, 1_000, 501_000, old="m8", new="m0").fact
    site.configure(room(), groups=before)
    assert booked(site) == {there.swap: False, back.swap: False}
    followed = with_new_meter(before, "m0", "m8", there.from_ms)
    if not at_once:
        site.configure(room(), groups=followed)
        assert booked(site) == {there.swap: True, back.swap: False}
    site.configure(room(), groups=with_new_meter(followed, "m8", "m0", back.from_ms))
    assert booked(site) == {there.swap: True, back.swap: True}
    site.command(BeginEpoch(site.booted.epoch, 10**6))
    assert site.facts(MeterSwapped) == [there, back]
    site.configure(room(), groups=[group("m1", master="m8")])
    assert site.ask(lambda journal: groups_in_force(journal, site.now))["g"].master == "m8"


def test_a_swapped_master_is_booked_too_when_central_s_groups_no_longer_name_it(site: Site) -> None:
    site.configure(room(), groups=[group("m1")])
    site.read(500_000, meter="m0")
    site.wait(HOUR_MS)
    fact = swap(site, 501_000, 0, old="m0", new="m8").fact
    site.configure(room(), groups=[group("m1", master="m7")])
    assert booked(site) == {fact.swap: True}


def booked(site: Site) -> dict[str, bool]:
    return {key: swap.booked for key, swap in site.ask(lambda journal: journal.records(Swap)).items()}


def test_a_master_swapped_there_and_back_is_swapped_there_again_and_that_is_what_was_done(site: Site) -> None:
    site.configure(groups=[group("m1")])
    site.read(900_000, meter="m0")
    done = []
    for old, new in (("m0", "m9"), ("m9", "m0"), ("m0", "m9")):
        site.wait(HOUR_MS)
        done.append(swap(site, None, 5_000, old=old, new=new))
        assert site.ask(groups_in_force, site.now)["g"].master == new
    site.wait(HOUR_MS)
    assert swap(site, None, 5_000, old="m0", new="m9") == done[-1]
    assert [fact.new_meter for fact in site.facts(MeterSwapped)] == ["m9", "m0", "m9"]


def test_a_new_epoch_says_again_what_central_has_not_booked(site: Site) -> None:
    site.wait(HOUR_MS)
    fact = swap(site).fact
    epoch = site.booted.epoch
    site.command(BeginEpoch(epoch, 10**6))
    assert site.facts(MeterSwapped) == [fact, fact]
    assert site.ask(unregistered)[0].fact == fact


def test_a_plan_says_what_will_be_billed_and_writes_nothing(site: Site) -> None:
    site.wait(HOUR_MS)
    facts = site.facts()
    order = SwapOrder(
        "m1", "m2", Sealed(51_000, site.now, b"l"), Sealed(7_000, site.now, b"f"), PLACE, "li", "x"
    )
    plan = site.ask(lambda journal: plan_swap(journal, order, site.now))
    assert (plan.account, plan.unbilled_wh, plan.last_wh) == ("a1", 1_000, 51_000)
    assert site.facts() == facts


def test_the_alarm_of_a_lock_out_moves_with_it(site: Site) -> None:
    site.do(lambda journal, now: raise_alarm(journal, "locked-out", "m1", "li: wet", now))
    site.wait(HOUR_MS)
    swap(site)
    stands = [(a.subject, a.raised) for a in site.facts(Alarm) if a.what == "locked-out"]
    assert stands == [("m1", True), ("m2", True), ("m1", False)]
