"""`keygen`, `sign`, `inspect`, `verify` as they are typed: good files, bad files, wrong arguments, in both languages."""

import os
from pathlib import Path

import pytest

from firmware_tools.__main__ import main
from firmware_tools.image.hex_records import Segment
from tests.firmware.hex_writer import write_hex
from tests.firmware.module_bench import PUBLIC, image, key_files, told

FIELDS = ["--product", "relay-6c", "--hardware", "3", "--version", "1.4.0"]


def en(*arguments: str) -> int:
    return main(["--lang", "en", *arguments])


def test_from_a_maker_s_hex_file_to_a_verified_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, firmware = tmp_path / "signer", tmp_path / "relay.hex"
    firmware.write_text(write_hex([Segment(0x0800_4000, b"a" * 40), Segment(0x0800_4030, b"b" * 8)]))
    assert en("keygen", str(key)) == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert en("sign", str(key), str(firmware), *FIELDS, "--min-version", "1.1.0") == 0
    assert en("inspect", str(firmware)) == 0
    signed = str(tmp_path / "relay.crfw")
    assert en("inspect", signed) == 0
    shown = capsys.readouterr().out
    for said in ("48 bytes in 2 segments", "gap of 8 bytes", "1.1.0 and newer", "08004000", "not checked"):
        assert said in shown
    assert en("verify", signed, "--key", f"{key}.pub", "--product", "relay-6c", "--json") == 0
    assert told(capsys.readouterr().out)["bytes"] == 56
    assert en("keygen", str(key)) == 2
    assert en("sign", str(key), str(firmware), *FIELDS) == 2
    assert "it is kept" in capsys.readouterr().err


def test_a_damaged_hex_file_is_shown_line_by_line_and_not_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, _ = key_files(tmp_path)
    lines = write_hex([Segment(0, bytes(48))]).splitlines()
    lines[1] = lines[1][:-1] + ("0" if lines[1][-1] != "0" else "1")
    damaged = tmp_path / "damaged.hex"
    damaged.write_text("\n".join(lines[:-1]))
    assert en("inspect", str(damaged)) == 1
    out = capsys.readouterr().out
    assert "line 2 has a wrong checksum" in out
    assert "line 3 is the last, and no end record was seen" in out
    assert en("sign", key, str(damaged), *FIELDS) == 1
    assert "First: line 2." in capsys.readouterr().err
    assert main(["--lang=zh", "inspect", str(damaged)]) == 1
    assert "第 2 行校验和错误" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        (lambda raw: raw[:-1], 1, "wrong-size"),
        (lambda raw: raw[:-1] + b"~", 1, "wrong-hash"),
        (lambda raw: raw[:130] + b"~" + raw[131:], 1, "forged"),
        (lambda raw: raw.replace(b"\r\n", b"\n", 1), 1, "text-damaged"),
        (lambda raw: raw[192:], 2, "not-signed"),
        (lambda raw: raw + bytes(5_000_000), 2, "file-too-large"),
    ],
)
def test_each_refusal_has_its_code_and_its_sentences(
    change: object, code: int, error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "image.crfw"
    file.write_bytes(change(image().raw))  # type: ignore[operator]
    assert en("verify", str(file), "--key", PUBLIC, "--json") == code
    found = told(capsys.readouterr().out)
    assert found["error"] == error
    assert all(found[part] for part in ("what", "why", "next"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "none", "f"], "the following arguments are required"),
        (["sign", "none", "f", *FIELDS], "none can't be read"),
        (["sign", "open", "f", *FIELDS], "chmod 600"),
        (["sign", "signer.key.pub", "f", *FIELDS], "no private Ed25519 key"),
        (["sign", "signer.key", ".", *FIELDS], "It is no file"),
        (["sign", "signer.key", "f", *FIELDS[:-1], "1.4"], "three numbers"),
        (["sign", "signer.key", "f", *FIELDS, "--product", "a b"], "without a space"),
        (["sign", "signer.key", "f", *FIELDS, "--hardware", "70000"], "0 to 65535"),
        (["sign", "signer.key", "f", *FIELDS, "--min-version", "2.0.0"], "is above the version"),
        (["sign", "signer.key", "empty", *FIELDS], "The file is empty"),
        (["sign", "signer.key", "f", *FIELDS, "--out", "no/where"], "can't be written"),
        (["sign", "signer.key", "f", *FIELDS, "--out", "/dev/null"], "it is kept"),
        (["verify", "f", "--key", "nothing"], "nothing can't be read"),
        (["verify", "f", "--key", "f"], "no public Ed25519 key"),
        (["inspect", "/dev/zero"], "It is no file"),
        (["flash", "f", "--key", PUBLIC], "no signed image"),
        (["identify", "--address", "12x"], "is no address"),
        (["identify", "--address", "0"], "is no address"),
        (["identify", "--baud", "1"], "is no speed"),
        (["flush"], "Is flash meant?"),
    ],
)
def test_wrong_arguments_are_answered_with_what_to_do(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    key_files(tmp_path)
    (tmp_path / "f").write_bytes(b"firmware")
    (tmp_path / "empty").touch()
    (tmp_path / "open").write_bytes((tmp_path / "signer.key").read_bytes())
    before = sorted(os.listdir(tmp_path))
    try:
        code = en(*arguments)
    except SystemExit as ended:
        code = ended.code  # type: ignore[assignment]
    assert code in (1, 2)
    assert said in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == before


def test_without_any_trusted_key_nothing_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_tools.image.key_files.TRUSTED", tmp_path / "trusted")
    file = tmp_path / "image.crfw"
    file.write_bytes(image().raw)
    assert en("verify", str(file)) == 2
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "signer.pub").write_text(PUBLIC)
    assert en("verify", str(file)) == 0
    assert "There is no key" in capsys.readouterr().err
