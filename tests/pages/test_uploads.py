"""Every file that a form takes is bounded before it is read, and named by nobody but us."""

import os
from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import ImageFile

import central
from central import clock
from central.desk.forms import ListFileField
from central.office import photos, uploads
from central.office.bar_code_field import CodePhotoField
from central.office.bar_codes import read_codes
from central.office.models import Photo, User
from central.office.photo_field import PhotosField
from central.office.photo_keeping import keep_uploads
from tests.browser.seed_theft import picture
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
    name = "../../<b>x</b>.csv"
    listed = "building,room,class,meter\n7,701,dormitory,m-701\n"
    page = admin.post("/office/import/", {"file": SimpleUploadedFile(name, listed.encode())}).content.decode()
    assert "<b>x</b>" not in page


def test_nobody_fills_the_disk_with_pictures(
    campus: None, settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too many for a day is refused in words and keeps nothing; the next day it is taken, and others' is always."""
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    monkeypatch.setattr(photos, "MOST_A_DAY", 2)
    cashier, manager = (User.objects.get(username=name) for name in ("cashier", "manager"))
    now_ms = clock.now_ms()

    def sent(by: User, text: str, at_ms: int) -> tuple[list[str], list[str]]:
        return keep_uploads([SimpleUploadedFile("a.jpg", picture(text))], [], by=by, now_ms=at_ms)

    assert all(len(sent(cashier, text, now_ms)[0]) == 1 for text in ("A", "B"))
    kept, troubles = sent(cashier, "C", now_ms + 1)
    assert kept == []
    assert len(troubles) == 1
    assert Photo.objects.count() == 2
    assert sent(manager, "C", now_ms)[0]
    assert sent(cashier, "D", now_ms + photos.DAY_MS + 1)[0]


def test_pictures_are_unpacked_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads with a picture of sixty million points each would take two gigabytes."""
    held, real = [], ImageFile.ImageFile.load

    def load(picture: ImageFile.ImageFile) -> object:
        held.append(photos.UNPACKING.locked())
        return real(picture)

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    assert isinstance(photos.look(picture("A")), photos.Seen)
    read_codes(picture("B"))
    assert len(held) >= 3
    assert all(held)
    assert not photos.UNPACKING.locked()


def test_nobody_fills_the_disk_with_lists(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies there longest goes first, and who still wants it sends it again."""
    monkeypatch.setattr(uploads, "MOST_KEPT_BYTES", 100)
    first, second = uploads.keep(b"a" * 40), uploads.keep(b"b" * 40)
    os.utime(settings.UPLOADS_FOLDER / first, (1, 1))
    monkeypatch.setattr(uploads, "KEPT_MS", 10**15)
    third = uploads.keep(b"c" * 40)
    assert [uploads.kept(one) is not None for one in (first, second, third)] == [False, True, True]
    assert sum(path.stat().st_size for path in settings.UPLOADS_FOLDER.iterdir()) <= 100


def test_one_list_that_is_sent_twice_at_once_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other request comes between the writing and the naming of the first one's."""
    content, real, others = b"building,room", Path.replace, [b"building,room"]

    def replace(part: Path, target: Path) -> Path:
        if others:
            uploads.keep(others.pop())
        return real(part, target)

    monkeypatch.setattr(Path, "replace", replace)
    assert uploads.kept(uploads.keep(content)) == content
