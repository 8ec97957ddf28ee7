"""How many processes a proof may keep busy."""

from __future__ import annotations

import os


def free_cores() -> int:
    """Return how many cores are free: one where pytest itself runs tests on all of them."""
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        return 1
    return os.cpu_count() or 1
