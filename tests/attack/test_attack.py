"""A small share of `make attack`: nothing bad acts, all that is valid does; each hole that is made on purpose is found (R-G5)."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import structlog

from gateway.application import apply_command, grant, outbox
from gateway.contract import envelope
from gateway.contract.commands import Command
from gateway.contract.facts import Fact
from gateway.loops.receive_commands import CommandReceiver
from tests.attack.attack_gateway import GatewayAttack
from tests.attack.attack_vouchers import VoucherAttack
from tests.attack.run import CENTRAL_KINDS, KINDS, attack_gateways, quiet
from tests.attack.tally import Tally
from tests.central.conftest import signing_key

BOTH = pytest.mark.django_db(databases=["default", "telemetry"])
Patch = pytest.MonkeyPatch
assert signing_key, "a fixture for each of these tests"


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    before = structlog.get_config()
    quiet()
    yield
    structlog.configure(**before)


def test_at_a_gateway_nothing_bad_acts_and_all_that_is_valid_does() -> None:
    tally = Tally()
    asyncio.run(attack_gateways(tally, 1, seed=7, blocks=11))
    assert tally.holes() == []
    assert (tally.total("acted"), tally.total("unnamed"), tally.total("sent") > 900) == (0, 0, True)
    assert all(sent == acted for sent, acted in tally.kinds.values())


def test_every_kind_of_command_and_of_row_stands_among_the_valid_ones() -> None:
    """A new kind is attacked, or a run misses it; a swap changes which meter is whose, and is said of others' meters only."""
    named = {"loss-balances": "balances", "command-result": "command's result"}
    assert kinds_of(Command) <= set(KINDS)
    assert {named.get(kind, kind) for kind in kinds_of(Fact)} - set(CENTRAL_KINDS) == {"meter-swapped"}


def kinds_of(union: Any) -> set[str]:
    return {one.__struct_config__.tag for one in get_args(union)}


@pytest.fixture
def at_central() -> Any:
    """An attack on a central that was just set up."""
    from central.campus.operations import make_default_classes
    from tests.attack.attack_central import CentralAttack
    from tests.attack.target_central import TargetCentral

    make_default_classes()
    attack = CentralAttack(TargetCentral(), Tally(), random.Random(7))
    attack.begin()
    yield attack
    attack.target.deafen()


@BOTH
def test_at_central_nothing_bad_acts_and_all_that_is_valid_does(at_central: Any, tmp_path: Path) -> None:
    from tests.attack.attack_web import web

    for _ in range(3):
        at_central.rows(23)
    at_central.births(23)
    at_central.answers(23)
    at_central.states()
    at_central.revoked(3)
    web(at_central, tmp_path, random.Random(7), rounds=1, shots=6)
    at_central.former_epoch(20)
    assert at_central.tally.holes() == []
    assert at_central.nothing_escaped()
    assert at_central.counters_agree()


# --- holes in a gateway


def no_number(patch: Patch) -> None:
    def done_again(journal: Any, sealed: Any, now: Any) -> Any:
        body = apply_command.decode_command(bytes(sealed.body))
        return apply_command._take(journal, sealed, body, now, lambda *_: False)

    patch.setattr(apply_command, "_repeated", done_again)


def no_expiry(patch: Patch) -> None:
    patch.setattr(apply_command, "_has_expired", lambda *_: False)


def no_order(patch: Patch) -> None:
    patch.setattr(apply_command, "_opens_this_epoch", lambda *_: True)


def no_recipient(patch: Patch) -> None:
    checked = envelope._checked

    def of_anybody(signed: bytes, key: str, kind: str, sender: str | None, recipient: str) -> Any:
        found = checked(signed, key, kind, sender, recipient)
        if found is envelope.Refusal.WRONG_RECIPIENT:
            return envelope.msgspec.json.decode(signed, type=envelope.Sealed)
        return found

    patch.setattr(envelope, "_checked", of_anybody)


def no_signature(patch: Patch) -> None:
    class Believes:
        def verify(self, *_: object) -> None: ...

    def ring(public_keys: list[str]) -> Any:
        return envelope.Keyring(dict.fromkeys(real(public_keys).keys, Believes()))  # type: ignore[arg-type]

    real = envelope.keyring_from_hex
    patch.setattr("gateway.app.assembly.keyring_from_hex", ring)


def no_second_signature(patch: Patch) -> None:
    patch.setattr("gateway.app.assembly.Approver.__call__", lambda *_: True)


