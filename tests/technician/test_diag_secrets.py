"""No secret leaves in the archive for support, however it is written; and the log in words."""

import ast
import gzip
import io
import json
import os
import sys
import tarfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest

import gateway
from gateway.__main__ import main
from gateway.adapters.control_protocol import ControlTold, LockTold, RoomStatus
from gateway.adapters.key_file import load_or_create_key
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.alarms import raise_alarm
from gateway.application.drive_relay import lock_out
from gateway.technician import diag_contents
from gateway.technician.checks.alarms import judge_alarms
from gateway.technician.checks.rooms import judge_rooms
from gateway.technician.diag_contents import doctor_without_words, status_without_words
from gateway.technician.findings import as_json
from gateway.technician.log_words import EVENTS
from gateway.technician.redaction import Redactor
from tests.application.site import YUAN, Site
from tests.config.test_load import good

BROKER_PASSWORD = "Tr0ub4dor&3 of b1"
METER_PASSWORD = "02739518"
ENVIRONMENT_TOKEN = "env-token-9f3kQ2"
COMMENT = "left-in-a-comment-77"
RESIDENT = "Zhang San of room 301"
CODE = "FQ8FW-GPQGN-5TWWS-P358A-0BCS1-FECS8-XKQBM-2CB62"
TLS_BODY = "MHcCAQEEIBIZw0planted0planted0planted0planted0planted0oAoGCCqGSM49"
TLS_KEY = f"-----BEGIN EC PRIVATE KEY-----\n{TLS_BODY}\n-----END EC PRIVATE KEY-----\n"
FRAME = "68020000202068140e" + "35a6c84b" + "33333333ab896745" + "cc16"
"""A write with METER_PASSWORD's bytes, each with 33H added."""


def forms(secret: str) -> set[str]:
    """A secret as it may be written: plain, hex, and base64 with 0, 1 or 2 bytes before it."""
    raw = secret.encode()
    cores = {
        b64encode(b"x" * before + raw).decode().rstrip("=")[(0, 2, 3)[before] : -2] for before in range(3)
    }
    return {secret, raw.hex(), raw.hex().upper(), *cores}


