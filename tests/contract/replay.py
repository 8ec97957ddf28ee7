"""Does one walk again and says where the sides part: python -m tests.contract.replay controls 17"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.contract.comparing import report
from tests.contract.emulating import NAMES, comparison
from tests.e2e.emulator import emulator, installed


def replay(name: str, seed: int, endpoint: str | None) -> int:
    """Print what became of the walk; 1 if the sides part."""
    with comparison(name, endpoint) as compared:
        walked = compared.walk(seed)
        print(f"{name}, seed {seed}: {walked.drawn} operations", dict(walked.known) or "")
        if walked.parted:
            print(report(compared, walked))
    return 1 if walked.parted else 0


def main(name: str, seed: int) -> int:
    """Compare with ministack too, where there is one."""
    if not installed():
        return replay(name, seed, None)
    with tempfile.TemporaryDirectory() as folder, emulator(Path(folder)) as ministack:
        return replay(name, seed, ministack.endpoint)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in NAMES or not sys.argv[2].isdigit():
        sys.exit(f"usage: python -m tests.contract.replay ({'|'.join(NAMES)}) SEED")
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
