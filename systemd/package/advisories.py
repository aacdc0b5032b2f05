"""`make audit-deps`: are there advisories about what uv.lock pins? Asked of OSV in one question (`uv audit`), for CI and before
a release.

    python systemd/package/advisories.py

Exit code 1 for an advisory that `.ci/accepted-advisories.toml` does not accept, and for one accepted longer than to its day. A
service that can't be reached is said plainly and fails nothing: a build in a cellar must not stand still; STRICT=1 makes it fail
(a release). CARDROOM_ADVISORIES is another address of the service, such as a mirror inside the house.
"""

import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NO_ANSWER = "error sending request"
"""What uv says of a service that can't be reached, or that stops in the middle."""
ACCEPTED = ROOT / ".ci/accepted-advisories.toml"


def main() -> int:
    """Ask, judge, say."""
    accepted_file = Path(os.environ.get("CARDROOM_ACCEPTED_ADVISORIES", ACCEPTED))
    try:
        accepted = read_accepted(accepted_file.read_text())
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        print(
            f"audit-deps: {accepted_file} can't be used: {error}. Each [[accepted]] has id, until, why",
            file=sys.stderr,
        )
        return 2
    answer, said = _asked()
    if answer is None and NO_ANSWER not in said:
        print(f"audit-deps: uv can't audit: {said}", file=sys.stderr)
        return 2
    if answer is None:
        print(f"audit-deps: NOT CHECKED: the service of advisories gave no answer. {said}")
        return 1 if os.environ.get("STRICT") == "1" else 0
    today = datetime.now(UTC).date()  # noqa: TID251  asked once, by a tool
    faults, notes = judged(answer["vulnerabilities"], accepted, today)
    for line in (*faults, *notes):
        print(f"audit-deps: {line}")
    print(f"audit-deps: {answer['summary']['audited_packages']} packages, {len(faults)} to be mended")
    return 1 if faults else 0


def read_accepted(text: str) -> dict[str, date]:
    """Give until when each advisory is accepted. Raises KeyError or TypeError for an entry without its three parts."""
    found = {}
    for entry in tomllib.loads(text).get("accepted", []):
        if not isinstance(entry["until"], date) or not entry["why"].strip():
            raise TypeError(f"{entry['id']}: until is a day (2027-01-31), why is a sentence")
        found[entry["id"]] = entry["until"]
    return found


def judged(
    found: list[dict[str, Any]], accepted: dict[str, date], today: date
) -> tuple[list[str], list[str]]:
    """Give what must be mended, and what is only said."""
    faults, notes, met = [], [], set()
    for one in found:
        names = {one["id"], *one["aliases"]}
        met |= names
        pin = f"{one['dependency']['name']} {one['dependency']['version']}"
        mended = ", ".join(one["fix_versions"]) or "no version yet"
        line = f"{one['display_id']} in {pin} (mended in {mended}): {one['summary']} {one['link']}"
        until = max((accepted[name] for name in names & accepted.keys()), default=None)
        if until is None:
            faults.append(line)
        elif until < today:
            faults.append(f"{line} was accepted until {until}: look at it again")
        else:
            notes.append(f"{line} is accepted until {until}")
    notes += [f"{name} is accepted and not met any more: take it out" for name in accepted if name not in met]
    return faults, notes


def _asked() -> tuple[dict[str, Any] | None, str]:
    """Ask the service about every pin; None and what uv said where it gave no answer."""
    words = [".tools/bin/uv", "audit", "--frozen", "--output-format", "json"]
    words += ["--preview-features", "audit-command,json-output"]
    if address := os.environ.get("CARDROOM_ADVISORIES"):
        words += ["--service-url", address]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return None, "; ".join(dict.fromkeys(lines))[:400]


if __name__ == "__main__":
    sys.exit(main())
