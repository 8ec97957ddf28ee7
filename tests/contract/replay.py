"""Does one walk again and says where the sides part: python -m tests.contract.replay controls 17"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.contract.comparing import report
from tests.contract.emulating import NAMES, REQUESTS, comparison
from tests.e2e.emulator import emulator, installed

USAGE = f"usage: python -m tests.contract.replay ({'|'.join(NAMES)}) SEED"
# No walk was done.
REFUSED = 2


def replay(name: str, seed: int, endpoint: str | None) -> int:
    """Print what became of the walk; 1 if the sides part."""
    with comparison(name, endpoint) as compared:
        walked = compared.walk(seed)
        print(f"{name}, seed {seed}: {walked.drawn} operations", dict(walked.known) or "")
        if walked.parted:
            print(report(compared, walked))
    return 1 if walked.parted else 0


def main(arguments: Sequence[str]) -> int:
    """Compare with ministack too, where there is one."""
    try:
        name, seed = arguments[0], int(arguments[1])
    except (IndexError, ValueError):
        name, seed = "", -1
    if name not in NAMES or seed < 0 or len(arguments) != 2:
        print(USAGE, file=sys.stderr)
        return REFUSED
    if installed():
        with tempfile.TemporaryDirectory() as folder, emulator(Path(folder)) as ministack:
            return replay(name, seed, ministack.endpoint)
    if name == REQUESTS:
        print(
            "requests are compared between moto and ministack, and ministack is not installed: "
            "make .venv-ministack/.ready",
            file=sys.stderr,
        )
        return REFUSED
    return replay(name, seed, None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
