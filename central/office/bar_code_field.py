"""The form field for one photograph of bar codes, and what is said when it gives nothing to choose from.

A plain file field: a phone opens its camera, nothing needs a script. The view reads it with `codes_of` and offers what it says by
`office/codes_offered.html`.
"""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from central.office.bar_codes import Code, CodeRefusal, read_codes
from central.office.photo_field import REFUSALS as OF_PHOTOS
from central.office.photos import MOST_BYTES, PhotoRefusal
from central.office.words import Words

REFUSALS: dict[PhotoRefusal | CodeRefusal, Words] = {
    **OF_PHOTOS,
    CodeRefusal.NO_CODE: _(
        "No bar code was found in the photograph. Go closer, hold the phone straight and still, mind reflections; "
        "or type the number."
    ),
    CodeRefusal.EMPTY_CODE: _("The bar code holds no text. Type the number from the plate."),
}


class CodePhotoField(forms.FileField):
    """One photograph of a plate or a label. Not kept: it is read, and forgotten."""

    widget = forms.FileInput(attrs={"accept": "image/*", "capture": "environment"})

    def __init__(self, **named: object) -> None:
        super().__init__(**{"label": _("Photograph of the bar code"), "allow_empty_file": True, **named})

    def clean(self, data: object, initial: object = None) -> UploadedFile | None:
        """Give the upload, or None; too large is said before it is read into memory."""
        file: UploadedFile | None = super().clean(data, initial)
        if file is not None and (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(REFUSALS[PhotoRefusal.TOO_LARGE])
        return file


def codes_of(file: UploadedFile) -> tuple[Code, ...] | Words:
    """Give the codes to choose from, at least one; or the words that say why there is none."""
    read = read_codes(file.read())
    return REFUSALS[read] if isinstance(read, PhotoRefusal | CodeRefusal) else read
