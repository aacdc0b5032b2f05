"""`cardroom-central`'s help and wrong arguments, in the terminal's language: one sentence, the next step, exit code 2."""

import argparse
import re
from collections.abc import Iterator

import pytest

from central.__main__ import _parser, main
from central.config.arguments import _ as word
from gateway.words.arguments import SENTENCES

NEVER_SAID = {
    "%(prog)s: error: %(message)s\n",
    "invalid %(type)s value: %(value)r",
    "unknown parser %(parser_name)r (choices: %(choices)s)",
}
"""Central's parser has its own sentences in their place."""
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("broker-config", "cardroom-central broker-config：还缺少参数：DIR, --host"),
        ("broker-config x --host", "参数 --host：需要一个值"),
        ("enroll 1", "cardroom-central：没有命令 enroll。是不是 enrol？"),
        ("signing-key swap", "cardroom-central signing-key：没有命令 swap。"),
        ("serve --port x", "参数 --port：'x' 不是整数"),
        ("rules x y", "参数 kind：没有 'x' 这个选择"),
        ("verify --all", "cardroom-central：无法识别的参数：--all"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_the_next_step(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = argparse._  # type: ignore[attr-defined]
    with pytest.raises(SystemExit) as left:
        main(arguments.split())
    first, after = capsys.readouterr().err.splitlines()
    assert left.value.code == 2
    assert said in first
    assert "--help" in after
    assert argparse._ is before, "whoever else reads arguments here speaks by his own words"  # type: ignore[attr-defined]
    monkeypatch.setenv("LC_ALL", "C")
    with pytest.raises(SystemExit):
        main(arguments.split())
    assert not CHINESE.search(capsys.readouterr().err)


def test_without_a_command_they_are_all_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "broker-config" in capsys.readouterr().err


def _helps(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _helps(one)


def test_each_argument_is_explained_in_chinese_and_argparse_says_nothing_else() -> None:
    assert {text for text in SENTENCES if word(text) == text} == NEVER_SAID
    explained = [
        line
        for text in _helps(_parser())
        for line in re.findall(r"^ {2,}\S+.*? {2,}(\S.*)$", text, re.MULTILINE)
    ]
    assert len(explained) > 100
    assert not [line for line in explained if not CHINESE.search(line) and "[" not in line]
