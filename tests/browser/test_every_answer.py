"""Every page and file of a central in which every page has something to show: its headers, and who of another building sees its
objects.

No browser: the walk is `every_answer.py`, in a process of its own, because a central is one to a process.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.browser.own_site import environment_of, seed_whole
from tests.made_once import made_once

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("every-answer")]
WALK = Path(__file__).with_name("every_answer.py")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT = ("default-src 'self'", "default-src 'none'; sandbox")
NOT_KEPT = re.compile(r"no-store|^private, no-cache$")
"""`private, no-cache`: a photograph, asked for anew each time (test_theft_pages.py)."""
LOOKS = "/static/"
FILE_NAME = re.compile(r'(inline|attachment); filename="[\w.-]+"')


@pytest.fixture(scope="module")
def told(seeded: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, object]:
    """Walk once."""
    whole = made_once(tmp_path_factory, worker_id, "whole", lambda folder: seed_whole(seeded, folder))
    folder = tmp_path_factory.mktemp("central") / "data"
    shutil.copytree(whole, folder)
    walk = [sys.executable, str(WALK)]
    done = subprocess.run(
        walk, env=environment_of(folder), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_the_walk_finds_pages_files_and_looks(told: dict[str, list[dict]]) -> None:
    kinds = Counter(one["headers"]["Content-Type"].partition(";")[0] for one in told["answers"])
    assert kinds["text/html"] > 150
    for kind in ("application/pdf", "application/json", "text/csv", "text/css", "image/jpeg", "image/png"):
        assert kinds[kind], kind
    assert all(one["status"] < 500 for one in told["answers"])


@pytest.mark.parametrize("name", ALWAYS)
def test_every_answer_bears_the_header(told: dict[str, list[dict]], name: str) -> None:
    assert not [one["path"] for one in told["answers"] if one["headers"].get(name) != ALWAYS[name]]


def test_every_answer_has_a_strict_policy_and_no_page_needs_another(told: dict[str, list[dict]]) -> None:
    for one in told["answers"]:
        policy = one["headers"]["Content-Security-Policy"]
        assert policy.startswith(STRICT), one["path"]
        assert not re.search("unsafe|http", policy), one["path"]
        assert not one["inline"], (one["path"], one["inline"])
        assert "camera=()" in one["headers"]["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in one["headers"]


def test_no_browser_keeps_what_is_not_a_part_of_the_looks(told: dict[str, list[dict]]) -> None:
    kept = [
        (one["path"], one["headers"]["Cache-Control"])
        for one in told["answers"]
        if not NOT_KEPT.search(one["headers"]["Cache-Control"]) and not one["path"].startswith(LOOKS)
    ]
    assert not kept


def test_texts_say_their_alphabet_and_files_have_plain_names(told: dict[str, list[dict]]) -> None:
    for one in told["answers"]:
        kind, said = one["headers"]["Content-Type"], one["headers"].get("Content-Disposition")
        assert not kind.startswith("text/") or "utf-8" in kind, (one["path"], kind)
        assert said is None or FILE_NAME.fullmatch(said), (one["path"], said)


def test_cookies_are_out_of_the_scripts_reach_and_forms_have_their_token(told: dict[str, list[dict]]) -> None:
    cookies = [cookie for one in told["answers"] for cookie in one["cookies"].values()]
    assert cookies
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in cookies)
    assert not [one["path"] for one in told["answers"] if one["is_form_without_token"]]


@pytest.mark.parametrize("role", ["warden", "electrician"])
def test_nobody_sees_or_changes_an_object_of_a_building_that_he_does_not_serve(
    told: dict[str, dict[str, dict[str, list[str]]]], role: str
) -> None:
    """The same addresses and forms, by one who serves all buildings: there the rooms are shown, and forms do something."""
    assert len(told["strangers"][f"every-{role}"]["shown"]) >= 5
    assert told["strangers"][f"every-{role}"]["changed"]
    assert told["strangers"][f"other-{role}"] == {"shown": [], "changed": []}