def no_known_grants(patch: Patch) -> None:
    patch.setattr(grant, "known_grant", lambda *_: None)


def any_gap_believed(patch: Patch) -> None:
    patch.setattr(CommandReceiver, "_is_of_now", lambda *_: True)


def any_ack_believed(patch: Patch) -> None:
    def believing(journal: Any, ack: Any, now: Any) -> Any:
        mark = journal.record(outbox.OutboxMark, ack.epoch)
        if mark is None:
            return outbox.AckOutcome.UNKNOWN_EPOCH
        journal.keep(ack.epoch, outbox.msgspec.structs.replace(mark, acked_seq=min(ack.seq, 2**40)))
        return outbox.AckOutcome.TAKEN

    patch.setattr("gateway.loops.receive_commands.acknowledge", believing)


def guesses_without_end(patch: Patch) -> None:
    patch.setattr("gateway.app.vouchers.WRONG_CODES", 1_000)


def any_code_fits(patch: Patch) -> None:
    patch.setattr("gateway.contract.voucher_code.compare_digest", lambda *_: True)


def nothing_is_counted(patch: Patch) -> None:
    patch.setattr(CommandReceiver, "_refuse", lambda *_: None)


HOLES = (
    *(no_number, no_expiry, no_order, no_recipient, no_signature, no_second_signature, no_known_grants),
    *(any_gap_believed, any_ack_believed, guesses_without_end, any_code_fits, nothing_is_counted),
)


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_in_a_gateway_is_found(
    hole: Callable[[Patch], None], monkeypatch: Patch, tmp_path: Path
) -> None:
    tally = Tally()
    hole(monkeypatch)
    asyncio.run(_until_it_is_found(tally, tmp_path))
    assert tally.total("acted") or tally.total("unnamed")


async def _until_it_is_found(tally: Tally, folder: Path) -> None:
    attack = GatewayAttack(folder, tally, random.Random(3))
    await attack.begin()
    vouchers = VoucherAttack(attack)
    acts = (lambda: attack.block(23), lambda: attack.acks(5), lambda: vouchers.files(5), vouchers.codes)
    try:
        for turn in range(60):
            await acts[turn % 4]()
            if tally.total("acted") or tally.total("unnamed"):
                return
    finally:
        await attack.gateway.stop()


# --- holes in central


def no_signature_at_central(patch: Patch) -> None:
    patch.setattr("gateway.contract.envelope.InvalidSignature", Exception)
    patch.setattr("central.ingest.take_message.keyring_from_hex", _believing)


def _believing(public_keys: list[str]) -> Any:
    class Believes:
        def verify(self, *_: object) -> None: ...

    return envelope.Keyring(dict.fromkeys(envelope.keyring_from_hex(public_keys).keys, Believes()))  # type: ignore[arg-type]


def every_birth_is_news(patch: Patch) -> None:
    patch.setattr("central.link.epochs._is_stale", lambda *_: False)


def forgotten_boots_are_news(patch: Patch) -> None:
    patch.setattr("central.link.epochs._is_of_forgotten_boot", lambda *_: False)


def any_building_may_speak_of_another(patch: Patch) -> None:
    from central.ingest.own_building import OwnRows

    patch.setattr("central.ingest.take_batch.own_rows", lambda _, rows: OwnRows(list(rows)))


def totals_are_anybodys(patch: Patch) -> None:
    class NoSuchRow: ...

    patch.setattr("central.ingest.own_building.LossBalances", NoSuchRow)


def past_answers_count(patch: Patch) -> None:
    patch.setattr("central.link.outbox.is_present", lambda *_: True)


CENTRAL_HOLES = (
    *(no_signature_at_central, every_birth_is_news, forgotten_boots_are_news),
    *(any_building_may_speak_of_another, totals_are_anybodys, past_answers_count),
)


@BOTH
def test_each_hole_in_central_is_found(at_central: Any) -> None:
    for hole in CENTRAL_HOLES:
        at_central.tally = Tally()
        with pytest.MonkeyPatch.context() as patch:
            hole(patch)
            _until_central_is_found(at_central)
        assert at_central.tally.total("acted"), hole


def _until_central_is_found(attack: Any) -> None:
    acts = (
        lambda: attack.rows(6),
        lambda: attack.births(4),
        lambda: attack.answers(4),
        attack.forgotten_boots,
    )
    for turn in range(80):
        acts[turn % 4]()
        if attack.tally.total("acted"):
            return
