"""What the gateway's and the tools' commands say to people, in their language: English in the code, Chinese in `zh/*.toml`.

    say("No answer from meter {address} in {tries} tries.", address=address, tries=3)

A table of Chinese sentences belongs to one room of commands: `"English" = "中文"`, with the same {facts} in both. The language is
asked for with `--lang`, else it is the machine's (LC_ALL, LC_MESSAGES, LANG), else what `cardroom-gateway setup` was told.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

LANGUAGES = ("en", "zh")
CHOSEN_AT_SETUP = Path("/etc/cardroom/language")
"""One word, written by `setup`: a Pi's own language is rarely its electrician's."""

_NO_TEXT = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {9, 10}, "\ufffd"
)
"""What a terminal obeys or turns around, except tabs and line ends."""
_asked: list[str] = []


def use(language: str) -> None:
    """Speak this language from now on, whatever the machine's is."""
    _asked[:] = [language]


def was_asked() -> bool:
    """Say whether somebody has asked for a language here: `setup` need not ask him again."""
    return bool(_asked)


def language() -> str:
    """Give the language spoken now: `en` or `zh`."""
    return _asked[0] if _asked else language_of()


def language_of(environment: Mapping[str, str] | None = None) -> str:
    """Give the language that the environment asks for; without any (or `C`), the one chosen at the set-up."""
    asked = os.environ if environment is None else environment
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := asked.get(name, ""):
            if value.partition(".")[0] in ("C", "POSIX"):
                break
            return "zh" if value.lower().startswith("zh") else "en"
    return _chosen_at_setup() if environment is None else "en"


def take_language(arguments: Sequence[str]) -> list[str]:
    """Take `--lang` out, wherever it stands, and speak it: words are needed before the arguments are read."""
    left = list(arguments)
    for place, word in enumerate(left):
        glued = word.startswith("--lang=")
        asked = word.removeprefix("--lang=") if glued else "".join(left[place + 1 : place + 2])
        if (glued or word == "--lang") and asked in LANGUAGES:
            del left[place : place + (1 if glued else 2)]
            use(asked)
            break
    return left


def say(text: str, **facts: object) -> str:
    """Give a sentence in the language spoken now, with its facts: a reason of the operating system in the same language, and
    nothing that would command a terminal, for a stranger may have written it."""
    spoken = language()
    said = _chinese().get(text, text) if spoken == "zh" else text
    shown = {name: str(reason_in(spoken, fact)).translate(_NO_TEXT) for name, fact in facts.items()}
    return said.format(**shown) if facts else said


def reason_in(spoken: str, fact: object) -> object:
    """Give a fact in a language: the reason of the operating system that it is, or holds (`[Errno 2] No such ...: 'x'`), in its
    words, anything else as it is."""
    if spoken != "zh":
        return fact
    return _reasons().sub(lambda found: _chinese()[found[1]], str(fact))


def mark(text: str) -> str:
    """Mark a sentence of a table for its translation; whoever shows it calls `say`."""
    return text


def plain(text: str, facts: Mapping[str, object]) -> str:
    """Give a marked sentence as it is in the code, for logs and programs."""
    return text.format(**facts) if facts else text


class WordedError(Exception):
    """An error that a person is told in his language, maybe by another process: a marked sentence and its facts."""

    def __init__(self, text: str, **facts: object) -> None:
        super().__init__(plain(text, facts))
        self.text = text
        self.facts = facts


REASONS = (
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Operation not permitted"),
    mark("No space left on device"),
    mark("Read-only file system"),
    mark("Is a directory"),
    mark("Not a directory"),
    mark("File exists"),
    mark("File name too long"),
    mark("Input/output error"),
    mark("Device or resource busy"),
    mark("Resource temporarily unavailable"),
    mark("Inappropriate ioctl for device"),
    mark("Connection refused"),
    mark("Connection reset by peer"),
    mark("No route to host"),
    mark("Network is unreachable"),
    mark("Name or service not known"),
    mark("Temporary failure in name resolution"),
    mark("timed out"),
    mark("Connection timed out"),
    mark("Connection aborted"),
    mark("Software caused connection abort"),
    mark("Broken pipe"),
    mark("Network is down"),
    mark("Host is down"),
    mark("Address already in use"),
    mark("Cannot assign requested address"),
    mark("No such device"),
    mark("No such device or address"),
    mark("Invalid argument"),
    mark("Bad file descriptor"),
    mark("Too many open files"),
    mark("Too many levels of symbolic links"),
    mark("Cannot allocate memory"),
    mark("Disk quota exceeded"),
    mark("File too large"),
    mark("Directory not empty"),
    mark("Text file busy"),
    mark("Structure needs cleaning"),
    mark("Remote I/O error"),
    mark("No such process"),
    mark("Exec format error"),
    mark("No address associated with hostname"),
)
"""What the operating system says of itself, in English only: it is a fact of many sentences."""


@cache
def _chinese() -> dict[str, str]:
    found: dict[str, str] = {}
    for table in sorted(files(__name__).joinpath("zh").iterdir(), key=lambda file: file.name):
        if table.name.endswith(".toml"):
            found |= tomllib.loads(table.read_text(encoding="utf-8"))
    return found


@cache
def _reasons() -> re.Pattern[str]:
    longest_first = "|".join(re.escape(reason) for reason in sorted(REASONS, key=len, reverse=True))
    return re.compile(rf"(?<![\w/])(?:\[Errno -?\d+\] )?({longest_first})(?![\w/])")


@cache
def _chosen_at_setup() -> str:
    try:
        chosen = CHOSEN_AT_SETUP.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return "en"
    return chosen if chosen in LANGUAGES else "en"
