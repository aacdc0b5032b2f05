"""What `cardroom-firmware` says to wrong arguments: one sentence on stderr with what to do, exit code 2, nothing destroyed."""

import socket
from pathlib import Path

import pytest

from firmware_tools.campus import demo
from firmware_tools.virtual_meter import command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "com3"], "write pty, pty:LINK or tcp:"),
        (["--port", "tcp:99999"], "65535"),
        (["--address", "hello"], "1 to 12 digits"),
        (["--protocol", "modbus", "--address", "300"], "1 to 247"),
        (["--protocol", "modbus", "--model", "dlt645-1p"], "speaks dlt645, not modbus"),
        (["--register", "-1"], "999999.99"),
        (["--campus", "missing.toml"], "name a campus file"),
    ],
)
def test_a_virtual_meter_says_what_to_write_instead(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_file_where_the_link_should_be_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").write_text("years of notes")
    assert command.run(["--port", f"pty:{tmp_path / 'log'}"]) == 2
    assert "it is kept" in capsys.readouterr().err
    assert (tmp_path / "log").read_text() == "years of notes"


def test_a_busy_tcp_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert command.run(["--port", f"tcp:{port}"]) == 2
    assert f"TCP port {port} on 127.0.0.1 can't be opened" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--port", "99999"], ["--port", "0"], ["--rate", "0"], ["--rate", "x"]]
)
def test_the_demo_refuses_impossible_numbers(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.run(["--dir", str(tmp_path / "demo"), *arguments])
    assert ended.value.code == 2
    assert "such as" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_the_demo_names_a_folder_it_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes").write_text("")
    assert demo.run(["--dir", str(tmp_path / "notes")]) == 1
    assert "Name a folder of yours with --dir" in capsys.readouterr().err
