"""What central's tests share: a small campus, an enrolled gateway, a signing key, and a central of its own in a folder."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.central.gateway_twin import GatewayTwin
from tests.central.own_central import OwnCentral
from tests.central.statements import Noted, is_for_both, keep, listening, must_run, name_of
from tests.made_once import made_once

NOW_MS = 1_795_000_000_000
LIST = """building,building_name,floor,room,class,meter,protected,occupants,price
1,North,3,301,dormitory,m-301,no,Wang;Li,0.558
1,North,3,302,dormitory,m-302,no,Zhang,0.558
2,South,1,101,dormitory,m-101,no,Zhao,0.558
"""
LEFT_OUT = "TESTS_LEFT_OUT"
"""Names the file that names the tests which PostgreSQL need not see (statements.py)."""
EVERYTHING = os.environ.get("POSTGRESQL") == "all"
"""`make test-postgresql`: nothing is left out."""
KWH_LISTS = (
    "class,name,group,unit\nkwh-shop,Shops,merchant,kwh\n",
    "building,room,class,meter,price\n1,A01,kwh-shop,m-a01,0.8012\n",
)


@pytest.fixture(autouse=True)
def signing_key(tmp_path: Path, settings: object) -> Path:
    """Central signs with a key of the test's own, and hashes passwords fast."""
    path = tmp_path / "test-signing.key"
    path.write_text(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    settings.SIGNING_KEY_FILE = path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return path


@pytest.fixture
def campus(db: None) -> None:
    """Two buildings: rooms 1-301, 1-302 and 2-101, in yuan at 0.558 per kWh."""
    from central.campus.operations import make_default_classes

    make_default_classes()
    import_list(LIST)


def import_list(text: str, now_ms: int = NOW_MS - 86_400_000) -> None:
    from central.campus.import_plan import plan_import
    from central.campus.operations import Imported, carry_out

    plan = plan_import(text.encode())
    assert plan.problems == []
    assert isinstance(carry_out(plan, actor="test", now_ms=now_ms), Imported)


@pytest.fixture
def cashier(db: None) -> object:
    """Anna, whose shift is open."""
    from central.office.models import User
    from tests.open_shifts import on_shift

    anna = User.objects.create_user("anna", password="x", first_name="Anna")
    on_shift(anna, NOW_MS)
    return anna


@pytest.fixture
def twin(campus: None) -> GatewayTwin:
    """The enrolled gateway of building 1, born."""
    from central.link.operations import enrol_gateway

    twin = GatewayTwin(now_ms=NOW_MS)
    enrol_gateway(twin.name, "1", twin.public_key, actor="test", now_ms=NOW_MS - 1000)
    return twin


@pytest.fixture
def taker(twin: GatewayTwin) -> object:
    """Central's receiver, which has heard the twin's birth."""
    from central.ingest.take_message import MessageTaker

    taker = MessageTaker(on_bench=False)
    taker.take(twin.topic("birth"), twin.birth(), NOW_MS)
    return taker


@pytest.fixture
def own_central(tmp_path: Path) -> Iterator[OwnCentral]:
    """A central in a folder (and databases) of its own, run by its command line."""
    central = OwnCentral(tmp_path / "central")
    central.create_databases()
    yield central
    central.drop_databases()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[OwnCentral]:
    """A central that was set up by its command line, with a campus and a cashier; once, for it takes seconds."""
    if "DATABASE_URL" not in os.environ:
        folder = made_once(
            tmp_path_factory, worker_id, "template", lambda made: _set_up(OwnCentral(made / "central"))
        )
        yield OwnCentral(folder / "central")
        return
    central = OwnCentral(tmp_path_factory.mktemp("template") / "central")
    central.create_databases()
    _set_up(central)
    yield central
    central.drop_databases()


def _set_up(central: OwnCentral) -> None:
    central.folder.parent.mkdir(exist_ok=True)
    done = central.run("init", "--password-stdin", stdin="a-good-long-password\n")
    assert done.returncode == 0, done.stderr
    campus = central.folder.parent / "campus.csv"
    campus.write_text(LIST + "2,South,1,102,dormitory,m-102,no,Qian,0.558\n", encoding="utf-8")
    assert central.run("import-campus", str(campus)).returncode == 0
    added = central.run("user", "add", "anna", "--password-stdin", stdin="another-good-one\n")
    assert added.returncode == 0, added.stderr


@pytest.fixture
def ready(template: OwnCentral, tmp_path: Path) -> Iterator[OwnCentral]:
    """A copy of the template that a test may harm."""
    central = template.copy(tmp_path / "central")
    yield central
    central.drop_databases()


@pytest.fixture(autouse=True)
def noted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[None]:
    """Write down what a test that holds on SQLite sends, for test_on_postgresql.py: beside other workers only, whose last it is."""
    if "DATABASE_URL" in os.environ or worker_id == "master" or not is_for_both(request.node):
        yield
        return
    failed = request.session.testsfailed
    with listening() as sent:
        yield
    if request.session.testsfailed == failed:
        row = Noted(name_of(request.node), sent.total(), frozenset(sent), must_run(request.node))
        keep(tmp_path_factory.getbasetemp().parent / "statements", worker_id, row)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "one_database: more rounds of statements that other tests send to PostgreSQL too, or words: SQLite's run is enough at "
        "each commit, `make test-postgresql` takes it along",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every test that uses a database both of central's databases; leave out on PostgreSQL what proves nothing more there."""
    on_postgresql, leave_out = "DATABASE_URL" in os.environ, _left_out()
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.django_db(databases=["default", "telemetry"]))
            if on_postgresql and not EVERYTHING and item.get_closest_marker("one_database"):
                item.add_marker(pytest.mark.skip(reason="the same statements once more"))
    left = [item for item in items if name_of(item) in leave_out]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if name_of(item) not in leave_out]


def _left_out() -> set[str]:
    listed = os.environ.get(LEFT_OUT)
    return set(json.loads(Path(listed).read_text(encoding="utf-8"))) if listed else set()


def rounds(count: int) -> list[object]:
    """Give the numbers of a test's rounds: all of them on SQLite, the first on PostgreSQL too."""
    return [0, *(pytest.param(n, marks=pytest.mark.one_database) for n in range(1, count))]
