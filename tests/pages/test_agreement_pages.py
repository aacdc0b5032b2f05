"""The four-way agreement's pages: the board, a building's differences and what explains them, lists, signing, the lock (R-4.1.9)."""

import pytest
from django.test import Client

from central import clock
from central.reports.agreement.gathering import last_over
from central.losses.readings.sheets import month_of
from tests.browser import seed_agreement
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def differing(campus: None) -> str:
    """Building 1 differs on every line; gives its page."""
    seed_agreement.agreement()
    return f"/agreement/{month_of(last_over(clock.now_ms()))}/{seed_agreement.Building.objects.get(code='1').pk}/"


def text_of(answer: object) -> str:
    return answer.content.decode()


def test_try(differing: str) -> None:
    c = client_of("cashier")
    for p in ("/agreement/", differing, "/agreement/lists/", "/agreement/lists/1/", "/papers/agreement/"):
        a = c.get(p)
        print(p, a.status_code)
        open("/tmp/agree" + p.replace("/", "_") + ".html", "w").write(text_of(a))
    import re
    t = re.sub(r"<[^>]+>", " ", text_of(c.get(differing)))
    print(re.sub(r"\s+", " ", t)[:6000])
    assert 0
