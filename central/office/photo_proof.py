"""Prove that each photograph which a record names is kept; that the files are what was received is proved of all at once."""

from collections.abc import Iterable

from django.db.models import Model

from central.ledger.verification import Check
from central.office.photo_models import Photo


def named_photos(name: str, tables: Iterable[type[Model]]) -> Check:
    """Check, under a name, what the rows of some tables name in their `photos`."""
    rows = (table._default_manager.exclude(photos=[]).values_list("photos", flat=True) for table in tables)
    named = {digest for of_table in rows for photos in of_table for digest in photos}
    kept = set(Photo.objects.filter(digest__in=named).values_list("digest", flat=True))
    lost = min(named - kept, default="")
    return Check(name, f"{len(named)} named", f"{lost} is not kept" if lost else "")
