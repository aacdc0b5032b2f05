"""Reports on a real streaming replica: never older than what was committed, and made on the primary whatever is in the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from central.config.databases import of_environment
from central.domain.health_facts import Replica
from central.domain.health_places import judge_replicas
from tests.central.private_postgresql import Unavailable, as_server_user, binaries

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def life() -> dict:
    if "DATABASE_URL" in os.environ:
        pytest.skip("it has servers of its own")
    try:
        binaries(), as_server_user()
    except Unavailable as reason:
        message = f"not tried: {reason}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    done = subprocess.run(
        [sys.executable, "-m", "tests.central.replica_life"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads(done.stdout)


def test_every_report_is_read_on_the_replica_and_is_the_primarys(life):
    assert life["every_report"] == [], "each of these locks, writes, or needs a step done before"


def test_nobody_sees_older_books_than_his_own(life):
    for one in life["own_writes"]:
        assert (one["shown"], one["of_replica"], one["counted"]) == (one["written"], True, {"read": 1})
    assert life["in_transaction"]["shown"] == life["in_transaction"]["written"]
    assert life["in_transaction"]["of_replica"] is False


def test_a_replica_that_lags_is_passed_over(life):
    assert life["behind"] == {
        "written": life["behind"]["written"],
        "status": 200,
        "shown": life["behind"]["written"],
        "of_replica": False,
        "counted": {"behind": 1},
    }


def test_a_file_has_the_same_bytes_from_either(life):
    assert life["files_tie"] is True


@pytest.mark.parametrize(("step", "why"), [("locks", "writes"), ("cancelled", "cancelled")])
def test_what_can_not_be_read_there_is_made_on_the_primary(life, step, why):
    found = life[step]
    assert found["status"] == 200
    assert found["shown"] == life["in_transaction"]["written"]
    assert found["of_replica"] is False
    assert found["counted"] == {why: 1}


def test_health_and_metrics_tell_of_a_good_replica(life):
    good = life["good"]
    assert good["codes"] == ["databases-good "]
    assert good["figures"]["Behind the primary: default-replica"] != "–"
    assert 'cardroom_replica_usable{database="telemetry-replica"} 1.0' in good["metrics"]
    assert sum(name.startswith("Database ") for name in good["figures"]) == 2, "a copy is no database more"


def test_without_its_server_the_primary_gives_all_and_health_says_so(life):
    away = life["away"]
    for one in away["asked"]:
        assert (one["status"], one["of_replica"], one["counted"]) == (200, False, {"away": 1})
    assert away["left"] == {}, "written with the web server's counts"
    health = away["health"]
    assert health["codes"] == ["replica-away default-replica", "replica-away telemetry-replica"]
    assert "default-replica: reports are read from the primary meanwhile" in health["words"][0][1]
    assert health["figures"]["Reports read from the primary instead"] == "it was away: 1"
    assert 'cardroom_replica_usable{database="default-replica"} 0.0' in health["metrics"]
    assert 'cardroom_replica_reports_passed_over_total{reason="away"} 1.0' in health["metrics"]


def test_a_quiet_night_is_no_lag():
    hour_ms = 3_600_000
    for behind_bytes, found in ((0, []), (176, []), (200_000, ["replica-behind"])):
        looked = judge_replicas([Replica("default-replica", "", behind_bytes, hour_ms)])
        assert [one.code for one in looked] == found


def test_it_is_taken_again_when_it_is_back_and_left_when_it_was_promoted(life):
    promoted = life["promoted"]
    assert promoted["back"]["of_replica"] is True
    assert promoted["asked"]["of_replica"] is False
    assert promoted["asked"]["counted"] == {"no-replica": 1}
    assert promoted["health"]["codes"][0] == "replica-takes-writes default-replica"


BOOKS, COPY = "postgresql://cardroom@db-1/central", "postgresql://cardroom@db-2/central"


def test_telemetry_beside_the_books_is_on_their_replica():
    found, replicas = of_environment({"DATABASE_URL": BOOKS, "REPLICA_DATABASE_URL": COPY})
    assert replicas == {"default": "default-replica", "telemetry": "telemetry-replica"}
    assert found["telemetry-replica"]["HOST"] == "db-2"
    assert found["telemetry-replica"]["OPTIONS"]["options"] == found["telemetry"]["OPTIONS"]["options"]
    assert found["default-replica"]["OPTIONS"]["connect_timeout"] == 2


def test_telemetry_of_its_own_has_a_replica_of_its_own_or_none():
    own = {"DATABASE_URL": BOOKS, "TELEMETRY_DATABASE_URL": "postgresql://cardroom@db-3/telemetry"}
    assert of_environment(own | {"REPLICA_DATABASE_URL": COPY})[1] == {"default": "default-replica"}
    assert (
        of_environment(own | {"TELEMETRY_REPLICA_DATABASE_URL": COPY + "?connect_timeout=9"})[0][
            "telemetry-replica"
        ]["OPTIONS"]["connect_timeout"]
        == 9
    )
    assert of_environment(own)[1] == of_environment({})[1] == {}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is no address"),
        ({"DATABASE_URL": "mysql://cardroom:secret@db/central"}, "DATABASE_URL is no address"),
        ({"DATABASE_URL": BOOKS, "REPLICA_DATABASE_URL": "postgresql://a:b/c@db:x/d"}, "REPLICA_DATABASE_URL is no"),
        ({"REPLICA_DATABASE_URL": COPY}, "only PostgreSQL has a replica"),
        ({"DATABASE_URL": BOOKS, "REPLICA_DATABASE_URL": "sqlite:///central.db"}, "only PostgreSQL has a replica"),
        ({"DATABASE_URL": BOOKS, "TELEMETRY_REPLICA_DATABASE_URL": COPY}, "telemetry lies in the database of the books"),
    ],
)  # fmt: skip
def test_a_mistaken_address_is_a_sentence_without_what_was_typed(environment, said):
    with pytest.raises(ImproperlyConfigured) as refused:
        of_environment(environment)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)
