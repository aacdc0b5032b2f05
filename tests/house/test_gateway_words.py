"""Every sentence that a command says has its Chinese, with the same facts; no Chinese is left that nobody says."""

import ast
import errno
import os
import string
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from gateway import words

ROOT = Path(gateway.__file__).parents[1]
TABLES = sorted((ROOT / "gateway/words/zh").glob("*.toml"))
SPEAKERS = ("say", "mark")


def said() -> Iterator[tuple[str, str]]:
    """Give each sentence in the code, with its file and line."""
    for folder in ("gateway", "firmware_tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in SPEAKERS
                ):
                    assert node.args, f"{path}:{node.lineno}"
                    if isinstance(node.args[0], ast.Constant):
                        yield str(node.args[0].value), f"{path.relative_to(ROOT)}:{node.lineno}"
                    else:
                        assert node.func.id == "say", (
                            f"{path}:{node.lineno}: mark what is written here, not a name"
                        )
                        assert not isinstance(node.args[0], ast.JoinedStr), (
                            f"{path}:{node.lineno}: facts are named, f is for none"
                        )


def facts_of(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_every_sentence_has_its_chinese_and_every_chinese_its_sentence() -> None:
    chinese = {table: tomllib.loads(table.read_text(encoding="utf-8")) for table in TABLES}
    known = {text: said for rows in chinese.values() for text, said in rows.items()}
    spoken = dict(said())
    missing = {text: where for text, where in spoken.items() if text not in known}
    assert not missing
    assert not sorted(set(known) - set(spoken)), "nobody says this"
    other_facts = {
        text: said for text, said in known.items() if facts_of(text).keys() != facts_of(said).keys()
    }
    assert not other_facts
    twice = {text for text in known if len({rows[text] for rows in chinese.values() if text in rows}) > 1}
    assert not twice, "one sentence, two translations"


def test_facts_are_named_in_the_language_that_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    assert words.say("Not done ({refusal}): {message}", refusal="busy", message="x") == "未执行（busy）：x"
    words.use("en")
    assert words.say("Not done ({refusal}): {message}", refusal="busy", message="x") == "Not done (busy): x"


def test_a_fact_from_a_stranger_commands_no_terminal() -> None:
    """Names on a found stick, answers of a false central: a technician reads them as root."""
    shown = words.say("{path}: {why}", path=Path("\x1b]0;x\x07.backup"), why="a\r\x9b2J\u202eb\tc\nd 中文")
    assert shown == "\ufffd]0;x\ufffd.backup: a\ufffd\ufffd2J\ufffdb\tc\nd 中文"


def test_a_reason_of_the_system_is_told_in_chinese_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    assert words.say("{path}: {why}", path="x", why=os.strerror(errno.ETIMEDOUT)) == "x: 连接超时"
    refused = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    assert words.say("{path}: {why}", path="x", why=refused) == "x: 连接被拒绝"
    missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/run/File exists/x")
    assert words.reason_in("zh", missing) == "没有这个文件或目录: '/run/File exists/x'"
    assert (
        words.reason_in("zh", "SSL handshake is timed out at 3 (Broken pipe)")
        == "SSL handshake is 超时 at 3 (对方已断开)"
    )
    words.use("en")
    assert words.say("{path}: {why}", path="x", why=refused) == f"x: {refused}"
