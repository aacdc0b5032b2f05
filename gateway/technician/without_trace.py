"""Running a command so that a closed pipe or Ctrl-C ends it quietly: what it has done stands, and nobody sees a trace."""

import argparse
import os
import sys

NOT_DONE = 1


def run_command(args: argparse.Namespace) -> int:
    """Run the command that was mounted; give its exit code, 1 where its reader went away or a person stopped it."""
    try:
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # What is still buffered has no reader; the interpreter's last flush must not complain of that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return NOT_DONE
