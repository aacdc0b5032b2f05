"""`make bench-pages` asks pages that are there, of a campus that has something on each; how fast they are, no test says."""

import pytest
from django.test import Client

from central.desk.models import Receipt
from central.office.models import User
from tests.bench import pages_load

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def test_every_page_of_the_bench_is_answered(settings: object) -> None:
    settings.ROOT_URLCONF = settings.ROOT_URLCONF  # what the bench sets is put back afterwards
    pages_load._seed(2, 12)
    found = pages_load._measure(2, 12, rounds=1)
    bare = found.pop("/bare/")
    assert len(found) == sum(1 + has_part for _who, has_part in pages_load.PAGES.values())
    assert found["/buildings/{b}/"]["kb"] > found["/buildings/{b}/ (part)"]["kb"] > bare["kb"]
    client = Client()
    client.force_login(
        User.objects.get(username="cashier"), backend="django.contrib.auth.backends.ModelBackend"
    )
    newest = Receipt.objects.order_by("-number").first()
    assert newest is not None
    assert newest.room in client.get(f"/desk/receipts/{newest.number}/").content.decode()


def test_a_page_that_fails_ends_the_bench(settings: object) -> None:
    with pytest.raises(SystemExit, match="answered 404"):
        pages_load._ask(Client(), "/nowhere/", [{}], as_part=False)
