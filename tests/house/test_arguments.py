"""What argparse may say to a person is in our table, for the Python that runs here; a wrong argument is one sentence and exit 2."""

import argparse
import inspect
import re
import sys

import pytest

from firmware_tools.__main__ import TOOLS
from firmware_tools.__main__ import main as firmware
from gateway import words
from gateway.__main__ import main
from gateway.words.arguments import SENTENCES, Arguments

FOR_PROGRAMMERS = (
    "invalid option string", "dest= is required", "invalid conflict_resolution", "conflicting option", "mutually exclusive",
    "cannot ", "'required' is", "%r is not callable", 'argument "-" with', "can't open", ".__call__()", "conflicting subparser",
    "subcommands", "cannot have", "%(prog)s: error", "option '%(option)s' is deprecated",
    "command '%(parser_name)s' is", "argument '%(argument_name)s' is",
)  # fmt: skip


def test_the_running_argparse_says_nothing_that_we_have_no_word_for() -> None:
    source = inspect.getsource(argparse)
    pieces = re.findall(
        r"""\b(?:_|ngettext)\(\s*((?:'[^'\n]*'|"[^"\n]*")(?:,\s*(?:'[^'\n]*'|"[^"\n]*"))?)""", source
    )
    asked = {text[1:-1] for piece in pieces for text in re.findall(r"""'[^'\n]*'|"[^"\n]*\"""", piece)}
    assert len(asked) > 20
    ours = {text for text in asked if text and not text.startswith(FOR_PROGRAMMERS)}
    unknown = {text for text in ours if not any(known.startswith(text) for known in SENTENCES)}
    assert not unknown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("explain", "cardroom-gateway explain：还缺少参数：ACCOUNT|ROOM|METER"),
        ("status --frob", "cardroom-gateway status：无法识别的参数：--frob"),
        ("statu", "没有命令 statu。是不是 status？"),
        ("--lang fr status", "参数 --lang：没有 'fr' 这个选择（可选："),
        ("ledger 1-101.1 --limit x", "参数 --limit："),
        ("read --port x --model y --address 1 --baud x", "参数 --baud：'x' 不是整数"),
    ],
)
def test_a_wrong_argument_is_one_sentence_in_the_readers_language(
    arguments: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    monkeypatch.setattr(sys, "argv", ["cardroom-gateway", *arguments.split()])
    with pytest.raises(SystemExit) as left:
        main()
    first, after = capsys.readouterr().err.splitlines()
    assert left.value.code == 2
    assert said in first
    assert "--help" in after


def test_the_help_shows_each_command_under_its_task_and_nothing_is_called_by_an_english_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    monkeypatch.setattr(sys, "argv", ["cardroom-gateway"])
    assert main() == 2
    shown = capsys.readouterr().err
    assert "安装一栋楼并验证:\n    setup " in shown
    commands = [line for line in shown.splitlines() if re.match(r"    [a-z]", line)]
    assert len(commands) == 35
    assert not [line for line in commands if not re.search("[\u4e00-\u9fff]", line)]


def test_the_other_tool_shows_what_it_has_when_nothing_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    assert firmware([]) == 2
    shown = capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        firmware(["--help"])
    assert (left.value.code, capsys.readouterr().out) == (0, shown)
    tools = dict(re.findall(r"^    ([a-z-]+) +(.+)", shown, re.MULTILINE))
    assert tools.keys() == TOOLS.keys()
    assert all(re.search("[\u4e00-\u9fff]", line) for line in tools.values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("bensh --port x", "没有命令 bensh。是不是 bench？"),
        ("--frob bench", "--frob"),
        ("--lang fr bench", "'fr'"),
    ],
)
def test_the_other_tool_says_what_is_wrong_before_a_tool(
    arguments: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    with pytest.raises(SystemExit) as left:
        firmware(arguments.split())
    assert left.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[0]


@pytest.mark.parametrize("tool", TOOLS)
def test_each_option_of_each_tool_is_explained_in_chinese(
    tool: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    with pytest.raises(SystemExit):
        firmware([tool, "--help"])
    _, _, explained = capsys.readouterr().out.partition("\n\n")
    options = re.split(r"^  (?=-)", explained, flags=re.MULTILINE)
    assert len(options) > 1
    assert not [option for option in options if not re.search("[\u4e00-\u9fff]", option)]


def test_the_other_tool_speaks_by_the_same_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    with pytest.raises(SystemExit):
        firmware(["sign", "none", "f"])
    assert "还缺少参数：" in capsys.readouterr().err
    assert "选项:" in Arguments(prog="x").format_help()
