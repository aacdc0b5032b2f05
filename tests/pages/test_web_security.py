"""What docs/security.md promises of sign-in, sessions, forms and the log, beside what its neighbours test of their own pages."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from central import clock
from central.config.commands import running
from central.ledger.models import AuditEntry
from central.office import idle, sign_in_limits
from central.office.models import Delivery, User
from tests.browser import seed
from tests.pages.test_access import OPEN_TO_ALL, PATTERNS, address

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
SIGN_IN = "/office/sign-in/"
ROOT = Path(__file__).parents[2]
PRODUCTION = {
    "CARDROOM_HTTPS": "1",
    "CARDROOM_ALLOWED_HOSTS": "cardroom.example.org",
    "DJANGO_SETTINGS_MODULE": "central.config.settings",
}
ASKS = """
import django; django.setup()
from django.conf import settings as s
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
from django.test import Client
told = Client().get("/office/sign-in/", headers={"host": "cardroom.example.org"})
assert (told.status_code, told["Location"]) == (301, "https://cardroom.example.org/office/sign-in/"), told
told = Client().post("/gateways/enrol/", headers={"host": "cardroom.example.org"})
assert told.status_code < 300 or told.status_code >= 400, "a gateway without a certificate yet"
told = Client().get("/nowhere/", headers={"host": "cardroom.example.org", "x-forwarded-proto": "https"})
assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", told.headers
assert Client().get("/", headers={"host": "other.example.org"}).status_code == 400
for name, secure in ((s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE), (s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_SECURE)):
    assert name.startswith("__Host-") and secure, name
