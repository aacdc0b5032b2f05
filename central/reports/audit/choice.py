"""What a reader of the audit log asks for: which rows, of whom, about what, of which days, with which words. It is the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from central.domain.periods import EARLIEST, LATEST

ACTS_ONLY, MONEY, EVERYTHING = "acts", "money", "all"
OF_ACT, OF_MOVE = "act:", "move:"


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter; empty fields leave nothing out. `show` is acts, money, all, or one of them: `act:add-user`, `move:payment`."""

    show: str = ACTS_ONLY
    person: str = ""
    about: str = ""
    first: date | None = None
    last: date | None = None
    text: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Choice":
        """Read it from an address; what can't be read is left out."""
        show = asked.get("show", ACTS_ONLY)
        known = show in (ACTS_ONLY, MONEY, EVERYTHING) or show.startswith((OF_ACT, OF_MOVE))
        return cls(
            show=show if known else ACTS_ONLY,
            person=_text(asked, "person"),
            about=_text(asked, "about"),
            first=_day(asked.get("first", "")),
            last=_day(asked.get("last", "")),
            text=_text(asked, "text"),
        )

    @property
    def action(self) -> str:
        """The one act that is asked for, or empty."""
        return self.show.removeprefix(OF_ACT) if self.show.startswith(OF_ACT) else ""

    @property
    def move(self) -> str:
        """The one kind of transfer that is asked for, or empty."""
        return self.show.removeprefix(OF_MOVE) if self.show.startswith(OF_MOVE) else ""

    @property
    def wants_acts(self) -> bool:
        """Whether acts of persons are shown."""
        return self.show in (ACTS_ONLY, EVERYTHING) or bool(self.action)

    @property
    def wants_money(self) -> bool:
        """Whether movements of money are shown."""
        return self.show in (MONEY, EVERYTHING) or bool(self.move)

    @property
    def parts(self) -> dict[str, str]:
        """What isn't empty, by field."""
        fields = {
            "show": "" if self.show == ACTS_ONLY else self.show,
            "person": self.person,
            "about": self.about,
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
            "text": self.text,
        }
        return {name: value for name, value in fields.items() if value}

    @property
    def query(self) -> str:
        """As an address's query, without the question mark."""
        return urlencode(self.parts)


def _text(asked: Mapping[str, str], name: str) -> str:
    return asked.get(name, "").replace("\0", "").strip()[:120]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None
