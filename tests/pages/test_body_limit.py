"""What is larger than any form is turned away before it is read, also from a stranger."""

from io import BytesIO

import pytest
from django.test import Client

from central.config.body_limit import MOST_BODY_BYTES
from central.office.photos import MOST_AT_ONCE, MOST_BYTES

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
KIND = "multipart/form-data; boundary=x"


class Unread(BytesIO):
    """A body that must not be touched."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise AssertionError("it was read")


def test_a_body_without_end_is_turned_away_unread(client: Client) -> None:
    length = str(MOST_BODY_BYTES + 1)
    client.cookies["csrftoken"] = "x" * 32
    ask = {"CONTENT_LENGTH": length, "wsgi.input": Unread()}
    answer = client.generic("POST", "/office/sign-in/", b"", KIND, **ask)
    assert answer.status_code == 413
    assert "太大" in answer.content.decode()
    client.cookies["django_language"] = "en"
    assert b"too large" in client.generic("POST", "/losses/theft/report/", b"", KIND, **ask).content


def test_a_forms_photographs_fit(client: Client) -> None:
    length = str(MOST_AT_ONCE * MOST_BYTES + 10_000)
    assert (
        client.generic("POST", "/office/sign-in/", b"", "text/plain", CONTENT_LENGTH=length).status_code
        != 413
    )
