"""What Django's own rules for passwords leave open: one too long to hash in peace, and one of twelve characters that is guessed
first.

The list of common passwords holds short ones, nearly all of them. So what is made of one by saying it twice or putting a year
behind it counts as common, too; so do runs of the alphabet and of the keyboard, and one's own name with little else.
"""

import re
from functools import cache
from itertools import pairwise

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_CHARACTERS = 128
FEWEST_KINDS = 5
"""Different characters."""
BESIDE_THE_NAME = 8
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")
OWN = ("cardroom", "kaji", "dianfei")
"""The house's own words: whoever guesses tries them."""
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


class LongestPassword:
    """Refuses what is longer than MOST_CHARACTERS; a sentence of any language fits."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that is too long."""
        if len(password) > MOST_CHARACTERS:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Say the limit."""
        return _("A password has at most %(number)d characters. Choose a shorter one.") % {
            "number": MOST_CHARACTERS
        }


class NotGuessedFirst:
    """Refuses what is common but for its length."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that is among the first that are tried."""
        names = (*OWN, user.get_username().casefold()) if user is not None else OWN
        if is_guessed_first(password.casefold(), [name for name in names if len(name) > 3]):
            raise ValidationError(self.get_help_text(), code="password_guessed_first")

    def get_help_text(self) -> str:
        """Say what to do."""
        return _(
            "This is among the first that are guessed. Choose three or four words that don't belong together."
        )


def is_guessed_first(plain: str, names: list[str]) -> bool:
    """Say whether a password, in small letters, is a common one made longer, a run, or a name."""
    letters = _NOT_A_LETTER.sub("", plain)
    return (
        len(set(plain)) < FEWEST_KINDS
        or _is_a_run(plain)
        or any(row[place : place + 8] in plain for row in ROWS for place in range(max(1, len(row) - 7)))
        or any(name in plain and len(plain.replace(name, "")) < BESIDE_THE_NAME for name in names)
        or bool({_repeated(plain), _repeated(letters), letters} & _common())
    )


def _is_a_run(plain: str) -> bool:
    """Say whether four of five characters follow the one before: `123456789012`, `abcdefghijkl`."""
    steps = [ord(after) - ord(before) for before, after in pairwise(plain)]
    return sum(step in (1, -1, 9, -9) for step in steps) * 5 >= len(steps) * 4


def _repeated(text: str) -> str:
    """Give what a text says again and again; the text itself where it doesn't."""
    return next(
        (text[:size] for size in range(1, len(text)) if text == (text[:size] * len(text))[: len(text)]), text
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
