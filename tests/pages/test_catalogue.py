"""Every word a reader sees has a Chinese translation, and no template holds a word outside the catalogue."""

import ast
import gettext
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import central

ROOT = Path(central.__file__).parent
MESSAGES = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
TEMPLATES = sorted(ROOT.glob("*/templates/**/*.html"))
TRANSLATORS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "pgettext": 1, "pgettext_lazy": 1}
SAME_IN_BOTH = {"中文", "English", "Enter", "Esc", "№", "XLSX", "CSV", "PDF", "JSON"}
"""Names of languages in themselves, what stands on the keys, the sign of a number, and kinds of files."""

Key = tuple[str | None, str]


def entries() -> dict[Key, tuple[str, str]]:
    """Read the .po: (context, msgid) -> (translation, flags)."""
    found: dict[Key, tuple[str, str]] = {}
    for block in (MESSAGES / "django.po").read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.fullmatch(r'(msg\w+(?:\[\d\])?) (".*")', line):
                name = match[1]
                fields[name] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                fields[name] += ast.literal_eval(line)
        if "msgid" in fields:
            text = fields.get("msgstr", fields.get("msgstr[0]", ""))
            flags = " ".join(line for line in block.splitlines() if line.startswith("#,"))
            found[fields.get("msgctxt"), fields["msgid"]] = (text, flags)
    return found


CATALOGUE = entries()


def said_in_templates() -> set[Key]:
    keys: set[Key] = set()
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        for quoted, context in re.findall(
            r"""{% translate ("[^"]*"|'[^']*')(?: context "(\w+)")? %}""", text
        ):
            keys.add((context or None, quoted[1:-1]))
        for body in re.findall(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", text, re.DOTALL):
            singular = body.split("{% plural %}")[0]
            keys.add((None, re.sub(r"{{ (\w+) }}", r"%(\1)s", singular)))
    return keys


def said_in_code() -> set[Key]:
    keys: set[Key] = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATORS:
                texts = [
                    arg.value
                    for arg in node.args
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                ]
                place = TRANSLATORS[node.func.id]
                if len(texts) > place:
                    keys.add((texts[0] if place else None, texts[place]))
    return keys


def test_every_word_of_code_and_templates_is_in_the_catalogue() -> None:
    missing = (said_in_templates() | said_in_code()) - CATALOGUE.keys()
    assert not missing, "run makemessages for zh_Hans and translate"


def test_nothing_is_untranslated_or_uncertain() -> None:
    assert len(CATALOGUE) > 300
    assert [key for key, (text, _flags) in CATALOGUE.items() if not text] == []
    assert [key for key, (_text, flags) in CATALOGUE.items() if "fuzzy" in flags] == []


def test_a_translation_keeps_what_is_filled_in() -> None:
    holes = re.compile(r"%\(\w+\)[sd]|{\w+}")
    wrong = [
        key
        for key, (text, _flags) in CATALOGUE.items()
        if key[1] and set(holes.findall(key[1])) != set(holes.findall(text))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with (MESSAGES / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for (context, msgid), (text, _flags) in CATALOGUE.items():
        if msgid:
            singular = compiled.pgettext(context, msgid) if context else compiled.gettext(msgid)
            plural = compiled.ngettext(msgid, msgid, 1)
            assert text in (singular, plural), f"{msgid!r}: run msgfmt"


class BareText(HTMLParser):
    """Collects what a reader would see or hear untranslated."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self._note(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("placeholder", "title", "aria-label", "alt"):
                self._note(value or "")

    def _note(self, text: str) -> None:
        words = text.strip()
        if re.search(r"[A-Za-z\u4e00-\u9fff]{2,}", words) and words not in SAME_IN_BOTH:
            self.found.append(words)


def without_tags(text: str) -> str:
    text = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", text, flags=re.DOTALL)
    return re.sub(r"{%.*?%}|{{.*?}}", "", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_word_outside_the_catalogue(path: Path) -> None:
    reader = BareText()
    reader.feed(without_tags(path.read_text(encoding="utf-8")))
    assert reader.found == []


def test_the_bare_text_reader_can_see() -> None:
    reader = BareText()
    reader.feed(without_tags('<p title="Hint">{% translate "x" %} Bare {{ a }}</p>'))
    assert reader.found == ["Hint", "Bare"]
