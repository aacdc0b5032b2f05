"""`cardroom-gateway setup` against a central by the contract: what is written, what is said, what a power cut leaves."""

import json
import os
import stat
from pathlib import Path

import pytest

from gateway import words
from gateway.adapters.central_web import WebTrouble
from gateway.adapters.control_protocol import Reply
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.config import GatewayConfig, load_config
from gateway.contract.enrolment import EnrolRefusal, grouped
from gateway.technician.setup import asking, checks, command, service
from gateway.technician.setup.central_words import NO_ANSWER, REFUSALS
from gateway.technician.setup.places import Places
from tests.technician.enrolling_central import LETTERS, EnrollingCentral, listening

CODE = grouped(LETTERS)
REGISTRY = {
    "lines": [{"name": "a", "port": "/dev/serial/by-id/usb-FTDI", "baud": 9600, "parity": "E"}],
    "meters": [
        {"meter_number": "M1", "line": "a", "address": "1", "model": "generic-dlt645-2007", "ct_ratio": 40, "location": "101",
         "test": None}
    ],
}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["setup", *arguments])
    code = int(args.run(args))
    said = capsys.readouterr()
    return code, said.out, said.err


def set_up(
    capsys: pytest.CaptureFixture[str], central: EnrollingCentral, root: Path, *more: str, code: str = CODE
) -> tuple[int, dict]:
    address = more[more.index("--central") + 1] if "--central" in more else f"127.0.0.1:{central.port}"
    words = [
        "--central",
        address,
        "--code",
        code,
        "--yes",
        "--json",
        "--no-start",
        "--wait",
        "0",
        "--folder",
        str(root),
    ]
    status, out, _ = run(capsys, *words)
    return status, json.loads(out)


def codes(found: dict) -> list[str]:
    return [finding["code"] for finding in found["findings"]]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_asked", ["en"])
    monkeypatch.setattr(
        checks, "broker_findings", lambda _: []
    )  # no broker here; tests/dead_pi has a real one


def test_a_blank_card_becomes_the_gateway_and_the_same_again_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(EnrollingCentral(registry=REGISTRY, had_gateway=True)) as central:
        status, found = set_up(capsys, central, tmp_path, code=CODE.lower().replace("-", " "))
        assert status == 1, "the restored line's adapter isn't plugged in here, and that is said"
        assert (found["gateway"], found["building"], found["name"]) == ("b1", "1", "1号楼")
        assert {"registry-restored", "written", "port-missing", "config-good"} <= set(codes(found))
        places = Places(tmp_path)
        config = load_config(places.config)
        assert isinstance(config, GatewayConfig)
        assert config.central.public_keys == (central.public_hex,)
        assert (config.mqtt.port, config.mqtt.tls, config.mqtt.key_file) == (8883, True, places.tls_key)
        assert config.web.url == f"http://127.0.0.1:{central.port}"
        registry = RegistryStore(places.data, {})
        assert registry.lines() == [LineRow("a", "/dev/serial/by-id/usb-FTDI", 9600, "E")]
        assert registry.meters() == [MeterRow("M1", "a", "1", "generic-dlt645-2007", 40, "101")]
        for path in (places.key, places.tls_key):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        before = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        _, again = set_up(capsys, central, tmp_path)
        assert "registry-kept" in codes(again)
        after = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert before.keys() == after.keys()
        assert {name for name in before if before[name] != after[name]} == {"tls.pem"}
        assert len(set(central.public_keys)) == 1, "the same keys are kept"
        # an old card of the building: another one served meanwhile, and central heard of a meter more
        moved = {**REGISTRY["meters"][0], "address": "2"}
        assert (found["is_same"], again["is_same"]) == (False, True)
        central.registry = {**REGISTRY, "meters": [moved, {**moved, "meter_number": "M2", "address": "3"}]}
        _, old = set_up(capsys, central, tmp_path)
        (differs,) = (one for one in old["findings"] if one["code"] == "registry-differs")
        assert "M1, M2" in differs["what"]
        assert registry.meters()[0].address == "1", "a person says which one is right"
        registry.path.rename(registry.path.with_name("registry.json.old"))
        _, taken = set_up(capsys, central, tmp_path)
        assert "registry-restored" in codes(taken)
        assert {one.address for one in RegistryStore(places.data, {}).meters()} == {"2", "3"}


