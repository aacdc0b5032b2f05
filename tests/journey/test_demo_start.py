"""Starting the demo where it can't start: a sentence that says why, nothing overwritten."""

import socket
from contextlib import ExitStack

import pytest

from firmware_tools.campus import demo
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.session import PORTS_TRIED, NoFreePort, free_port


def test_a_folder_with_other_things_is_never_emptied(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert demo.run(["--dir", str(tmp_path), "--reset"]) == 1
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert "holds other things than a demo. Name an empty folder" in capsys.readouterr().err


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path, capsys):
    with demo._only_one(Folder(tmp_path)):
        assert demo.run(["--dir", str(tmp_path)]) == 1
    assert "already runs in" in capsys.readouterr().err


def test_a_busy_port_gives_the_next_free_one_and_none_is_said():
    with ExitStack() as taken:
        first = taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        assert first < free_port(first) < first + PORTS_TRIED
        for port in range(first, first + PORTS_TRIED):
            try:
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        with pytest.raises(NoFreePort, match="are all in use"):
            free_port(first)
