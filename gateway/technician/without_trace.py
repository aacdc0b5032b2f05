"""Running a command so that a closed pipe or Ctrl-C ends it quietly: what it has done stands, and nobody sees a trace."""

import os
import sys
from collections.abc import Callable

NOT_DONE = 1


def quietly(command: Callable[[], int]) -> int:
    """Run a command; give its exit code, 1 where its reader went away or a person stopped it."""
    try:
        code = command()
        if sys.stdout is not None:  # None: started with standard output closed
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        # What is still buffered has no reader; the interpreter's last flush must not complain of that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return NOT_DONE
