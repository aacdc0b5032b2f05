"""Forms about people: who he is, and who stands in for whom."""

from datetime import datetime

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.clock import CAMPUS_ZONE
from central.office.models import User
from central.office.people import Person
from central.office.roles import Role


class PersonForm(forms.Form):
    """A person's sign-in name, office, full name and buildings."""

    name = forms.CharField(
        label=_("Sign-in name"),
        max_length=150,
        validators=[UnicodeUsernameValidator(message=_("Use letters, digits and @ . + - _ only."))],
        error_messages={"required": _("Type a sign-in name.")},
    )
    full_name = forms.CharField(label=_("Full name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Office"), choices=Role.choices)
    buildings = forms.ModelMultipleChoiceField(
        Building.objects.order_by("code"),
        label=_("Buildings (wardens and electricians; none: all)"),
        required=False,
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_name(self) -> str:
        """Give the name as it is kept: a Chinese keyboard's wide letters are the plain ones, here as at the sign-in."""
        return User.normalize_username(self.cleaned_data["name"])

    def person(self) -> Person:
        """Give what was typed."""
        typed = self.cleaned_data
        codes = tuple(building.code for building in typed["buildings"])
        return Person(typed["name"], typed["role"], typed["full_name"], codes)


class DelegationForm(forms.Form):
    """Who is away, who stands in, from when to when, and why."""

    absent = forms.ModelChoiceField(User.objects.none(), label=_("Who is away"))
    stand_in = forms.ModelChoiceField(User.objects.none(), label=_("Who stands in"))
    begins = forms.CharField(label=_("From"))
    ends = forms.CharField(label=_("Until when"))
    reason = forms.CharField(label=_("Reason"), max_length=120)

    def __init__(self, user: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        everybody = User.objects.filter(is_active=True).order_by("username")
        mine = everybody if user.role == Role.ADMIN else everybody.filter(pk=user.pk)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")
        self.fields["absent"].queryset, self.fields["stand_in"].queryset = mine, everybody
        for name in ("absent", "stand_in"):
            self.fields[name].label_from_instance = lambda person: (
                f"{person.spoken_name} · {person.get_role_display()}"
            )
        for name in ("begins", "ends"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def clean_begins(self) -> int:
        """Give the first instant, in milliseconds."""
        return instant_ms(self.cleaned_data["begins"])

    def clean_ends(self) -> int:
        """Give the instant at which it is over, in milliseconds."""
        return instant_ms(self.cleaned_data["ends"])


def instant_ms(text: str) -> int:
    """Read a campus instant. Raises ValidationError."""
    try:
        return int(datetime.fromisoformat(text.strip()).replace(tzinfo=CAMPUS_ZONE).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise forms.ValidationError(_("Write the instant as 2026-09-01 08:00.")) from error
