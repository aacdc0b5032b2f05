"""Senders as processes: two of them never send the same at once; kill -9 loses nothing; the command line says what became of it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central.notice_endpoints import HttpEnd, http_end
from tests.central.own_central import OwnCentral

PATIENCE_S = 60
CHANNEL = """
import sys
from central.domain.notice import Kind
from central.office import channels
asked = channels.Asked("bot", Kind.ONEBOT, "finance", "", "en", address=f"http://127.0.0.1:{sys.argv[1]}",
                       secret="very-secret-token", onebot_group="12345")
print(channels.save_channel(asked, None, actor="test", now_ms=1))
"""
QUEUE = """
import sys
from django.db import transaction
from central import clock
from central.office.notices import notify
for n in range(int(sys.argv[1])):
    with transaction.atomic():
        notify("gateway-silent", {"building": f"b-{n}"}, to=["finance"], key=f"k{n}", now_ms=clock.now_ms())
"""
TAKE = """
from central.office.notice_sending import take_next
import sys
print("ready", flush=True)
sys.stdin.readline()
while (taken := take_next(9_000_000_000_000)) is not None:
    print(taken.pk, flush=True)
"""
NO_LEASE = """
from central.office.models import Delivery
print(Delivery.objects.filter(state="sending").update(lease_until_ms=1))
"""
MEET = """
import threading
from django.db import connections, transaction
from central.domain.notice import Trouble
from central.ledger.operations import record_audit
from central.office import channels
from central.office.carrier import Failure
from central.office.models import Channel, Delivery
from central.office.notice_sending import Message, mark_failed, mark_sent
from central.office.notices import notify
DAYS_MS = 4 * 86_400_000

def act(n):
    with transaction.atomic():
        record_audit(actor="a", action="act", subject="s", detail="", now_ms=1)
        notify("gateway-silent", {"building": "b"}, to=["finance"], key="k0", now_ms=2 + n)

def tell_first(n):
    with transaction.atomic():
        notify("gateway-silent", {"building": "b"}, to=["finance"], key="k0", now_ms=2 + n)
        record_audit(actor="a", action="act", subject="s", detail="", now_ms=1)

def fail(n):
    mark_failed(row(), Failure(Trouble.UNREACHABLE), DAYS_MS)
    channels.try_again(row().pk, actor="a", now_ms=1)

def send(n):
    mark_sent(row(), Message(1, 2, "", "x"), 3)

def row():
    return Delivery.objects.select_related("notice", "channel").order_by("pk")[0]

def work(step):
    try:
        for n in range(25):
            step(n)
    except Exception as error:
        print(step.__name__, type(error).__name__, error, flush=True)
    connections.close_all()

act(0)
threads = [threading.Thread(target=work, args=(step,)) for step in (act, tell_first, fail, send)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
STATES = 'from central.office.models import Delivery; print(*Delivery.objects.order_by("pk").values_list("state", flat=True))'


def done(central: OwnCentral, source: str, *arguments: str) -> str:
    process = central.script(source, *arguments)
    said, complaint = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, complaint
    return said


@pytest.fixture
def bot() -> Iterator[HttpEnd]:
    with http_end() as end:
        end.answer = lambda heard: (200, {"status": "ok", "retcode": 0})
        yield end


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnCentral]:
    """A central that was set up by its command line."""
    central = OwnCentral(tmp_path_factory.mktemp("template") / "central")
    central.create_databases()
    assert central.run("init", "--password-stdin", stdin="a-good-long-password\n").returncode == 0
    yield central
    central.drop_databases()


@pytest.fixture
def central(template: OwnCentral, tmp_path: Path, bot: HttpEnd) -> Iterator[OwnCentral]:
    """A copy of it, with a channel to the test's bot."""
    central = template.copy(tmp_path / "central")
    assert done(central, CHANNEL, str(bot.port)).strip() == "bot"
    yield central
    central.drop_databases()


def test_a_notice_outside_a_transaction_is_a_mistake(central: OwnCentral) -> None:
    process = central.script(QUEUE.replace("with transaction.atomic():", "if True:"), "1")
    assert "BrokenInvariant" in process.communicate(timeout=PATIENCE_S)[1]
    assert done(central, STATES).split() == []


def test_two_senders_take_each_delivery_once(central: OwnCentral) -> None:
    done(central, QUEUE, "40")
    command = [sys.executable, "-c", "import django; django.setup()\n" + TAKE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    takers = [subprocess.Popen(command, env=central.environment, **pipes) for _ in range(3)]
    for taker in takers:
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:
        taker.stdin.write("go\n")
        taker.stdin.flush()
    taken = [line for taker in takers for line in taker.communicate(timeout=PATIENCE_S)[0].split()]
    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_acts_and_senders_never_wait_in_a_circle(central: OwnCentral) -> None:
    """On PostgreSQL the order of locks is all that keeps a payment that tells somebody from failing."""
    assert done(central, MEET) == ""


def test_a_killed_sender_loses_nothing(central: OwnCentral, bot: HttpEnd) -> None:
    """Killed while the other side has the message but has not answered: it is sent again, after its lease."""
    done(central, QUEUE, "1")
    sender = None

    def answer(heard: object) -> tuple[int, object]:
        if len(bot.heard) == 1:
            sender.send_signal(signal.SIGKILL)
            sender.wait(PATIENCE_S)
        return 200, {"status": "ok", "retcode": 0}

    bot.answer = answer
    sender = central.start("notices", "run")
    sender.wait(PATIENCE_S)
    assert done(central, STATES).split() == ["sending"]
    assert central.run("notices", "send").stdout.startswith("0 messages"), "its lease still runs"
    assert done(central, NO_LEASE).strip() == "1"
    assert central.run("notices", "send").returncode == 0
    assert done(central, STATES).split() == ["sent"]
    assert len(bot.heard) == 2, "told twice, never lost"
    assert bot.heard[0].json == bot.heard[1].json


def test_the_loop_sends_what_comes_and_ends_when_asked(central: OwnCentral, bot: HttpEnd) -> None:
    sender = central.start("notices", "run")
    try:
        time.sleep(1)
        done(central, QUEUE, "1")
        deadline = time.monotonic() + PATIENCE_S
        while not bot.heard and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "b-0" in bot.heard[0].json["message"][0]["data"]["text"]
    finally:
        sender.terminate()
        said, _ = sender.communicate(timeout=PATIENCE_S)
    assert sender.returncode == 0, said
    assert "very-secret-token" not in said


@pytest.mark.one_database
def test_the_command_line_tells_what_became_of_a_test(central: OwnCentral, bot: HttpEnd) -> None:
    tested = central.run("notices", "test", "bot")
    assert tested.returncode == 0, tested.stderr
    assert "Test of the channel bot" in bot.heard[0].json["message"][0]["data"]["text"]
    bot.answer = lambda heard: (403, {})
    refused = central.run("notices", "test", "bot")
    assert refused.returncode == 1
    assert "HTTP 403" in refused.stdout
    unknown = central.run("notices", "test", "nobody")
    assert unknown.returncode == 2
    assert "there are: bot" in unknown.stderr
    listed = central.run("notices")
    assert "1 not told yet" in listed.stdout
    for answer in (tested, refused, unknown, listed):
        assert "very-secret-token" not in answer.stdout + answer.stderr
