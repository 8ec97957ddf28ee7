"""Invoke the built function as Lambda does: `python -m tests.e2e.invoke_built EVENT.json [TICKS]`.

The providers are the lab's, and an emulator stands in for AWS: nothing leaves this machine. The
report goes to standard output, what the function logged to standard error.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from paylab import Lab, Size, TruthLog, World, populate
from paylab.stage import staged
from tests.e2e.runtime import BUILT, Failed, runtime
from tests.e2e.wall import WallClock

SOURCES = ("compago", "onepay")
# So many seconds pass between two invocations, in which the lab's payments move.
PAUSE = 5.0


def lab() -> Lab:
    """Make a lab in which something moves every second or so."""
    clock, truth = WallClock.at_present(), TruthLog()
    worlds = [World(name, clock, truth, seed=3) for name in SOURCES]
    for world in worlds:
        populate(world, Size(open=20, settled=20, arrivals_per_minute=20))
    return Lab(clock, worlds)


def main(arguments: list[str]) -> int:
    """Invoke the function as often as asked; return the exit code."""
    path, ticks = (*arguments, "1")[:2] if arguments else ("", "1")
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        return _refuse(f"EVENT={path} cannot be read: {error.strerror}")
    except ValueError as error:
        return _refuse(f"EVENT={path} is not JSON: {error}")
    if not ticks.isdecimal() or not int(ticks):
        return _refuse(f"TICKS={ticks} is not a number from 1")
    if not BUILT.exists():
        return _refuse("nothing is built: make build-here builds it")
    code = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        staged(lab()) as stage,
        runtime(Path(folder), stage.endpoint, stage.environment) as function,
    ):
        for number in range(int(ticks)):
            time.sleep(PAUSE if number else 0)
            try:
                print(json.dumps(function.invoke(event), indent=2, ensure_ascii=False))
            except Failed as fault:
                print(f"the function failed: {fault}", file=sys.stderr)
                code = 1
        print(function.log.read_text(), file=sys.stderr)
    return code


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and so end what was started
    sys.exit(main(sys.argv[1:]))
