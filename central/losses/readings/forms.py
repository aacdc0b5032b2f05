"""Forms of readings by hand. What a figure is, is the rule's to say: a form only takes it as it was typed."""

import uuid

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from central.domain.hand_reading import Unreadable
from central.losses.readings.settling import BY_HAND
from central.losses.readings.words import SETTLED, UNREADABLE
from central.office.photo_field import PhotosField

LARGEST_LIST_BYTES = 5_000_000


class EntryForm(forms.Form):
    """One meter's entry; drawn by `reading_row.html`, since a floor has many."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    meter = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reading = forms.CharField(label=_("Reading, kWh"), max_length=40, required=False)
    unreadable = forms.ChoiceField(
        label=_("Why it can't be read"),
        choices=[
            ("", "–"),
            *((one.value, UNREADABLE[one]) for one in Unreadable if one is not Unreadable.OTHER_METER),
        ],
        required=False,
    )
    found_meter = forms.CharField(label=_("Number on the meter, if another"), max_length=64, required=False)
    words = forms.CharField(label=_("Remark, or why the value is right"), max_length=300, required=False)
    photos = PhotosField(label=_("Photograph"), required=False)


class ReasonForm(forms.Form):
    """Why something is done; the key makes a double click one act."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    why = forms.CharField(label=_("In words"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class SettleForm(forms.Form):
    """How one meter's disagreement ended."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    meter = forms.CharField(max_length=64, widget=forms.HiddenInput)
    how = forms.ChoiceField(
        label=_("What it was"), choices=[("", "–"), *((one.value, SETTLED[one]) for one in BY_HAND)]
    )
    words = forms.CharField(label=_("How you know"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class SupplementForm(forms.Form):
    """A meter's value that is found wrong after the signatures."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    meter = forms.CharField(label=_("Meter"), max_length=64)
    reading = forms.CharField(
        label=_("Right value, kWh"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    why = forms.CharField(label=_("In words"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class SheetFileForm(forms.Form):
    """A sheet that was written on paper and typed into a table."""

    file = forms.FileField(
        label=_("Sheet as a table (CSV or XLSX)"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty. Save the list again and choose it once more."),
        },
    )

    def clean_file(self) -> UploadedFile:
        """Refuse what no sheet can be; the import itself names what is wrong inside."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > LARGEST_LIST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 5 MB. A sheet is far smaller: check that it is the right one.")
            )
        return file