def test_an_old_configuration_is_kept_aside_and_what_was_tuned_in_it_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(EnrollingCentral()) as central:
        assert set_up(capsys, central, tmp_path)[0] == 0
        places = Places(tmp_path)
        tuned = places.config.read_text() + "\n[polling]\npause_ms = 70\n"
        places.config.write_text(tuned)
        central.broker = ("broker.example.edu", 8884)
        assert set_up(capsys, central, tmp_path)[0] == 0
    config = load_config(places.config)
    assert isinstance(config, GatewayConfig)
    assert (config.mqtt.host, config.polling.pause_ms) == ("broker.example.edu", 70)
    assert places.config.with_name("gateway.toml.old-1").read_text() == tuned


def test_a_power_cut_at_any_write_leaves_nothing_half_and_the_same_again_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    really, cuts = os.replace, 0

    def replace_until(left: list[int]) -> None:
        def replace(*paths: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(5, "the power is cut", str(paths[1]))
            really(*paths)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "replace", replace)

    with listening(EnrollingCentral(registry=REGISTRY)) as central:
        while True:
            root = tmp_path / str(cuts)
            replace_until([cuts])
            status, found = set_up(capsys, central, root)
            monkeypatch.setattr(os, "replace", really)
            if not {"not-written", "no-key"} & set(codes(found)):
                break
            assert status == 1
            assert not Places(root).config.exists(), (
                "the configuration is the last: without it nothing starts"
            )
            assert not [path for path in root.rglob(".*") if path.is_file()]
            _, again = set_up(capsys, central, root)
            assert {"written", "config-good"} <= set(codes(again))
            cuts += 1
    assert cuts >= 6, "language, TLS key, authority, certificate, building, registry, configuration"


