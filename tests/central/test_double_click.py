"""Two clicks at the same moment ask once, on PostgreSQL too, where the second one finds the first only when it inserts."""

import pytest

TWO_CLICKS = r"""
import threading
from central.office import approvals
from central.office.models import Approval, User
from central.office.setting_changes import ACT, Change
from central.domain.known_settings import Place
from django.db import connections

NOW_MS = 1_790_000_000_000
asker = User.objects.create(username="asks", role="admin")
for name, role in (("d", "director"), ("v", "vp-network"), ("l", "vp-logistics"), ("f", "finance")):
    User.objects.create(username=name, role=role)
content = Change("desk.duty-meal", Place.CAMPUS, "", 1000, NOW_MS).content()

def click(key, start, said):
    start.wait()
    try:
        said.append(approvals.ask(ACT, content, subject="s", why="w", actor=asker, now_ms=NOW_MS, key=key).number)
    except Exception as error:
        said.append(type(error).__name__)
    finally:
        connections.close_all()

# What a process loads with its first act, it loads while nobody waits for the lock.
approvals.ask(ACT, content, subject="s", why="w", actor=asker, now_ms=NOW_MS, key="first")
for turn in range(12):
    start, said = threading.Barrier(4), []
    threads = [threading.Thread(target=click, args=(f"k{turn}", start, said)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    if len(set(said)) != 1 or not isinstance(said[0], int):
        print(turn, said)
print(Approval.objects.count())
"""


@pytest.mark.timeout(300)
def test_clicks_at_the_same_moment_ask_once(ready):
    said, errors = ready.script(TWO_CLICKS).communicate(timeout=200)
    assert (said.splitlines(), errors) == (["13"], "")
