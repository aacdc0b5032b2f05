"""The form of one step of a case, with photographs."""

import uuid

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from central.losses.case_models import Case, CaseStep
from central.losses.case_words import REFUSALS
from central.losses.cases import CaseRefusal
from central.losses.photos import MOST_AT_ONCE, MOST_BYTES

ACTS = (
    CaseStep.Kind.ACKNOWLEDGED,
    CaseStep.Kind.ARRIVED,
    CaseStep.Kind.FOUND,
    CaseStep.Kind.NOTED,
    CaseStep.Kind.CLOSED,
)


class PhotosInput(forms.ClearableFileInput):
    """Several pictures; a phone offers its camera."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Up to MOST_AT_ONCE pictures as a list of uploads; what they are is looked at when they are kept."""

    widget = PhotosInput(attrs={"accept": "image/jpeg,image/png,image/webp"})

    def clean(self, data: object, initial: object = None) -> list[UploadedFile]:
        """Give the list; none is an empty one."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        files = [super(PhotosField, self).clean(one, initial) for one in given if one]
        if self.required and not files:
            raise forms.ValidationError(_("Add a photograph."))
        if len(files) > MOST_AT_ONCE:
            raise forms.ValidationError(_("Too many photographs at once: send the rest with another note."))
        if any(file.size > MOST_BYTES for file in files):  # before a view reads it into memory
            raise forms.ValidationError(REFUSALS[CaseRefusal.PHOTO_TOO_LARGE])
        return files


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
