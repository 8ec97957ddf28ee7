"""`python -m paydemo`."""

import os
import signal
import sys
from types import FrameType

EXIT_INTERRUPTED = 130

stopped = False


def _stop(number: int, frame: FrameType | None) -> None:
    """Let the demonstration end at its next step; a second Ctrl-C ends it at once."""
    global stopped
    stopped = True
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _main() -> int:
    # Before anything that takes time is imported, so that Ctrl-C is heard from the first moment.
    signal.signal(signal.SIGINT, _stop)
    try:
        from paydemo.main import main

        return main(sys.argv[1:], is_stopped=lambda: stopped)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read has had enough (a pipe to head); nothing can be said there any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(_main())
