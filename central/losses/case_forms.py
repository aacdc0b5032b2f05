"""The form of one step of a case, with photographs."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from central.losses.case_models import Case, CaseStep
from central.office.photo_field import PhotosField

ACTS = (
    CaseStep.Kind.ACKNOWLEDGED,
    CaseStep.Kind.ARRIVED,
    CaseStep.Kind.FOUND,
    CaseStep.Kind.NOTED,
    CaseStep.Kind.CLOSED,
)


class StepForm(forms.Form):
    """What somebody does to a case."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    act = forms.ChoiceField(choices=[(one.value, one.label) for one in ACTS], widget=forms.HiddenInput)
    finding = forms.ChoiceField(
        label=_("What it was"), choices=[("", "–"), *Case.Finding.choices], required=False
    )
    text = forms.CharField(
        label=_("What you saw or did"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photos = PhotosField(label=_("Photographs"), required=False)

    @classmethod
    def for_act(cls, act: CaseStep.Kind) -> "StepForm":
        """Give an empty form for one act."""
        return cls(initial={"step": uuid.uuid4(), "act": act.value}, auto_id=f"id_{act.value}_%s")
