"""Forms of sign-in."""

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Name and password. A wrong pair is one message: which of the two was wrong is nobody's business."""

    error_messages = {
        "invalid_login": _(
            "The name or the password is wrong. Check the keyboard's language and capitals, then try again."
        ),
        "inactive": _("This account is closed. Ask an administrator to open it."),
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Name")
        self.fields["password"].label = _("Password")
