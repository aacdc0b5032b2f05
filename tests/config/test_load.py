"""gateway.toml: a whole configuration, or every mistake with its place and what to write instead."""

import dataclasses
import os
import re
import string
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import GatewayConfig, Mistake, load_config, wording
from gateway.config.mistakes import TEXTS
from gateway.config.rules import Rule
from gateway.words import LANGUAGES, language_of

KEY = Ed25519PrivateKey.from_private_bytes(b"c" * 32).public_key().public_bytes_raw().hex()
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"d" * 32).public_key().public_bytes_raw().hex()


def good(folder: Path) -> str:
    return (
        f'[gateway]\nid = "b1"\ndata = "{folder}"\n[central]\npublic_keys = ["{KEY}"]\n'
        '[mqtt]\nhost = "broker"\n[clock]\n[polling]\n[log]\n'
    )


def load(folder: Path, text: str | bytes) -> GatewayConfig | list[Mistake]:
    path = folder / "gateway.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_config(path)


def mistakes(folder: Path, text: str | bytes) -> list[Mistake]:
    loaded = load(folder, text)
    assert isinstance(loaded, list)
    assert loaded
    return loaded


def only(folder: Path, text: str | bytes) -> Mistake:
    found = mistakes(folder, text)
    assert len(found) == 1, found
    return found[0]


def test_a_small_file_is_whole_and_the_rest_has_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, good(tmp_path))
    assert isinstance(config, GatewayConfig)
    assert config.gateway.id == "b1"
    assert config.gateway.data == tmp_path
    assert config.central.public_keys == (KEY,)
    assert (config.mqtt.host, config.mqtt.port, config.mqtt.tls) == ("broker", 1883, False)
    assert config.clock.utc_offset_minutes == 480
    assert config.polling.readings_commit_s == 25
    assert config.log.format == "auto"


def test_sections_with_defaults_may_be_absent(tmp_path: Path) -> None:
    text = good(tmp_path).replace("[clock]\n[polling]\n[log]\n", "")
    assert load(tmp_path, text) == load(tmp_path, good(tmp_path))


def test_paths_start_at_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("opensesame\n")
    config = load(
        tmp_path, good(tmp_path).replace("[clock]", 'username = "b1"\npassword_file = "password"\n[clock]')
    )
    assert isinstance(config, GatewayConfig)
    assert config.mqtt.password_file == tmp_path / "password"


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b""])
def test_what_windows_editors_do_is_no_mistake(tmp_path: Path, prefix: bytes) -> None:
    text = prefix + good(tmp_path).replace("\n", "\r\n").encode()
    assert isinstance(load(tmp_path, text), GatewayConfig)


def test_every_mistake_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        "[gateway]\n"
        'id = "b 1"\n'
        'data = "missing"\n'
        "[central]\n"
        f'public_keys = ["{KEY}", "zz"]\n'
        "[mqtt]\n"
        "prot = 1883\n"
        "port = 70000\n"
        'host = ""\n'
        'tls = "yes"\n'
        "[poling]\n"
        "pause_ms = true\n"
        "[log]\n"
        'level = "wanring"\n'
        'port = 5\n'
    )  # fmt: skip
    found = {
        (mistake.path, mistake.code, mistake.line, mistake.did_you_mean)
        for mistake in mistakes(tmp_path, text)
    }
    assert found == {
        ("gateway.id", "not-an-id", 2, None),
        ("gateway.data", "no-such-folder", 3, None),
        ("central.public_keys[2]", "not-a-key", 5, None),
        ("mqtt.prot", "unknown-key", 7, "port"),
        ("mqtt.port", "out-of-range", 8, None),
        ("mqtt.host", "empty", 9, None),
        ("mqtt.tls", "not-true-false", 10, None),
        ("poling", "unknown-section", 11, "polling"),
        ("poling.pause_ms", "not-whole", 12, None),
        ("log.level", "not-one-of", 14, "warning"),
        ("log.port", "unknown-key", 15, "[mqtt] port"),
    }


def test_spare_brokers_have_the_usual_port_unless_they_say_another(tmp_path: Path) -> None:
    line = 'spare_brokers = ["b2.example.edu:8883", "b3", "[fd00::7]:8884"]'
    config = load(tmp_path, good(tmp_path).replace("[clock]", f"{line}\n[clock]"))
    assert isinstance(config, GatewayConfig)
    assert config.mqtt.spare_brokers == (("b2.example.edu", 8883), ("b3", 1883), ("fd00::7", 8884))


def test_what_is_missing_is_shown_as_it_should_be_written(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "")
    assert [mistake.path for mistake in found] == [
        "central.public_keys",
        "gateway.data",
        "gateway.id",
        "mqtt.host",
    ]
    assert '[gateway] id = "b1"' in wording(found[2], "en")


