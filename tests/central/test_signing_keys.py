"""Central's keys are prepared, told, switched, retired; and the loss of the one that signs is survived (R-G5)."""

import json
from pathlib import Path

import pytest

from central.ingest.take_message import MessageTaker
from central.link import outbox, signing_keys
from central.link.models import Command, Gateway, SigningKey
from central.link.operations import ask_resend, enrol_gateway
from central.link.signing import SigningKeyMissing, former_file, public_key_hex, signer
from central.link.signing_keys import KeyRefusal, Refused
from gateway.contract.commands import MOST_KEYS, TrustKeys, decode_command
from gateway.contract.envelope import Refusal, Sealed, keyring_from_hex, unseal
from gateway.contract.facts import CommandOutcome, CommandResult
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def last_command(gateway: str) -> Command:
    return Command.objects.filter(gateway=gateway).latest("pk")


def opened(command: Command, *keys: str) -> Sealed | Refusal:
    ring = keyring_from_hex(list(keys))
    return unseal(bytes(command.sealed), ring, kind="down", sender="central", recipient=command.gateway_id)


def answer(taker: MessageTaker, twin: GatewayTwin, outcome: CommandOutcome = CommandOutcome.APPLIED) -> None:
    """The gateway takes everything that it was sent."""
    for command in Command.objects.filter(gateway=twin.name, state__in=outbox.OPEN_STATES).order_by("pk"):
        result = CommandResult(command.number, command.command_id, outcome, twin.at())
        taker.take(twin.topic("up"), twin.batch(result), twin.now_ms)


def prepared(file: Path) -> str:
    made = signing_keys.prepare(file, again=False, actor="test", now_ms=NOW_MS)
    assert isinstance(made, str)
    return made


def switched(file: Path, *without: str) -> str | Refused:
    return signing_keys.switch(file, without=without, actor="test", now_ms=NOW_MS)


def why(done: str | Refused) -> tuple[object, ...]:
    assert isinstance(done, Refused)
    return done.why, *done.about


