"""The form of a review, with photographs."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from central.losses.abnormal.models import AbnormalReview
from central.office.photo_field import PhotosField


class ReviewForm(forms.Form):
    """What a person found out about a room."""

    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    kind = forms.ChoiceField(label=_("Why"), choices=[("", "–"), *AbnormalReview.Kind.choices])
    text = forms.CharField(
        label=_("What you found out, and from whom"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photos = PhotosField(label=_("Photographs"), required=False)