@pytest.mark.parametrize("refusal", [*EnrolRefusal, "a-word-of-next-year"])
def test_each_refusal_is_told_with_what_to_do(
    refusal: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    central = EnrollingCentral(refusals=[str(refusal)] * 2)
    with listening(central):
        status, found = set_up(capsys, central, tmp_path)
    finding = found["findings"][0]
    assert (status, finding["code"]) == (1, str(refusal))
    assert finding["what"]
    assert finding["next"]
    assert not Places(tmp_path).config.exists()
    assert refusal in REFUSALS or refusal not in list(EnrolRefusal)


def test_a_living_gateway_is_waited_for_and_revoked_keys_are_never_used_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ASK_AGAIN_S", 0.01)
    central = EnrollingCentral(refusals=["gateway-is-alive", "gateway-is-alive"])
    with listening(central):
        words = [
            "--central",
            f"127.0.0.1:{central.port}",
            "--code",
            CODE,
            "--yes",
            "--no-start",
            "--folder",
            str(tmp_path),
        ]
        status, out, _ = run(capsys, *words)
        assert status == 0
        assert out.count("waiting for the administrator, 30 min more") == 1
        assert out.count("[look] This building has a gateway") == 1, "why it waits is said once"
        central.refusals = ["revoked-key"]
        assert set_up(capsys, central, tmp_path)[0] == 0
    old, new = central.public_keys
    assert old != new
    assert (tmp_path / "var/lib/cardroom/gateway.key.revoked").exists()


def test_what_is_no_central_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    central = EnrollingCentral(page="<html>printer</html>")
    with listening(central):
        seen = {"page": codes(set_up(capsys, central, tmp_path)[1])}
        central.page, central.forges = None, True
        seen["forged"] = codes(set_up(capsys, central, tmp_path)[1])
    seen["gone"] = codes(set_up(capsys, central, tmp_path)[1])
    seen["name"] = codes(set_up(capsys, central, tmp_path, "--central", "no-such-host.invalid")[1])
    assert seen == {
        "page": ["not-central"],
        "forged": ["not-central"],
        "gone": ["nobody-listens"],
        "name": ["no-such-host"],
    }
    assert not Places(tmp_path).config.exists()
    assert NO_ANSWER.keys() == set(WebTrouble)


def test_an_untrusted_certificate_is_said_and_passed_over_as_the_code_proves_central(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    central = EnrollingCentral()
    with listening(central, central.authority.server(tmp_path / "server.pem")):
        words = [
            "--central",
            f"127.0.0.1:{central.port}",
            "--code",
            CODE,
            "--yes",
            "--no-start",
            "--folder",
            str(tmp_path / "pi"),
        ]
        status, out, _ = run(capsys, *words)
    assert status == 0
    assert "The enrolment code proves central anyway" in out
    assert f'url = "https://127.0.0.1:{central.port}"' in Places(tmp_path / "pi").config.read_text()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (CODE[:-1] + ("A" if CODE[-1] != "A" else "B"), "A character of the code is mistyped."),
        ("UUUU-2M9D-XX4P-8HJ3", "U is in no code."),
        (CODE[:-2], "It has 16 characters; 14 were typed."),
        ("卡机房", "is in no code."),
    ],
)
def test_a_mistyped_code_is_said_before_anything_is_sent(
    typed: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(EnrollingCentral()) as central:
        address = f"127.0.0.1:{central.port}"
        status, _, err = run(
            capsys, "--central", address, "--code", typed, "--yes", "--folder", str(tmp_path)
        )
        assert (status, central.asked) == (2, 0)
        assert said in err


def test_a_card_with_another_buildings_books_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.adapters.journal_store import JOURNAL_NAME, SqliteJournal
    from gateway.application.boot import boot
    from gateway.contract.facts import Instant

    places = Places(tmp_path)
    places.make()
    journal = SqliteJournal(places.data / JOURNAL_NAME)
    journal.perform(lambda open_: boot(open_, "b7", Instant("boot", 1, 1, True)))
    journal.commit()
    journal.close()
    with listening(EnrollingCentral()) as central:
        status, found = set_up(capsys, central, tmp_path)
    assert (status, codes(found)) == (1, ["other-building"])
    assert not places.config.exists()


def test_an_electrician_answers_line_by_line_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_asked", [])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    with listening(EnrollingCentral()) as central:
        typed = iter(["", "1", f"127.0.0.1:{central.port}", "K7QF", f" {CODE.lower()} ", "是"])
        monkeypatch.setattr("builtins.input", lambda _: next(typed))
        status, out, _ = run(capsys, "--no-start", "--folder", str(tmp_path))
    assert status == 0
    assert "注册码有 16 个字符；输入了 4 个。" in out
    assert "本机将成为 1（1号楼）的网关：b1。" in out
    assert "完成：本机是网关 b1。" in out
    assert Places(tmp_path).language.read_text() == "zh\n"
    assert Places(tmp_path).building.read_text() == "1号楼\n"


def test_nobody_there_and_nobody_willing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, err = run(capsys, "--folder", str(tmp_path))
    assert (status, "--central" in err) == (2, True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with listening(EnrollingCentral()) as central:
        address = f"127.0.0.1:{central.port}"
        status, out, _ = run(capsys, "--central", address, "--code", CODE, "--folder", str(tmp_path))
    assert (status, "you did not agree" in out) == (1, True)
    assert not Places(tmp_path).config.exists()


def test_the_same_card_again_is_no_replacement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(EnrollingCentral(had_gateway=True)) as central:
        given = ["--central", f"127.0.0.1:{central.port}", "--code", CODE, "--yes", "--no-start"]
        told = [run(capsys, *given, "--folder", str(tmp_path))[1] for _ in range(2)]
    assert ["takes the place" in one for one in told] == [True, False]
    assert ["by its own key" in one for one in told] == [False, True]


@pytest.mark.parametrize(
    ("state", "answers", "code", "why"),
    [
        ("active", True, "started", ""),
        ("active", False, "does-not-answer", "systemd calls it active. The daemon is not running"),
        ("activating", True, "does-not-answer", "systemd calls it activating."),
        ("failed", False, "stopped-again", "The daemon is not running"),
    ],
)
def test_a_start_is_good_when_systemd_and_the_gateway_itself_say_so(
    state: str, answers: bool, code: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f"#!/bin/sh\necho ActiveState={state}\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    if answers:
        monkeypatch.setattr(service, "ask", lambda *_, **__: Reply())
    found = service.wait_for_answer(Places(tmp_path), within_s=0)
    assert (found.code, found.why.startswith(why), bool(found.next_step)) == (code, True, code != "started")


def test_a_clock_that_differs_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(EnrollingCentral(central_ms=1_700_000_000_000)) as central:
        _, found = set_up(capsys, central, tmp_path)
    (clock,) = [finding for finding in found["findings"] if finding["code"] == "clock-differs"]
    assert "2023-11-15 06:13:20" in clock["what"]
    assert 'sudo date -u -s "2023-11-14 22:13:20"' in clock["next"]
