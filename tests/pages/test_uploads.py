"""Every file that a form takes is bounded before it is read, and named by nobody but us."""

import pytest
from django import forms
from django.test import Client

import central
from central.desk.forms import ListFileField
from central.office.bar_code_field import CodePhotoField
from central.office.photo_field import PhotosField
from tests.pages.test_access import PATTERNS

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

BOUNDED = (ListFileField, CodePhotoField, PhotosField)


def every_form(kind: type[forms.BaseForm] = forms.Form) -> set[type[forms.BaseForm]]:
    below = set(kind.__subclasses__())
    return below.union(*(every_form(one) for one in below)) if below else set()


def test_every_file_field_is_a_bounded_one_or_its_form_bounds_it() -> None:
    assert PATTERNS, "all views, and with them all forms, are loaded"
    ours = [one for one in every_form() if one.__module__.startswith(central.__name__)]
    fields = [
        (form, name)
        for form in ours
        for name, one in form.base_fields.items()
        if isinstance(one, forms.FileField)
    ]
    assert len(fields) >= 15
    loose = [
        f"{form.__name__}.{name}"
        for form, name in fields
        if not isinstance(form.base_fields[name], BOUNDED) and not hasattr(form, f"clean_{name}")
    ]
    assert not loose, loose


def test_an_upload_s_name_is_shown_as_text_and_never_a_path(admin: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    name = "../../<b>x</b>.csv"
    listed = "building,room,class,meter\n7,701,dormitory,m-701\n"
    page = admin.post("/office/import/", {"file": SimpleUploadedFile(name, listed.encode())}).content.decode()
    assert "<b>x</b>" not in page