@pytest.mark.parametrize(
    ("line", "path", "code"),
    [
        ("port = 1883.0", "mqtt.port", "not-whole"),
        ('port = "1883"', "mqtt.port", "not-whole"),
        ("port = true", "mqtt.port", "not-whole"),
        ("port = 0", "mqtt.port", "out-of-range"),
        ("tls = 1", "mqtt.tls", "not-true-false"),
        ("username = 5", "mqtt.username", "not-text"),
        ('username = "  "', "mqtt.username", "empty"),
        ('ca_file = "nowhere.pem"\ntls = true', "mqtt.ca_file", "not-set-up"),
        (
            'tls = true\ncertificate_file = "tls.pem"\nkey_file = "gateway.toml"',
            "mqtt.certificate_file",
            "no-certificate",
        ),
        ('username = "u"\npassword_file = "."', "mqtt.password_file", "file-unreadable"),
        ("reconnect_min_ms = 5000\nreconnect_max_ms = 1000", "mqtt.reconnect_max_ms", "less-than"),
        ('password_file = "gateway.toml"', "mqtt.password_file", "needs"),
        ('ca_file = "gateway.toml"', "mqtt.ca_file", "needs"),
        ('tls = true\nkey_file = "gateway.toml"', "mqtt.key_file", "needs"),
        ('tls = true\ncertificate_file = "gateway.toml"', "mqtt.certificate_file", "needs"),
        ('password = "opensesame"', "mqtt.password", "unknown-key"),
        ('spare_brokers = "b2"', "mqtt.spare_brokers", "not-a-list"),
        ('spare_brokers = ["b2", "mqtt://b3"]', "mqtt.spare_brokers[2]", "not-a-host"),
        ('spare_brokers = ["b2:70000"]', "mqtt.spare_brokers[1]", "not-a-host"),
        ("spare_brokers = [5]", "mqtt.spare_brokers[1]", "not-a-host"),
    ],
)
def test_one_mistake_in_the_link(tmp_path: Path, line: str, path: str, code: str) -> None:
    mistake = only(tmp_path, good(tmp_path).replace("[clock]", line + "\n[clock]"))
    assert (mistake.path, mistake.code) == (path, code)
    for language in LANGUAGES:
        assert "opensesame" not in wording(mistake, language)
        assert ("cardroom-gateway setup" in wording(mistake, language)) == (
            code in ("not-set-up", "no-certificate")
        )


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("[]", "empty"),
        (f'"{KEY}"', "not-a-list"),
        ("[5]", "not-a-key"),
        (f'["{KEY[:-1]}"]', "not-a-key"),
        (f'["{KEY[:-1]} "]', "not-a-key"),
    ],
)
def test_keys_that_are_none(tmp_path: Path, keys: str, code: str) -> None:
    assert only(tmp_path, good(tmp_path).replace(f'["{KEY}"]', keys)).code == code


def test_an_approver_must_not_be_central_itself(tmp_path: Path) -> None:
    text = good(tmp_path).replace("[mqtt]", f'approver_keys = ["{OTHER_KEY}", "{KEY.upper()}"]\n[mqtt]')
    mistake = only(tmp_path, text)
    assert (mistake.path, mistake.code) == ("central.approver_keys[2]", "key-twice")


def test_a_section_that_is_none(tmp_path: Path) -> None:
    mistake = only(tmp_path, "log = 3\n" + good(tmp_path).replace("[log]\n", ""))
    assert (mistake.path, mistake.code, mistake.line) == ("log", "not-a-section", 1)


def test_no_file_no_text_no_toml(tmp_path: Path) -> None:
    (no_file,) = load_config(tmp_path / "none.toml")
    assert no_file.code == "no-file"
    (unreadable,) = load_config(tmp_path)
    assert unreadable.code == "unreadable"
    assert only(tmp_path, good(tmp_path).encode("utf-16")).code == "not-utf8"
    broken = only(tmp_path, good(tmp_path) + "level = info\n")
    assert (broken.code, broken.line) == ("not-toml", 11)


@pytest.mark.parametrize(("data", "code"), [("gateway.toml", "not-a-folder"), ("/proc/self", "not-writable")])
def test_a_data_folder_that_takes_nothing(tmp_path: Path, data: str, code: str) -> None:
    text = good(tmp_path).replace(f'data = "{tmp_path}"', f'data = "{data}"')
    assert only(tmp_path, text).code == code


def test_a_full_disk_is_told_when_the_data_folder_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("gateway.config.data_folder.tempfile.TemporaryFile", full)
    assert "No space left" in wording(only(tmp_path, good(tmp_path)), "en")


@given(
    st.binary(max_size=300) | st.text(st.sampled_from("[]=\"'\n.,{}#" + string.ascii_lowercase), max_size=200)
)
def test_no_file_raises(tmp_path_factory: pytest.TempPathFactory, content: bytes | str) -> None:
    folder = tmp_path_factory.getbasetemp()
    for mistake in mistakes(folder, content):
        for language in LANGUAGES:
            wording(mistake, language)


def test_both_languages_name_the_same_facts() -> None:
    for english, chinese in TEXTS.values():
        assert set(re.findall(r"{(\w+)}", english)) >= set(re.findall(r"{(\w+)}", chinese))
        assert any("一" <= character <= "鿿" for character in chinese)


def test_each_setting_has_a_rule_with_an_example_that_is_toml() -> None:
    import tomllib

    for section in dataclasses.fields(GatewayConfig):
        for item in dataclasses.fields(section.type):
            rule: Rule = item.metadata["rule"]
            tomllib.loads(f"{item.name} = {rule.example}")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_machines(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ('"https://cards.example.edu/"', "https://cards.example.edu"),
        ('"http://10.0.0.5:8000"', "http://10.0.0.5:8000"),
        ('"cards.example.edu"', "not-a-web-address"),
        ('"ftp://cards"', "not-a-web-address"),
        ('"https://user@cards"', "not-a-web-address"),
        ('"https://cards/office"', "not-a-web-address"),
        ('"https://cards:99999"', "not-a-web-address"),
        ("5", "not-text"),
    ],
)
def test_the_address_of_centrals_web(tmp_path: Path, url: str, read: str) -> None:
    text = good(tmp_path) + f"\n[web]\nurl = {url}\n"
    loaded = load(tmp_path, text.encode())
    found = loaded.web.url if isinstance(loaded, GatewayConfig) else loaded[0].code
    assert found == read
