"""Two names of one grant (C-6), and what a rebuilt or restored store knows of sixty thousand of them (C-11)."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.application.alarms import station
from gateway.application.grant import apply_voucher
from gateway.application.records import KnownGrant, TakenSerial
from gateway.contract.commands import BeginEpoch, Configure, Grant, Opening, encode_command
from gateway.contract.envelope import MAX_BYTES
from gateway.contract.facts import Balance, CommandOutcome, EntryKind
from gateway.contract.rules import PolicyRule
from gateway.contract.voucher_code import short_name
from tests.application.site import PRICE, YUAN, Site, room, tie

APPLIED, EXISTS = CommandOutcome.APPLIED, CommandOutcome.EXISTS
GRANT = Grant("p-one", "a1", "paid", "yuan", 3 * YUAN, note="receipt 1", serial=42)
CODED = msgspec.structs.replace(GRANT, grant=short_name(GRANT), note="")
"""As a code tells it."""
BEFORE_SERIALS = msgspec.structs.replace(GRANT, serial=0)
CARRIERS: dict[str, Callable[[Site], Any]] = {
    "command": lambda site: site.command(GRANT).result,
    "file": lambda site: site.do(apply_voucher, GRANT),
    "code": lambda site: site.do(apply_voucher, CODED),
}


@pytest.mark.parametrize("order", list(permutations(CARRIERS)), ids="-".join)
@pytest.mark.parametrize("dies_between", [False, True])
def test_c6_command_file_and_code_credit_once_in_every_order(
    tmp_path: Path, order: tuple[str, ...], dies_between: bool
) -> None:
    site = Site(tmp_path / "journal.db")
    site.configure()
    outcomes = []
    for carrier in (*order, *order):
        outcomes.append(CARRIERS[carrier](site).outcome)
        if dies_between:
            site.reopen()
    assert outcomes == [APPLIED, *[EXISTS] * 5]
    assert site.balance() == 3 * YUAN
    assert [e.source for e in site.entries() if e.entry_kind is EntryKind.GRANT] == [
        CODED.grant if order[0] == "code" else "p-one"
    ]
    site.close_journal()


@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(GRANT, grant="p-two"),
        msgspec.structs.replace(CODED, amount=YUAN),
        msgspec.structs.replace(CODED, grant="n-42-0000"),
        msgspec.structs.replace(GRANT, amount=YUAN),
    ],
    ids=["other-id", "other-amount", "other-tag", "same-id"],
)
def test_c1_the_same_serial_with_other_content_is_an_alarm_and_no_credit(site: Site, other: Grant) -> None:
    site.command(GRANT)
    assert site.do(apply_voucher, other).outcome is CommandOutcome.EXISTS_WITH_DIFFERENT
    assert site.balance() == 13 * YUAN
    assert "exists-with-different" in site.standing()


@pytest.mark.parametrize("first", [GRANT, BEFORE_SERIALS], ids=["with", "without"])
def test_c1_what_was_signed_before_serials_is_the_same_grant(site: Site, first: Grant) -> None:
    second = BEFORE_SERIALS if first is GRANT else GRANT
    assert [site.do(apply_voucher, grant).outcome for grant in (first, second)] == [APPLIED, EXISTS]


def opening(site: Site, up_to: int, pending: list[int], known: list[str], yuan: int) -> Configure:
    opened = Opening(
        site.ask(station).epoch, [Balance("a1", "paid", "yuan", yuan * YUAN)], {}, known, up_to, pending
    )
    return Configure(99, [room()], [tie()], [PRICE], PolicyRule(), opened)


@pytest.mark.parametrize("carried", [GRANT, CODED], ids=["file", "code"])
def test_c11_a_late_voucher_of_a_grant_in_the_opening_credits_nothing(carried: Grant) -> None:
    site = Site()
    site.deliver(site.sealed(opening(site, 50, [43], [], 7), 1))
    assert site.do(apply_voucher, carried).outcome is EXISTS
    assert site.balance() == 7 * YUAN


@pytest.mark.parametrize("carried", [GRANT, CODED], ids=["file", "code"])
def test_c11_a_pending_one_is_credited_once(carried: Grant) -> None:
    site = Site()
    site.deliver(site.sealed(opening(site, 50, [41, 42], [], 7), 1))
    site.number = 1
    assert [site.do(apply_voucher, carried).outcome for _ in range(2)] == [APPLIED, EXISTS]
    assert site.command(GRANT).result.outcome is EXISTS
    assert site.balance() == 10 * YUAN


def test_c11_a_newer_one_than_the_opening_is_credited() -> None:
    site = Site()
    site.deliver(site.sealed(opening(site, 41, [], [], 7), 1))
    assert site.do(apply_voucher, CODED).outcome is APPLIED


@pytest.mark.parametrize("carried", [GRANT, CODED, BEFORE_SERIALS], ids=["file", "code", "old-file"])
@pytest.mark.parametrize("acknowledged", [True, False])
def test_c11_a_store_that_went_back_knows_what_its_opening_says(
    site: Site, carried: Grant, acknowledged: bool
) -> None:
    """What this store remembers of the grant is worth nothing: central's books hold it, or they don't."""
    site.do(apply_voucher, carried)
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    known = ["p-one"] if acknowledged and carried is BEFORE_SERIALS else []
    pending = [] if acknowledged else [42]
    site.deliver(site.sealed(opening(site, 50, pending, known, 20), site.number + 1))
    again = site.do(apply_voucher, carried).outcome
    assert again is (EXISTS if acknowledged else APPLIED)
    assert site.balance() == (20 if acknowledged else 23) * YUAN


def test_c11_an_opening_over_sixty_thousand_grants_is_one_small_message() -> None:
    site = Site()
    pending = list(range(7, 60_000, 100))
    configure = opening(site, 60_000, pending, [], 7)
    assert len(encode_command(configure)) < MAX_BYTES // 100
    site.deliver(site.sealed(configure, 1))
    carried = range(7, 60_001, 950)
    for serial in carried:
        late = Grant(f"p-{serial}", "a1", "paid", "yuan", YUAN, serial=serial)
        expected = APPLIED if serial in pending else EXISTS
        assert site.do(apply_voucher, late).outcome is expected, serial
    credited = len([serial for serial in carried if serial in pending])
    assert site.balance() == (7 + credited) * YUAN
    assert 0 < credited < len(carried)


def test_c11_a_store_with_thousands_keeps_exactly_those_in_the_opening(site: Site) -> None:
    for serial in range(1, 301):
        site.do(apply_voucher, Grant(f"p-{serial}", "a1", "paid", "yuan", YUAN, serial=serial))
    site.do(apply_voucher, BEFORE_SERIALS)
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    site.deliver(site.sealed(opening(site, 200, [5, 6], [], 198), site.number + 1))
    known = set(site.ask(lambda journal: journal.records(KnownGrant)))
    serials = set(site.ask(lambda journal: journal.records(TakenSerial)))
    kept = {str(serial) for serial in range(1, 201)} - {"5", "6"}
    assert serials == kept
    assert known == {f"p-{serial}" for serial in kept}


def test_who_brought_a_voucher_is_told_to_central(site: Site) -> None:
    result = site.do(lambda journal, now: apply_voucher(journal, GRANT, now, "li"))
    assert (result.number, result.command, result.detail) == (0, "p-one", "brought by li")
