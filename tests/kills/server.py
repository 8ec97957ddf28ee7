"""The AWS emulator that holds the state: a process of its own, which outlives the function's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.emulator import MADE_UP_KEYS, REGION, ROOT, end, free_port


@contextmanager
def state_server(folder: Path) -> Iterator[str]:
    """Run the emulator and give its address, until the block ends."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_DEFAULT_REGION": REGION,
        **MADE_UP_KEYS,
    }
    log = folder / "state-server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.quick_moto", "-H", "127.0.0.1", "-p", str(port)],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    last = time.monotonic() + 60
    while time.monotonic() < last:
        assert process.poll() is None, f"the state server ended:\n{log.read_text()[-2000:]}"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"the state server does not answer:\n{log.read_text()[-2000:]}")
