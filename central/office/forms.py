"""Forms of the office: sign-in, campus list."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from central import clock
from central.office.models import User

LARGEST_LIST_BYTES = 20_000_000


class SignInForm(AuthenticationForm):
    """Name and password. A wrong pair is one message: which of the two was wrong is nobody's business."""

    error_messages = {
        "invalid_login": _(
            "The name or the password is wrong. Check the keyboard's language and capitals, then try again."
        ),
        "inactive": _("This account is closed. Ask an administrator to open it."),
        "first-password-over": _(
            "This first password was not used in time, and is not taken any more. Ask an administrator to reset the sign-in."
        ),
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Name")
        self.fields["password"].label = _("Password")

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse who comes too late with a password that somebody else chose."""
        super().confirm_login_allowed(user)
        until_ms = user.first_password_until_ms if user.must_change_password else None
        if until_ms is not None and clock.real_now_ms() > until_ms:
            raise forms.ValidationError(
                self.error_messages["first-password-over"], code="first-password-over"
            )


class CodeForm(forms.Form):
    """The six digits of an authenticator."""

    code = forms.CharField(
        label=_("Code of your authenticator"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
        error_messages={"required": _("Type the six digits.")},
    )

    def clean_code(self) -> str:
        """Take the digits as people type them, with spaces or full-width."""
        digits = "".join(str(int(letter)) for letter in self.cleaned_data["code"] if letter.isdecimal())
        if len(digits) != 6:
            raise forms.ValidationError(_("Type the six digits."))
        return digits


class NewPasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""


class CampusListForm(forms.Form):
    """The file of a campus list."""

    file = forms.FileField(
        label=_("Campus list (CSV or XLSX)"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty. Save the list again and choose it once more."),
        },
    )

    def clean_file(self) -> UploadedFile:
        """Refuse what no campus list can be; the import itself names what is wrong inside."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > LARGEST_LIST_BYTES:
            raise forms.ValidationError(
                _(
                    "The file is larger than 20 MB. A campus list is far smaller: check that it is the right one."
                )
            )
        return file
