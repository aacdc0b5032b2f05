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
    ask = {"CONTENT_LENGTH": length, "CONTENT_TYPE": KIND, "wsgi.input": Unread()}
    answer = client.generic("POST", "/office/sign-in/", b"", KIND, **ask)
    assert answer.status_code == 413
    assert "太大" in answer.content.decode()
    client.cookies["django_language"] = "en"
    assert b"too large" in client.generic("POST", "/losses/theft/report/", b"", KIND, **ask).content


def of_length(client: Client, length: int, **more: object) -> int:
    sent = {"CONTENT_LENGTH": str(length), "CONTENT_TYPE": KIND, **more}
    return client.generic("POST", "/office/sign-in/", b"", KIND, **sent).status_code


def test_a_forms_photographs_fit_and_no_stranger_sends_so_much(cashier: Client) -> None:
    length = MOST_AT_ONCE * MOST_BYTES + 10_000
    with pytest.raises(AssertionError, match="it was read"):
        of_length(cashier, length, **{"wsgi.input": Unread()})
    stranger = Client()
    stranger.cookies["sessionid"] = "x" * 32
    assert of_length(stranger, length, **{"wsgi.input": Unread()}) == 403
    assert stranger.post("/office/sign-in/", {"username": "x" * 20_000, "password": "x"}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json", ""])
def test_what_is_no_form_is_not_read(cashier: Client, kind: str) -> None:
    body = {"CONTENT_LENGTH": "9", "CONTENT_TYPE": kind, "wsgi.input": Unread()}
    assert cashier.generic("POST", "/losses/theft/report/", b"", kind, **body).status_code == 415
    if kind != "application/json":
        assert Client().generic("POST", "/gateways/enrol/", b"", kind, **body).status_code == 415


def test_what_a_program_is_answered_is_no_page(client: Client) -> None:
    answer = client.post("/gateways/enrol/", b"{}", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert answer["Content-Disposition"].startswith("attachment")
    large = client.post("/gateways/renew/", b"x" * 1_000_000, content_type="application/json")
    assert (large.status_code, large.json()) == (400, {"refusal": "bad-request"})
