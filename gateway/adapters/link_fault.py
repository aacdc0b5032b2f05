"""Why there is no link to the broker: a stable word for programs, a sentence with its facts for people. Opens nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.words import say


class Trouble(StrEnum):
    """Why there is no link."""

    NOT_YET = "not-yet-connected"
    UNREACHABLE = "unreachable"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105  a reason, not a password
    NOT_AUTHORISED = "not-authorised"
    TLS_FAILED = "tls-failed"
    NO_ANSWER = "no-answer"
    REFUSED = "refused"
    LOST = "lost"
    BIRTH_FAILED = "birth-failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LinkFault:
    """A trouble with its story: what happened, why, what to do. `text` is a marked sentence, `facts` what it names."""

    trouble: Trouble
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The story in the language spoken now."""
        return say(self.text, **self.facts)
