"""The gateway's key: made once, whole or not at all, readable by its owner only, never shown."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.adapters.key_file import (
    KeyTrouble,
    NoKey,
    load_key,
    load_or_create_key,
    public_key_hex,
    read_password,
)
from gateway.contract.envelope import KeySigner, Refusal, keyring_from_hex, seal, unseal


def test_a_key_is_made_once_and_signs_as_its_public_half_says(tmp_path: Path) -> None:
    first, second = load_or_create_key(tmp_path / "gateway.key"), load_or_create_key(tmp_path / "gateway.key")
    assert isinstance(first, KeySigner)
    assert isinstance(second, KeySigner)
    assert first.key_id == second.key_id
    assert stat.S_IMODE((tmp_path / "gateway.key").stat().st_mode) == 0o600
    sealed = seal(
        second, kind="up", sender="b1", recipient="central", message_id="1", issued_ms=0, body=b"{}"
    )
    keyring = keyring_from_hex([public_key_hex(first)])
    assert not isinstance(unseal(sealed, keyring, kind="up", sender="b1", recipient="central"), Refusal)
    assert os.listdir(tmp_path) == ["gateway.key"]


def test_many_that_make_it_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(load_or_create_key, [tmp_path / "gateway.key"] * 8))
    assert len({signer.key_id for signer in made if isinstance(signer, KeySigner)}) == 1


@pytest.mark.parametrize(
    ("content", "mode", "trouble"),
    [
        (b"ab" * 32, 0o640, KeyTrouble.TOO_OPEN),
        (b"ab" * 32, 0o604, KeyTrouble.TOO_OPEN),
        (b"", 0o600, KeyTrouble.NOT_A_KEY),
        (b"ab" * 31, 0o600, KeyTrouble.NOT_A_KEY),
        (b"ab" * 31 + b"zz", 0o600, KeyTrouble.NOT_A_KEY),
        (b"\xff" * 64, 0o600, KeyTrouble.NOT_A_KEY),
    ],
)
def test_a_file_that_is_no_safe_key_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, mode: int, trouble: KeyTrouble
) -> None:
    path = tmp_path / "gateway.key"
    path.write_bytes(content)
    path.chmod(mode)
    refused = load_or_create_key(path)
    assert isinstance(refused, NoKey)
    assert refused.trouble is trouble
    assert path.read_bytes() == content
    assert not content or content.decode("latin-1") not in refused.message


def test_troubles_with_the_folder_are_named(tmp_path: Path) -> None:
    missing = load_key(tmp_path / "gateway.key")
    assert isinstance(missing, NoKey)
    assert missing.trouble is KeyTrouble.MISSING
    unwritable = load_or_create_key(Path("/proc/self/gateway.key"))
    assert isinstance(unwritable, NoKey)
    assert unwritable.trouble is KeyTrouble.UNWRITABLE
    unreadable = load_key(tmp_path)
    assert isinstance(unreadable, NoKey)
    assert unreadable.trouble is KeyTrouble.UNREADABLE


def test_a_signer_shows_nothing_of_its_key(tmp_path: Path) -> None:
    signer = load_or_create_key(tmp_path / "gateway.key")
    assert (tmp_path / "gateway.key").read_text().strip() not in repr(signer)


@pytest.mark.parametrize("text", ["open sesame", "open sesame\n", "open sesame\r\n"])
def test_a_password_is_its_file_without_the_lines_end(tmp_path: Path, text: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(text.encode())
    assert read_password(path) == "open sesame"