@pytest.fixture
def building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stopped gateway with secrets planted wherever one may lie, and a journalctl that tells of them."""
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "password").write_text(BROKER_PASSWORD + "\n")
    config = tmp_path / "gateway.toml"
    text = good(data).replace('"b1"', '"g1"') + f"# {COMMENT}\n"
    config.write_text(
        text.replace("[clock]", f'username = "g1"\npassword_file = "{tmp_path / "password"}"\n[clock]')
    )
    load_or_create_key(data / "gateway.key")
    (data / "tls.key").write_text(TLS_KEY)
    (data / "models").mkdir()
    (data / "models" / "own.toml").write_text(f'[relay]\npassword = "{METER_PASSWORD}"\n')
    registry = RegistryStore(data, read_models())
    registry.add_line(LineRow("a", "/dev/ttyUSB0", 2400, "E"))
    registry.add_meters([MeterRow("m1", "a", "202000000101", "generic-dlt645-2007", location="1-301")])
    site = Site(data / "journal.db")
    site.configure()
    site.grant("p1", YUAN)
    site.read(1_000)
    site.do(lambda journal, now: raise_alarm(journal, "locked-out", "m1", f"li: {RESIDENT} moved out", now))
    site.do(lambda journal, now: lock_out(journal, "m1", "technician", now))
    said = f"m1: {RESIDENT} says it smells"
    site.do(lambda journal, now: raise_alarm(journal, "software-control", "a1", said, now))
    site.close_journal()
    monkeypatch.setenv("MQTT_TOKEN", ENVIRONMENT_TOKEN)
    fake = tmp_path / "bin" / "journalctl"
    fake.parent.mkdir()
    (tmp_path / "lines").write_text("".join(json.dumps(entry) + "\n" for entry in planted_lines(data)))
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/lines\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    return config


def planted_lines(data: Path) -> list[dict[str, Any]]:
    key = (data / "gateway.key").read_text().strip()
    raw = bytes.fromhex(key)
    said = [
        {"event": "link-down", "level": "warning", "message": f"login as g1 with {BROKER_PASSWORD} refused"},
        {"event": "link-down", "level": "warning", "message": b64encode(f"g1:{BROKER_PASSWORD}".encode()).decode()},
        {"event": "link-down", "level": "warning", "message": BROKER_PASSWORD.encode().hex(" ")},
        {"event": "order-failed", "level": "error", "exception": f"Traceback\n  key={key} raw={raw!r}\n{TLS_KEY}"},
        {"event": "order-failed", "level": "error", "code": CODE, "sent": FRAME, "heard": bytes.fromhex(FRAME).hex(" ")},
        {"event": "stopped", "level": "error", "why": f"mqtts://g1:{COMMENT}@broker refused; password={COMMENT}"},
        {"event": "started", "level": "info", "env": ENVIRONMENT_TOKEN, "x": b64encode(ENVIRONMENT_TOKEN.encode()).decode()},
    ]  # fmt: skip
    return [
        {
            "MESSAGE": json.dumps({"timestamp": "2099-11-30T10:00:00Z", "part": "link", **line}),
            "PRIORITY": "6",
        }
        for line in said
    ] + [
        {
            "MESSAGE": list("Started it. ü".encode()),
            "PRIORITY": "4",
            "__REALTIME_TIMESTAMP": "4100000000000000",
        }
    ]


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["cardroom-gateway", *words])
    code = main()
    return (code, *capsys.readouterr())


def test_of_locked_rooms_and_faulty_meters_no_person_s_words_leave() -> None:
    locks = [LockTold("technician", RESIDENT, f"{RESIDENT} moved out", 3, RESIDENT)]
    control = ControlTold(RESIDENT, RESIDENT, 3, 4_000, 1, 2, RESIDENT)
    room = RoomStatus(
        "a1", "1-301", "yuan", 1, "m1", False, False, "confirmed: x", 1, lock_notes=locks, control=control
    )
    status = json.dumps(status_without_words({"rooms": [msgspec.to_builtins(room)]}))
    findings = [*judge_rooms([room]), *judge_alarms([f"locked-out m9: {RESIDENT}", "x y: told"])]
    doctor = json.dumps(doctor_without_words({"findings": [as_json(one) for one in findings]}))
    assert (RESIDENT in status, RESIDENT in doctor, "told" in doctor) == (False, False, True)


def test_no_planted_secret_leaves_in_any_form(
    building: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.tar.gz"
    code, out, err = run(monkeypatch, capsys, "diag", str(target), "--json", "--config", str(building))
    assert code == 0, err
    told = json.loads(out)
    with tarfile.open(target) as archive:
        texts = {Path(m.name).name: archive.extractfile(m).read().decode() for m in archive}  # type: ignore[union-attr]
    everything = "\n".join(texts.values()).lower()
    key = (building.parent / "data" / "gateway.key").read_text().strip()
    for secret in (BROKER_PASSWORD, ENVIRONMENT_TOKEN, COMMENT, key, TLS_BODY, CODE, RESIDENT):
        for form in forms(secret):
            assert form.lower() not in everything, (secret, form)
    for form in (
        METER_PASSWORD,
        FRAME,
        FRAME[18:26],
        bytes.fromhex(FRAME).hex(" "),
        b64encode(bytes.fromhex(key)).decode(),
    ):
        assert form.lower() not in everything, form
    assert {
        "versions.json",
        "config.json",
        "registry.json",
        "store.json",
        "alarms.json",
        "log.jsonl",
        "README.txt",
    } <= set(texts)
    assert set(told["left_out"]) >= {"status.json"}, "the daemon is stopped"
    assert json.loads(texts["registry.json"])["meters"][0]["address"] == "202000000101", (
        "what helps is still there"
    )
    assert json.loads(texts["store.json"])["rows"]["ledger"] == 1
    assert json.loads(texts["alarms.json"])[0]["what"] == "locked-out"
    assert texts["log.jsonl"].count("\n") == 8
    assert "tables with" in texts["README.txt"]
    assert "网关" in texts["README.txt"]
    assert gzip.decompress(target.read_bytes())
    assert run(monkeypatch, capsys, "diag", str(target), "--config", str(building))[0] == 1, (
        "never over a file"
    )
    sources = [source for source in diag_contents.SOURCES if source.name != "doctor.json"]
    monkeypatch.setattr(diag_contents, "SOURCES", sources)
    building.write_text(f'[gateway]\nid = "{COMMENT} {BROKER_PASSWORD}"\n')
    assert (
        run(monkeypatch, capsys, "diag", str(tmp_path / "broken.tar.gz"), "--config", str(building))[0] == 0
    )
    assert run(monkeypatch, capsys, "diag", str(target), "--config", str(building))[0] == 1, (
        "never over a file"
    )
    assert COMMENT.encode() not in gzip.decompress((tmp_path / "broken.tar.gz").read_bytes())


@pytest.mark.parametrize("secret", [
    "-----BEGIN PRIVATE KEY-----\naaaa bbbb\n-----END PRIVATE KEY-----", "68020000202068140e35a6c84b33333333cc16",
    "68 02 00 00 20 20 68 14 0E 35 A6 C8", "0x68,0x02,0x00,0x00,0x20,0x20,0x68,0x14,0x0e,0x35", "b'\\x01planted\\xff'",
    "FQ8FW-GPQGN-5TWWS-P358A", "FQ8FW GPQGN 5TWWS P358A 0BCS1", "AAAAB3NzaC1yc2EAAAADAQABAAABgQC7",
])  # fmt: skip
def test_what_looks_like_a_secret_goes_whosoever_it_is(secret: str) -> None:
    """The third net alone: this redactor knows no secret."""
    assert Redactor([]).clean(f"relay-settled raw={secret} ok") == "relay-settled raw=*** ok"


@pytest.mark.parametrize("plain", [
    "relay-settled meter=202000000101 register_wh=123456780 verdict=confirmed",
    "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", "password_file=/etc/cardroom/password",
    "epoch 9785486f7bff up to row 22", "the lowest price is billed, and trued up later; check the time server and the link",
])  # fmt: skip
def test_what_is_no_secret_stays(plain: str) -> None:
    assert Redactor([BROKER_PASSWORD]).clean(plain) == plain


def test_the_log_is_told_in_words(
    building: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(
        monkeypatch, capsys, "logs", "--since", "2h", "--level", "warning", "--config", str(building)
    )
    assert (code, err) == (0, "")
    assert "--since=-7200s" in (tmp_path / "asked").read_text()
    lines = out.splitlines()
    assert "2099-11-30 18:00:00 +08:00" in lines[0]
    assert EVENTS["link-down"] in lines[0]
    assert "[link-down]" in lines[0]
    assert "    Traceback" in lines
    assert "Started it. ü" in lines[-1]
    assert EVENTS["started"] not in out, "that is only info"
    code, out, _ = run(
        monkeypatch, capsys, "logs", "--grep", "could not go on", "--json", "--config", str(building)
    )
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["stopped"]
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"event": "store-full", "level": "error"}\nnot json\n'))
    code, out, _ = run(
        monkeypatch, capsys, "logs", "--file", "-", "--level", "error", "--config", str(building)
    )
    assert (code, out.count("\n"), EVENTS["store-full"] in out) == (0, 1, True)
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = run(monkeypatch, capsys, "logs", "--config", str(building))
    assert code == 1
    assert "--file" in err


def test_every_event_of_the_gateway_has_its_words() -> None:
    logged = {
        call.args[0].value
        for path in Path(gateway.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
        if call.func.value.id == "log" and call.args and isinstance(call.args[0], ast.Constant)
    }  # fmt: skip
    assert sorted(logged - set(EVENTS)) == []
