"""Sends generated forms, hostile and nearly right, to every address of desk and office that takes one, as each role that may.

Run by `make fuzz-pages`: `python -m tests.fuzz.fuzz_pages --inputs 10000 [--seed N]`, on a central of its own in a folder that is
thrown away (on PostgreSQL too, by DATABASE_URL). It grows by itself: addresses from the list of addresses, forms from the pages and
from what views read. Central has no API and so no OpenAPI document that schemathesis could read: its forms are what there is.
The last line is `FUZZ-PAGES: N/N goals met`; the exit code is 0 only then.
"""

import argparse
import contextlib
import io
import logging
import os
import random
import socket
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path

from tests.central.own_central import OwnCentral

SEED = 20_261_129
TOLD_EVERY = 1_000
IN_MEMORY = "/dev/shm"
"""Where there is one: no disk is waited for ten thousand times."""
FAULTS_SHOWN = 12
GOALS = (
    "no server error",
    "every refusal is a page in words",
    "who may not is kept out",
    "what was typed comes back",
    "nothing is lost",
    "the books verify",
    "every address was tried by each role that may",
)


def main() -> int:
    """Read the arguments, set up a central, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if os.path.isdir(IN_MEMORY) else None) as folder:
        own = OwnCentral(Path(folder) / "central")
        own.folder.mkdir()
        own.create_databases()
        try:
            made = own.start("init")
            said, _nothing = made.communicate()
            if made.returncode:
                print(said)
                return 2
            os.environ.update(own.environment)
            return _in_central(options.inputs, options.seed)
        finally:
            own.drop_databases()


def _in_central(inputs: int, seed: int) -> int:
    _set_up()
    from central.office.roles import Role
    from tests.fuzz.known_forms import KnownForms
    from tests.fuzz.page_fuzzer import Fuzzer

    began_s = time.monotonic()
    dice = random.Random(seed)
    fuzzer = Fuzzer(dice, KnownForms(dice))
    fuzzer.begin()
    print(f"{len(fuzzer.found.names)} addresses take forms; {inputs} forms from seed {seed} ...", flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # who stops it sees what was found so far
        for number in range(inputs):
            fuzzer.fire(number)
            if number % TOLD_EVERY == TOLD_EVERY - 1:
                fuzzer.count_money()
                print(f"  {number + 1} after {time.monotonic() - began_s:.0f} s", flush=True)
    fuzzer.count_money()
    fuzzer.faults["the books verify"] += _bad_books()
    if sum(counts.total() for counts in fuzzer.outcomes.values()) >= 3 * len(fuzzer.found.names) * len(Role):
        missed = [f"{name} by {role or 'a stranger'}" for name, role in sorted(fuzzer.untried())]
        fuzzer.faults["every address was tried by each role that may"] += missed
    return report(fuzzer, time.monotonic() - began_s)


def _set_up() -> None:
    """Seed a campus as after a day's work; nothing may ask another host."""
    import django
    from django.conf import settings

    os.environ.setdefault("CARDROOM_SECOND_FACTOR", "0")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.fuzz.listening.Listening"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECOND_FACTOR = False
    settings.ALLOWED_HOSTS = ["testserver"]
    django.setup()
    logging.disable(logging.CRITICAL)
    socket.socket.connect = _nobody_outside  # type: ignore[method-assign]
    from tests.browser import seed, seed_lists, seed_notices

    seed.people()
    seed.campus(buildings=1, rooms=6)
    seed_lists.lists()
    seed_notices.notices()


def _nobody_outside(_self: socket.socket, _address: object) -> None:
    raise ConnectionRefusedError("a fuzz asks nobody outside")


def _bad_books() -> list[str]:
    """Run `verify` as anyone would."""
    from central.config.commands.proving import verify

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = verify(Namespace())
    return [said.getvalue()] if code else []


def report(fuzzer, seconds: float) -> int:
    """Print what came of the forms by app, and each goal; 0 when all are met."""
    columns = sorted({outcome for counts in fuzzer.outcomes.values() for outcome in counts})
    print(f"\n{'':<12}" + "".join(f"{column:>20}" for column in columns))
    total: Counter[str] = Counter()
    for app, counts in sorted(fuzzer.outcomes.items()):
        total += counts
        print(f"{app:<12}" + "".join(f"{counts[column]:>20}" for column in columns))
    print(f"{'all':<12}" + "".join(f"{total[column]:>20}" for column in columns))
    payments = fuzzer.counts.get("desk_payment", 0)
    print(
        f"\n{sum(total.values())} forms in {seconds:.0f} s; {payments} payments made, {len(fuzzer.confirmed)} confirmed"
    )
    for goal in GOALS:
        faults = fuzzer.faults[goal]
        print(f"  {'MISS' if faults else 'met '}  {goal}{f': {len(faults)}' if faults else ''}")
        for words in list(dict.fromkeys(faults))[:FAULTS_SHOWN]:
            print(f"          {words[:500]}")
    met = sum(not fuzzer.faults[goal] for goal in GOALS)
    print(f"FUZZ-PAGES: {met}/{len(GOALS)} goals met")
    return 0 if met == len(GOALS) else 1


if __name__ == "__main__":
    sys.exit(main())
