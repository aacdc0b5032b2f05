"""`forget-person`: a resident who has left asks to be forgotten before his time. Why, is on record; his name is not."""

import sys
from argparse import Namespace

from central import clock
from central.desk.forgetting import Kept, forget_person

REFUSED = {
    Kept.UNKNOWN: "there is no resident with this number; look for it in the campus list or at the desk",
    Kept.LIVES_HERE: "this resident has not left: end the occupancy by a departure first",
    Kept.OWES: "the account still owes something or is being closed: collect it, pay it out or write it off first",
}


def forget(options: Namespace) -> int:
    """Replace a resident's name and number; exit code 2 when it is refused: nothing is changed then."""
    if not options.why.strip():
        print("say why with --why: the reason stays on record", file=sys.stderr)
        return 2
    done = forget_person(
        options.number.strip(), actor="console", why=options.why.strip(), now_ms=clock.now_ms()
    )
    if isinstance(done, Kept):
        print(f"{options.number}: {REFUSED[done]}", file=sys.stderr)
        return 2
    print(
        f"forgotten; the books know this resident as {done}. Receipts and bills keep their names (docs/privacy.md)"
    )
    return 0
