"""What the pages' tests share: a seeded campus of one building, a key to sign with, and one browserless client per role."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from central import clock
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import User
from tests.browser import seed
from tests.open_shifts import on_shift
from tests.pages.kept_campus import KeptCampus


def seed_campus() -> None:
    seed.people()
    seed.campus(buildings=1, rooms=6)


CAMPUS = KeptCampus(seed_campus)


@pytest.fixture(autouse=True)
def quick_and_signed(tmp_path: Path, settings: object) -> None:
    """Central signs with a key of the test's own; passwords are hashed quickly."""
    path = tmp_path / "signing.key"
    path.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    settings.SIGNING_KEY_FILE = path
    settings.UPLOADS_FOLDER = tmp_path / "uploads"
    settings.SECOND_FACTOR = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def campus(db: None) -> None:
    """Building 1 with six rooms: one cut off, one low, one welded, one silent, one protected, one in order."""
    CAMPUS.put()


@pytest.fixture
def cashier(campus: None) -> Client:
    """The cashier, whose shift is open."""
    on_shift(User.objects.get(username="cashier"), clock.now_ms())
    return _client("cashier")


@pytest.fixture
def admin(campus: None) -> Client:
    return _client("manager")


def _client(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client
