"""Forms about notices: a channel, the mail server, a person's own mail."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from central.domain.notice import Kind
from central.office.channels import Asked, AskedServer
from central.office.models import Channel, MailServer
from central.office.notice_models import PRIVATE
from central.office.roles import Role

FILL_IN = _("Fill this in.")
GROUP_MESSAGE = _("A group's code: letters, digits and dashes, such as building-1.")


class ChannelForm(forms.Form):
    """How, whom and in which language; the address as its own page shows it."""

    name = forms.CharField(
        label=_("Name of the channel"), max_length=80, error_messages={"required": FILL_IN}
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Channel.KINDS)
    office = forms.ChoiceField(
        label=_("For the office"), choices=[("", _("none: for a group")), *Role.choices], required=False
    )
    group = forms.RegexField(
        rf"^(?!{PRIVATE})[a-z0-9-]{{1,40}}$",
        label=_("Or for the group with the code"),
        required=False,
        error_messages={"invalid": GROUP_MESSAGE},
    )
    address = forms.CharField(label=_("Address"), max_length=1000, required=False)
    secret = forms.CharField(label=_("Secret or token (DingTalk, OneBot)"), max_length=200, required=False)
    onebot_group = forms.CharField(label=_("Number of the QQ group (OneBot)"), max_length=20, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("address", "secret", "onebot_group"):
            self.fields[name].widget.attrs.update(autocomplete="off", spellcheck="false")

    def clean_name(self) -> str:
        """Keep @ for persons' own mail."""
        name: str = self.cleaned_data["name"]
        if name.startswith("@"):
            raise forms.ValidationError(_("A channel's name doesn't begin with @."))
        return name

    def clean(self) -> dict[str, object]:
        """Want an office or a group."""
        cleaned: dict[str, object] = super().clean()
        if not cleaned.get("office") and not cleaned.get("group") and "group" not in self.errors:
            self.add_error("office", _("Say for whom: choose an office, or type a group's code."))
        return cleaned

    def asked(self) -> Asked:
        """Give what was typed."""
        typed = self.cleaned_data
        return Asked(
            name=typed["name"],
            kind=Kind(typed["kind"]),
            office=typed["office"],
            group=typed["group"],
            language=typed["language"],
            address=typed["address"],
            secret=typed["secret"],
            onebot_group=typed["onebot_group"],
        )


class MailServerForm(forms.Form):
    """The SMTP server that mail goes through."""

    host = forms.RegexField(
        r"^[A-Za-z0-9.-]{1,253}$",
        label=_("Server"),
        error_messages={"required": FILL_IN, "invalid": _("A server's name, such as smtp.college.edu.cn.")},
    )
    port = forms.IntegerField(
        label=_("Port"), min_value=1, max_value=65535, error_messages={"required": FILL_IN}
    )
    security = forms.ChoiceField(label=_("Protection"), choices=MailServer.Security.choices)
    user = forms.CharField(label=_("User"), max_length=150, required=False)
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    forget = forms.BooleanField(label=_("Without a password"), required=False)
    sender = forms.EmailField(
        label=_("Sender's address"),
        max_length=254,
        error_messages={
            "required": FILL_IN,
            "invalid": _("Write a mail address such as name@college.edu.cn."),
        },
    )

    def asked(self) -> AskedServer:
        """Give what was typed; an empty password keeps the one there is."""
        typed = self.cleaned_data
        password = "" if typed["forget"] else typed["password"] or None
        return AskedServer(
            typed["host"], typed["port"], typed["security"], typed["user"], password, typed["sender"]
        )


class OwnMailForm(forms.Form):
    """Where a person gets his own notices."""

    address = forms.EmailField(
        label=_("Your mail address (empty: none)"),
        max_length=254,
        required=False,
        error_messages={"invalid": _("Write a mail address such as name@college.edu.cn.")},
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