def test_keys_change_when_every_gateway_knows_the_next_one(
    taker: MessageTaker, twin: GatewayTwin, tmp_path: Path
) -> None:
    old, file = public_key_hex(), tmp_path / "next.key"
    new = prepared(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert new not in " ".join(path.read_text() for path in tmp_path.glob("*.key"))  # only the private half
    order = decode_command(bytes(last_command(twin.name).body))
    assert order == TrustKeys([old, new])
    assert why(switched(file)) == (KeyRefusal.NOT_EVERYBODY, twin.name)
    assert signing_keys.tell_keys(NOW_MS) == 0  # told once, it is on its way
    answer(taker, twin)
    assert switched(file) == new
    assert signer().key_id == new[:16]
    ask_resend(twin.name, "e1", 1, actor="test", now_ms=NOW_MS)
    assert isinstance(opened(last_command(twin.name), new), Sealed)
    assert why(switched(file)) == (KeyRefusal.SIGNS_ALREADY, new[:16])
    assert {row.state for row in SigningKey.objects.all()} == {"active", "former"}
    # Retired: told to the gateways, gone from the disk, believed nowhere.
    assert signing_keys.retire(old[:16], actor="test", now_ms=NOW_MS) == old
    assert decode_command(bytes(last_command(twin.name).body)) == TrustKeys([new], [old])
    assert not former_file(old[:16]).exists()
    answer(taker, twin)
    assert Gateway.objects.get(pk=twin.name).central_keys == [new[:16]]
    assert why(signing_keys.retire(new, actor="test", now_ms=NOW_MS)) == (KeyRefusal.IN_USE, new)


def test_a_gateway_that_was_left_behind_is_spoken_to_by_the_key_that_it_believes(
    taker: MessageTaker, twin: GatewayTwin, tmp_path: Path
) -> None:
    old, file = public_key_hex(), tmp_path / "next.key"
    taker.take(twin.topic("birth"), twin.birth(boot="boot-2", central_keys=[old[:16]]), NOW_MS + 1)
    new = prepared(file)
    assert switched(file, twin.name) == new
    ask_resend(twin.name, "e1", 1, actor="test", now_ms=NOW_MS)
    assert isinstance(opened(last_command(twin.name), old), Sealed)
    assert why(signing_keys.retire(old, actor="test", now_ms=NOW_MS)) == (KeyRefusal.NOT_EVERYBODY, twin.name)
    batch = taker.take(twin.topic("up"), twin.batch(b"{}"), twin.now_ms)
    assert batch is not None
    ring = keyring_from_hex([old])
    assert isinstance(unseal(batch.payload, ring, kind="ack", sender="central", recipient=twin.name), Sealed)
    answer(taker, twin)  # it has learnt the new one
    ask_resend(twin.name, "e1", 1, actor="test", now_ms=NOW_MS)
    assert isinstance(opened(last_command(twin.name), new), Sealed)


def test_what_a_retired_key_sealed_and_nobody_answered_is_the_same_command_under_the_new_one(
    taker: MessageTaker, twin: GatewayTwin, tmp_path: Path
) -> None:
    old, file = public_key_hex(), tmp_path / "next.key"
    new = prepared(file)
    answer(taker, twin)
    ask_resend(twin.name, "e1", 1, actor="test", now_ms=NOW_MS)
    before = opened(last_command(twin.name), old)
    switched(file)
    signing_keys.retire(old, actor="test", now_ms=NOW_MS)
    waiting = Command.objects.filter(gateway=twin.name, kind="resend").latest("pk")
    after = opened(waiting, new)
    assert isinstance(before, Sealed)
    assert isinstance(after, Sealed)
    assert (after.id, after.number, bytes(after.body)) == (before.id, before.number, bytes(before.body))
    assert opened(waiting, old) is Refusal.UNKNOWN_KEY


def test_many_retired_keys_are_no_more_than_a_gateway_takes(
    taker: MessageTaker, twin: GatewayTwin, tmp_path: Path
) -> None:
    """Each next key whose file was lost is retired, too: after years the order would be refused by every gateway."""
    for number in range(40):
        SigningKey.objects.create(public_key=f"{number:064x}", state="retired", since_ms=number)
    prepared(tmp_path / "next.key")
    told = json.loads(bytes(last_command(twin.name).body))
    assert told["retired"] == [f"{number:064x}" for number in range(40 - MOST_KEYS, 40)]


def test_the_loss_of_the_key_that_signs_is_survived(
    taker: MessageTaker, twin: GatewayTwin, tmp_path: Path, signing_key: Path
) -> None:
    old, file = public_key_hex(), tmp_path / "safe" / "next.key"
    file.parent.mkdir()
    new = prepared(file)
    answer(taker, twin)
    assert why(signing_keys.recover(file, actor="test", now_ms=NOW_MS)) == (KeyRefusal.NOT_LOST,)
    # Somebody put another key in its place: no gateway knows it, so it is no reason not to recover.
    signing_key.write_text("03" * 32)
    assert signing_keys.recover(file, actor="test", now_ms=NOW_MS) == new
    signing_key.unlink()
    with pytest.raises(SigningKeyMissing, match="recover"):
        signer()
    assert signing_keys.recover(file, actor="test", now_ms=NOW_MS) == new
    ask_resend(twin.name, "e1", 1, actor="test", now_ms=NOW_MS)
    assert isinstance(opened(last_command(twin.name), new), Sealed)
    assert signing_keys.retire(old, actor="test", now_ms=NOW_MS) == old
    assert prepared(tmp_path / "third.key") != new


def test_files_and_keys_that_are_none_of_ours(twin: GatewayTwin, tmp_path: Path) -> None:
    file, other = tmp_path / "next.key", tmp_path / "other.key"
    new = prepared(file)
    again = signing_keys.prepare(tmp_path / "x.key", again=False, actor="test", now_ms=NOW_MS)
    assert why(again) == (KeyRefusal.NEXT_EXISTS, new[:16])
    assert why(signing_keys.prepare(file, again=True, actor="test", now_ms=NOW_MS)) == (
        KeyRefusal.FILE_EXISTS,
        str(file),
    )
    other.write_text("11" * 32)
    assert why(switched(other))[0] is KeyRefusal.UNKNOWN_KEY
    other.write_text("nonsense")
    assert why(switched(other)) == (KeyRefusal.UNREADABLE, str(other))
    with pytest.raises(FileNotFoundError):
        switched(tmp_path / "nothing")
    assert isinstance(signing_keys.prepare(tmp_path / "y.key", again=True, actor="test", now_ms=NOW_MS), str)
    assert why(switched(file)) == (KeyRefusal.RETIRED, new[:16])
    assert why(signing_keys.retire("00", actor="test", now_ms=NOW_MS)) == (KeyRefusal.UNKNOWN_KEY, "00")


def test_older_software_is_asked_once_and_a_switch_waits_for_it(
    taker: MessageTaker, twin: GatewayTwin, tmp_path: Path
) -> None:
    file = tmp_path / "next.key"
    prepared(file)
    answer(taker, twin, CommandOutcome.UNSUPPORTED)
    assert signing_keys.tell_keys(NOW_MS + 1) == 0
    assert why(switched(file)) == (KeyRefusal.NOT_EVERYBODY, twin.name)
    enrol_gateway(twin.name, "1", "02" * 32, actor="test", now_ms=NOW_MS)