assert (s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_PATH, s.CSRF_COOKIE_DOMAIN) == ("/", None, "/", None)
assert not s.DEBUG and s.SECOND_FACTOR
"""


def test_the_production_settings_are_clean_and_bind_cookies_to_this_host(tmp_path: Path) -> None:
    """`check --deploy --fail-level WARNING`, and what a browser is told there, in a process with a central of its own."""
    environment = {
        **os.environ,
        **PRODUCTION,
        "CARDROOM_DATA": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("CARDROOM_SECOND_FACTOR", None)
    init = [sys.executable, "-c", "from central.config import data_folder; data_folder.make_keys()"]
    for command in (init, [sys.executable, "-W", "ignore", "-c", ASKS]):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("short-words", False),
        ("passwordpassword", False),
        ("123456789012", False),
        ("cashier-cashier", False),
        ("password2026!", False),
        ("qwertyuiop12", False),
        ("cardroom-2026", False),
        ("aaaaaaaaaaaa", False),
        ("x" * 129, False),
        ("twelve chars", True),
        ("tall-lamp-quiet-42", True),
        ("春天的河水很安静也很清澈啊", True),
        ("🙂 four quiet lamps " * 6, True),
    ],
)
def test_a_password_is_long_and_uncommon_and_may_hold_anything(password: str, is_taken: bool) -> None:
    try:
        validate_password(password, User(username="cashier"))
    except ValidationError:
        assert not is_taken
    else:
        assert is_taken


def attempt(client: Client, name: str, address: str = "192.0.2.1", password: str = "wrong") -> int:
    typed = {"username": name, "password": password}
    return client.post(SIGN_IN, typed, REMOTE_ADDR=address).status_code


def failed_before(name: str, address: str, times: int) -> None:
    """Put wrong passwords of a name from an address down, as axes does."""
    AccessAttempt.objects.create(
        username=name, ip_address=address, user_agent="x", failures_since_start=times,
        get_data="", post_data="", http_accept="", path_info="",
    )  # fmt: skip


def test_a_name_is_locked_however_many_addresses_try_it(campus: None) -> None:
    for machine in range(6):
        failed_before("cashier", f"198.51.100.{machine}", 4)
    assert attempt(Client(), "cashier", "203.0.113.1") == 429, "the 25th"
    assert attempt(Client(), "cashier", "203.0.113.2", seed.PASSWORD) == 429, "the right one, too"
    assert attempt(Client(), "finance", "203.0.113.2") == 200


def test_at_her_own_desk_a_stranger_elsewhere_locks_nobody_out(campus: None) -> None:
    own = Client()
    assert attempt(own, "cashier", password=seed.PASSWORD) == 302
    own.post("/office/sign-out/")
    failed_before("cashier", "198.51.100.1", sign_in_limits.OF_NAME)
    assert attempt(own, "cashier", password=seed.PASSWORD) == 302
    assert attempt(Client(), "cashier", "203.0.113.2", seed.PASSWORD) == 429


def test_an_address_that_tries_one_password_on_every_name_is_locked(campus: None) -> None:
    for number in range(sign_in_limits.OF_ADDRESS // 4):
        failed_before(f"guess-{number}", "203.0.113.9", 4)
    assert attempt(Client(), "cashier", "203.0.113.9", seed.PASSWORD) == 429
    assert attempt(Client(), "cashier", "203.0.113.8", seed.PASSWORD) == 302


def test_an_address_that_is_none_is_refused_as_any_other(campus: None) -> None:
    """PostgreSQL takes none such; a proxy that is set up wrongly may send it."""
    assert attempt(Client(), "cashier", "not an address") == 200
    assert AccessAttempt.objects.get().ip_address is None


def test_a_sign_in_gets_a_new_session_and_a_sign_out_ends_it(campus: None) -> None:
    client = Client()
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies[django_settings.SESSION_COOKIE_NAME] = before
    assert attempt(client, "cashier", password=seed.PASSWORD) == 302
    after = client.session.session_key
    assert after != before
    client.post("/office/sign-out/")
    client.cookies[django_settings.SESSION_COOKIE_NAME] = after
    assert client.get("/desk/").status_code == 302, "the old token is nobody's"


def test_a_changed_password_ends_the_other_sessions(campus: None) -> None:
    here, there = Client(), Client()
    for one in (here, there):
        attempt(one, "cashier", password=seed.PASSWORD)
    typed = {
        "old_password": seed.PASSWORD,
        "new_password1": "calm-river-77x",
        "new_password2": "calm-river-77x",
    }
    assert here.post("/office/password/", typed).status_code == 302
    assert (here.get("/office/").status_code, there.get("/office/").status_code) == (200, 302)


def test_who_s_sign_in_was_changed_is_told_on_his_own_mail(admin: Client) -> None:
    cashier = User.objects.get(username="cashier")
    cashier.email = "cashier@example.org"
    cashier.save()
    admin.post(f"/office/people/{cashier.pk}/reset/")
    [told] = Delivery.objects.filter(notice__template="sign-in-changed")
    assert told.channel.person == cashier
    assert "administrator" in told.notice.params["what_word"]


def test_a_session_ends_after_its_longest_time_however_busy(
    cashier: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = clock.real_now_ms()
    monkeypatch.setattr(idle.clock, "real_now_ms", lambda: now_ms)
    for _quarter in range(4 * django_settings.LONGEST_SESSION_HOURS):
        assert cashier.get("/alarms/").status_code == 200
        now_ms += 900_000
    assert cashier.get("/alarms/").status_code == 302
    assert AuditEntry.objects.filter(action="sign-out").latest("position").detail == "too-long"


def test_a_role_is_refused_in_one_line_of_the_log_that_nobody_can_break(
    cashier: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "central.security"):
        assert cashier.get("/office/people/").status_code == 403
        Client(enforce_csrf_checks=True).post("/office/x%0a2026 refused (role): all/", {"a": "secret"})
        stranger = Client(enforce_csrf_checks=True)
        stranger.post(SIGN_IN, {"password": "secret"}, REMOTE_ADDR="192.0.2.1\nforged")
    said = [record.getMessage() for record in caplog.records if record.name == "central.security"]
    assert said[0] == "refused (role): GET '/office/people/' by 'cashier' from '127.0.0.1'"
    assert said[-1].endswith(r"by 'stranger' from '192.0.2.1\nforged'")
    assert not any("\n" in line or "secret" in line for line in said)


SIGNED_BY_A_DEVICE = {"gateways:enrol", "gateways:renew"}
"""No cookie opens them: a gateway proves a code, or signs."""


def test_no_form_is_taken_without_its_token(admin: Client) -> None:
    """Also where a stranger may send one: a sign-in, a room's PIN."""
    admin.handler.enforce_csrf_checks = True
    taken = [
        name
        for name in PATTERNS
        if name not in SIGNED_BY_A_DEVICE and admin.post(address(name)).status_code not in (403, 405)
    ]
    assert not taken
    assert SIGNED_BY_A_DEVICE <= OPEN_TO_ALL


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"]
)
def test_nobody_is_led_elsewhere(campus: None, elsewhere: str) -> None:
    client = Client()
    typed = {"username": "cashier", "password": seed.PASSWORD, "next": elsewhere}
    assert client.post(f"{SIGN_IN}?{urlencode({'next': elsewhere})}", typed).headers["Location"] == "/"
    changed = client.post(reverse("set_language"), {"language": "en", "next": elsewhere})
    assert "evil" not in changed.headers["Location"]


def test_a_parameter_said_twice_counts_once_and_an_unknown_one_not_at_all(admin: Client) -> None:
    """The last one; and a form takes its own fields only: nobody makes himself another by typing one more."""
    typed = {
        "name": "new-one",
        "role": ["admin", "cashier"],
        "is_superuser": "1",
        "must_change_password": "0",
    }
    assert admin.post("/office/people/", typed).status_code == 200
    made = User.objects.get(username="new-one")
    assert (made.role, made.is_superuser, made.must_change_password) == ("cashier", False, True)


@pytest.mark.parametrize(
    ("host", "is_https", "words"),
    [
        ("127.0.0.1", False, ""),
        ("::1", True, ""),
        ("0.0.0.0", False, "passwords travel unencrypted"),
        ("10.0.0.7", True, "believed about his own address"),
    ],
)
def test_a_port_that_others_reach_is_warned_of(
    settings: object, host: str, is_https: bool, words: str
) -> None:
    """Behind a proxy its headers are believed: who comes past it writes them himself."""
    settings.BEHIND_HTTPS = is_https
    said = running.exposed(host)
    assert (words in said, bool(said)) == (True, bool(words))


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "X-ANY"])
def test_a_method_that_nobody_uses_shows_and_changes_nothing(campus: None, method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, SIGN_IN)
    assert answer.status_code in (403, 405)
