"""The AWS emulator as a process of its own, on a free port of the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".venv-ministack/bin/ministack"
REGION = "us-east-1"
MADE_UP_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class Emulator:
    """Where the emulator listens; `log` is what it has said."""

    endpoint: str
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs so that AWS is the emulator, and nothing of the user's own."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.log.parent),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "SAM_CLI_TELEMETRY": "0",
            **MADE_UP_KEYS,
        }

    def client(self, service: str) -> Any:
        """Return a client of one of the emulator's services."""
        make: Any = boto3.client  # its type wants the service spelled out
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=MADE_UP_KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=MADE_UP_KEYS["AWS_SECRET_ACCESS_KEY"],
        )


def installed() -> bool:
    """Whether there is an emulator to run: make .venv-ministack/.ready"""
    return PROGRAM.exists()


@contextmanager
def emulator(folder: Path) -> Iterator[Emulator]:
    """Run the emulator with its files in `folder`, and end it with its children."""
    port = free_port()
    running = Emulator(f"http://127.0.0.1:{port}", folder / "ministack.log")
    environment = {
        **running.environment,
        # Without these two it listens on every interface.
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "TMPDIR": str(folder),
    }
    with running.log.open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        try:
            _wait_until_it_answers(running, process)
            yield running
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here: politely first."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_it_answers(running: Emulator, process: subprocess.Popen[bytes]) -> None:
    last = time.monotonic() + 60
    while time.monotonic() < last:
        assert process.poll() is None, f"the emulator ended:\n{running.log.read_text()[-2000:]}"
        try:
            running.client("sts").get_caller_identity()
        except BotoCoreError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"the emulator does not answer:\n{running.log.read_text()[-2000:]}")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
