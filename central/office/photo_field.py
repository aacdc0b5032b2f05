"""The form field for photographs, and what is said when one is not taken."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from central.office.photos import MOST_AT_ONCE, MOST_BYTES, PhotoRefusal
from central.office.words import Words

REFUSALS: dict[PhotoRefusal, Words] = {
    PhotoRefusal.TOO_LARGE: _("A photograph is too large: at most 12 MB."),
    PhotoRefusal.NOT_A_PICTURE: _("A file is no photograph (JPEG, PNG or WebP), or it is damaged."),
    PhotoRefusal.TOO_MANY: _(
        "Too many photographs: 12 at once and 500 a day. Send the rest with another note, or tomorrow."
    ),
}


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
            raise forms.ValidationError(REFUSALS[PhotoRefusal.TOO_MANY])
        if any(file.size > MOST_BYTES for file in files):  # before a view reads it into memory
            raise forms.ValidationError(REFUSALS[PhotoRefusal.TOO_LARGE])
        return files
