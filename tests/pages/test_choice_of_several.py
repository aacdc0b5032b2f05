"""A key that no row can have is no choice, on either database."""

import pytest
from django import forms

from central.desk.day_forms import Several
from central.office.models import User


@pytest.mark.parametrize("key", ["99999999999999999999", "-99999999999999999999", "x"])
def test_a_key_that_no_row_can_have_is_no_choice(db: None, key: str) -> None:
    with pytest.raises(forms.ValidationError):
        Several(User.objects.all()).clean([key])
