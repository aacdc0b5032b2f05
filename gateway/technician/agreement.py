"""Before something that can hurt: a question that a person answers with yes; no answer is no."""

import sys

YES = ("y", "yes", "是")


def agreed(question: str) -> bool:
    """Ask on stderr, so that stdout stays for results. Raises KeyboardInterrupt."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in YES
