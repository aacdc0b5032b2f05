"""The longest password that is taken: hashing a longer one would keep the server busy for whoever sends it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_CHARACTERS = 128


class LongestPassword:
    """Refuses what is longer than MOST_CHARACTERS; a sentence of any language fits."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a password that is too long."""
        if len(password) > MOST_CHARACTERS:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Say the limit."""
        return _("A password has at most %(number)d characters. Choose a shorter one.") % {
            "number": MOST_CHARACTERS
        }
