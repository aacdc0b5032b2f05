"""What a phone without a network is answered: the worker's script, a token, and words for what is refused."""

import pytest
from django.test import Client, RequestFactory

from central.losses.offline_answers import LONGEST_MS, happened_ms, wants_json

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def test_the_worker_is_a_script_of_its_folder_that_is_looked_for_anew(client: Client) -> None:
    answer = client.get("/losses/worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert b"keep-offline" in b"".join(answer.streaming_content)


def test_who_is_signed_in_gets_a_token_of_this_session_and_a_stranger_none(admin: Client) -> None:
    admin.handler.enforce_csrf_checks = True
    answer = admin.get("/losses/ready/")
    assert "no-store" in answer.headers["Cache-Control"]
    here = answer.json()
    assert here["reader"] == admin.session["_auth_user_id"]
    assert admin.post("/losses/cases/1/step/", {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert admin.post("/losses/cases/1/step/", {"csrfmiddlewaretoken": here["token"]}).status_code == 404
    assert Client().get("/losses/ready/").status_code == 302


def test_a_page_names_its_reader_so_that_a_phone_can_let_go_of_anothers(
    admin: Client, client: Client
) -> None:
    number = admin.session["_auth_user_id"]
    assert f'<meta name="reader" content="{number}">' in admin.get("/").content.decode()
    assert '<meta name="reader" content="">' in client.get("/office/sign-in/").content.decode()


@pytest.mark.parametrize(
    ("sent", "ago_ms"),
    [
        ({}, 0),
        ({"at_ms": "1000", "sent_ms": "61000"}, 60_000),
        ({"at_ms": "61000", "sent_ms": "1000"}, 0),
        ({"at_ms": "x", "sent_ms": "1000"}, 0),
        ({"at_ms": "0", "sent_ms": str(10**15)}, LONGEST_MS),
    ],
)
def test_an_entry_is_as_old_as_the_phone_measured_whatever_its_clock_says(
    sent: dict[str, str], ago_ms: int
) -> None:
    assert happened_ms(sent, 10**12) == 10**12 - ago_ms


def test_a_browsers_form_gets_a_page_and_a_script_gets_words() -> None:
    ask = RequestFactory().post
    assert wants_json(ask("/", headers={"accept": "application/json"}))
    assert not wants_json(ask("/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}))
    assert not wants_json(ask("/"))
