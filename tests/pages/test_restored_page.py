"""The page of a server that was restored: what is open, who may say that it is done, and credit that nothing here explains."""

import pytest
from django.test import Client

from central.ledger.models import AuditEntry
from central.link.models import RestorationTick
from tests.browser.seed_restored import restored

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE = "/link/restored/"


def test_a_restored_servers_list_is_ticked_once_and_is_on_record(admin: Client, campus: None) -> None:
    assert admin.get(PAGE).status_code == 200, "a server that was never restored"
    restored()
    page = admin.get(PAGE).content.decode()
    assert "p-7d9f6c1e5a554a0e9a390a5a0f4e1c11" in page
    assert PAGE in admin.get("/").content.decode(), "it stands on the overview"
    for note in ("receipts <b>12</b>", "again"):
        assert admin.post(f"{PAGE}tick/", {"point": "money-again", "note": note}).status_code == 302
    assert RestorationTick.objects.get(point="money-again").note == "receipts <b>12</b>"
    assert AuditEntry.objects.filter(action="tick-restoration").count() == 1
    assert "<b>12</b>" not in admin.get(PAGE).content.decode()
    admin.post(f"{PAGE}tick/", {"point": "x" * 40})
    assert not RestorationTick.objects.filter(point__startswith="x").exists()
    admin.post(f"{PAGE}tick/", {"point": "papers-again"})
    assert PAGE not in admin.get("/").content.decode(), "every point is done"
