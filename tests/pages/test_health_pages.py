"""The health page in both languages; /metrics by Prometheus's own parser, and who is given them."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from central import clock
from central.campus.models import Building, Room
from central.config.commands import health
from central.config.web_pulse import Counted
from central.link.models import Gateway
from central.link.pulse import beats
from central.link.pulse.models import ProcessBeat, StandingFinding
from central.office.models import User
from central.reports.health.metrics import exposition
from central.reports.health.metrics_views import token_file

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
UNITS = (
    *("_total", "_seconds", "_bytes", "_info", "_rows", "_messages", "_meters", "_bucket", "_sum", "_count"),
    *("_connected", "_trusted", "_unanswered", "_waiting", "_overdue", "_late", "_findings"),
)
LABELS = {"gateway", "line", "software", "version", "kind", "reason", "process", "database", "disk", "holder"}
LABELS |= {"code", "part", "level", "le"}


def metrics(client: Client, **headers: object) -> object:
    return client.get("/metrics", **headers)


def test_the_page_says_state_since_when_and_next_step(admin: Client) -> None:
    since_ms = clock.now_ms() - 3_600_000
    StandingFinding.objects.create(code="ingest-stands", subject="ingest", level="bad", since_ms=since_ms)
    beats.beat(beats.INGEST, beats.INGEST, clock.real_now_ms())
    ProcessBeat.objects.update(beat_real_ms=clock.real_now_ms() - 3_600_000)
    page = admin.get("/health/").content.decode()
    assert "Receiving stands still" in page
    assert "60 minutes old" in page
    assert f'since <time class="nowrap" datetime="{clock.local(since_ms):%Y-%m-%d}' in page
    assert "systemctl restart cardroom-ingest" in page
    admin.cookies["django_language"] = "zh-hans"
    chinese = admin.get("/health/").content.decode()
    assert "接收进程停滞" in chinese
    assert "Receiving" not in chinese


def test_the_page_refreshes_only_what_changed(admin: Client) -> None:
    first = admin.get("/health/", HTTP_HX_REQUEST="true").content.decode()
    seen = re.findall(r'name="seen" value="(\w+)"', first)[0]
    again = admin.get(f"/health/?seen={seen}", HTTP_HX_REQUEST="true")
    assert again.status_code in (200, 204)
    assert "<html" not in again.content.decode()


def test_metrics_are_what_prometheus_reads(campus: None) -> None:
    beats.beat(beats.INGEST, beats.INGEST, clock.real_now_ms(), {"queue": 4, "connected": True})
    beats.count(beats.WEB, {"status-200": 3, "status-500": 1, "took-5": 2, "took-inf": 2, "took-ms": 20_010})
    answer = metrics(Client())
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {one.name: one for one in text_string_to_metric_families(answer.content.decode())}
    assert len(families) > 35
    for family in families.values():
        assert family.name.startswith("cardroom_")
        assert family.documentation.endswith(".")
        for sample in family.samples:
            assert sample.name.endswith(UNITS), sample.name
            assert set(sample.labels) <= LABELS, sample
    asked = {tuple(one.labels.values()): one.value for one in families["cardroom_web_requests"].samples}
    assert asked == {("2xx",): 3, ("5xx",): 1}
    took = {
        one.labels.get("le", one.name): one.value
        for one in families["cardroom_web_request_duration_seconds"].samples
    }
    assert (took["0.005"], took["10"], took["+Inf"]) == (2, 2, 4)
    assert took["cardroom_web_request_duration_seconds_sum"] == pytest.approx(20.01)


def test_the_rules_for_alerts_name_metrics_and_labels_that_are_there(campus: None) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operation.md").read_text(encoding="utf-8")
    rules = page[page.index("    groups:") : page.index("What is not known is left out")]
    told = exposition(clock.now_ms()).decode()
    named = set(re.findall(r"\bcardroom_\w+", rules))
    assert len(named) > 10
    assert {name for name in named if f"# TYPE {name} " not in told} == set()
    assert set(re.findall(r"\$labels\.(\w+)", rules)) <= LABELS
    table = set(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))
    listed = {f"cardroom_{name}" for row in table for name in re.findall(r"`(\w+)`", row)}
    exposed = set(re.findall(r"^# TYPE (cardroom_\w+) ", told, re.MULTILINE))
    assert listed == exposed, "the page's table is what is exposed, no more and no less"


def test_no_room_and_no_person_is_in_them(campus: None) -> None:
    text = exposition(clock.now_ms()).decode()
    assert "gw-1" in text
    for room in Room.objects.all():
        assert f'"{room.full_label}"' not in text
    for user in User.objects.all():
        assert f'"{user.username}"' not in text


def test_a_scrape_of_more_gateways_asks_no_more_often(campus: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        exposition(clock.now_ms())
    for n in range(20):
        building = Building.objects.create(code=f"h{n}", name=f"House {n}")
        Gateway.objects.create(
            pk=f"gw-h{n}", building=building, enrolled_ms=0, public_key="0" * 64, last_seen_ms=1
        )
    with CaptureQueriesContext(connection) as many:
        assert exposition(clock.now_ms()).decode().count("cardroom_gateway_commands_unanswered{") == 21
    assert len(many) <= len(few)


@pytest.mark.parametrize(
    ("headers", "is_given"),
    [
        ({}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "10.1.2.3"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"HTTP_FORWARDED": "for=127.0.0.1"}, False),
        ({"HTTP_HOST": "testserver:8000"}, True),
    ],
)
def test_only_this_machine_is_given_metrics_without_a_token(
    campus: None, headers: dict[str, str], is_given: bool
) -> None:
    answer = metrics(Client(), **headers)
    assert answer.status_code == (200 if is_given else 403)
    assert is_given or b"cardroom_" not in answer.content


def test_behind_https_everybody_needs_the_token(campus: None, settings: object) -> None:
    settings.BEHIND_HTTPS = True
    assert metrics(Client()).status_code == 403


def test_the_token_opens_them_from_elsewhere(campus: None, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = {"REMOTE_ADDR": "10.1.2.3"}
    assert metrics(Client(), HTTP_AUTHORIZATION="Bearer ", **elsewhere).status_code == 403
    health._write_token()
    token = capsys.readouterr().out.strip()
    assert token_file().stat().st_mode & 0o777 == 0o600
    answers = {
        given: metrics(Client(), HTTP_AUTHORIZATION=given, **elsewhere).status_code
        for given in (
            f"Bearer {token}",
            f"bearer {token}",
            f"Bearer {token}x",
            f"Basic {token}",
            "Bearer \u00e9",
            token,
        )
    }
    assert list(answers.values()) == [200, 200, 403, 403, 403, 403]
    health._write_token()
    assert metrics(Client(), HTTP_AUTHORIZATION=f"Bearer {token}", **elsewhere).status_code == 403


def test_the_web_server_counts_what_went_out(campus: None, tmp_path: Path) -> None:
    def inner(environ: dict[str, str], start: object) -> list[bytes]:
        if environ["PATH_INFO"] == "/breaks":
            raise ValueError("breaks")
        start("404 Not Found", [])
        return [b""]

    counted = Counted(inner)
    counted._writer = counted  # nobody writes by itself here
    counted({"PATH_INFO": "/"}, lambda *_: None)
    with pytest.raises(ValueError, match="breaks"):
        counted({"PATH_INFO": "/breaks"}, lambda *_: None)
    assert {name: n for name, n in counted._counts.items() if name.startswith("status")} == {
        "status-404": 1,
        "status-500": 1,
    }
