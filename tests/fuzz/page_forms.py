"""What a browser sees of a page: its forms with every value they offer, its links, its words of refusal. Nothing of Django."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXT_TYPES = ("", "text", "search", "number", "email", "url", "tel", "textarea")
"""What a person types and must find again; a password is never sent back."""


@dataclass
class Field:
    """One field: its kind, the value it has, and the values that may be chosen."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form: where it goes, how, and with which fields."""

    action: str
    method: str
    has_files: bool = False
    fields: list[Field] = field(default_factory=list)

    def typed(self) -> dict[str, list[str]]:
        """Give what stands in the fields that a person types into."""
        found: dict[str, list[str]] = {}
        for one in self.fields:
            if one.kind in TEXT_TYPES:
                found.setdefault(one.name, []).append(one.value)
        return found


class Page(HTMLParser):
    """Reads one page."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.says_why = False
        self.has_main = False
        self._area: Field | None = None
        self.feed(body.decode("utf-8", "replace"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        self.has_main |= tag == "main"
        is_shown_alert = had.get("role") == "alert" and "hidden" not in had
        self.says_why |= (
            is_shown_alert
            or {"errorlist", "note", "notes", "hint"} & set(had.get("class", "").split()) != set()
        )
        self.links += [had[name] for name in ("href", "hx-get") if had.get(name)]
        if tag == "form":
            is_multipart = "multipart" in had.get("enctype", "")
            self.forms.append(Form(had.get("action", ""), had.get("method", "get").lower(), is_multipart))
        elif self.forms and tag == "option" and self.forms[-1].fields:
            self._option(self.forms[-1].fields[-1], had)
        elif self.forms and tag in ("input", "select", "textarea", "button") and had.get("name"):
            self._field(tag, had)

    def _field(self, tag: str, had: dict[str, str]) -> None:
        fields = self.forms[-1].fields
        kind = had.get("type", "text") if tag == "input" else tag
        kind = "readonly" if "readonly" in had else kind
        value = had.get("value", "")
        same = next((one for one in fields if one.name == had["name"] and one.kind == kind), None)
        if kind in ("radio", "checkbox", "button") and same is not None:
            same.choices.append(value)
            return
        fields.append(Field(had["name"], kind, value, [value] if value else []))
        if tag == "textarea":
            self._area = fields[-1]

    def _option(self, select: Field, had: dict[str, str]) -> None:
        select.choices.append(had.get("value", ""))
        if "selected" in had:
            select.value = had.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self._area.value = self._area.value.removeprefix("\n")
            self._area = None
