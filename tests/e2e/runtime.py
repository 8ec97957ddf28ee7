"""The function under Lambda's own runtime emulator, without Docker.

It is what was built, which needs python3.13 as Lambda does, or the checkout, which runs on what the
tests run on.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.e2e.emulator import MADE_UP_KEYS, REGION, ROOT, end, free_port

BUILT = ROOT / ".aws-sam-here/build"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
PROCESSOR = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
EMULATOR = ROOT / f".venv-rie/samcli/local/rapid/aws-lambda-rie-{PROCESSOR}"
FUNCTION = "paywatch-built"


@dataclass(frozen=True)
class Code:
    """What the emulator runs: the function's own folder, its layers in order, the interpreter."""

    function: Path
    layers: Sequence[Path]
    python: str | Path


BUILT_CODE = Code(
    BUILT / "PollerFunction",
    (BUILT / "PaywatchLayer/python", BUILT / "DependenciesLayer/python"),
    ROOT / ".venv-runtime/bin/python",
)
CHECKOUT = Code(ROOT / "functions/poller", (ROOT / "layers/paywatch",), sys.executable)


class Failed(Exception):
    """The handler raised, ran into its timeout, or died; the text says which."""


@dataclass(frozen=True)
class Runtime:
    """A function that can be invoked; `log` is what it has written."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def invoke(self, event: object, seconds: float = 120.0) -> Any:
        """Invoke the function and return its answer; raise Failed for anything but an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("POST", INVOCATIONS, body=json.dumps(event))
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as fault:
            raise Failed(f"no answer: {fault!r}") from fault
        finally:
            connection.close()
        if response.status != 200:
            raise Failed(f"answered {response.status}: {text}")
        # A fault and a timeout are answered with 200 too, a timeout in plain text.
        try:
            answer = json.loads(text)
        except ValueError:
            raise Failed(text) from None
        if isinstance(answer, dict) and "errorType" in answer:
            raise Failed(f"{answer['errorType']}: {answer['errorMessage']}")
        return answer

    def handler(self) -> int | None:
        """Return the id of the process that the handler runs in, if there is one just now."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if int(parent) == self.process.pid and b"awslambdaric" in command:
                    return int(folder.name)
        return None

    def kill(self) -> bool:
        """Kill the handler's process as hard as can be; return whether there was one."""
        return self.send(signal.SIGKILL)

    def send(self, what: signal.Signals) -> bool:
        """Send a signal to the handler's process; return whether there was one."""
        pid = self.handler()
        if pid is None:
            return False
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def runtime(
    folder: Path,
    endpoint: str,
    settings: Mapping[str, str],
    timeout: int = 60,
    code: Code = BUILT_CODE,
) -> Iterator[Runtime]:
    """Run the function with these settings; AWS is what answers at `endpoint`."""
    port, api = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        # In the order of the Lambda runtime: the function's own folder, then the layers.
        "PYTHONPATH": os.pathsep.join(map(str, (code.function, *code.layers))),
        "LAMBDA_TASK_ROOT": str(code.function),
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        **MADE_UP_KEYS,
        **settings,
    }
    command: list[str | Path] = [
        EMULATOR,
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{api}",
        "--log-level",
        "error",
        code.python,
        "-m",
        "awslambdaric",
        "app.lambda_handler",
    ]
    log = folder / "function.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=code.function,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        running = Runtime(port, process, log)
        try:
            _wait(running)
            yield running
        finally:
            running.kill()
            end(process)


def _wait(running: Runtime) -> None:
    last = time.monotonic() + 30
    while time.monotonic() < last:
        assert running.process.poll() is None, running.log.read_text()[-2000:]
        connection = HTTPConnection("127.0.0.1", running.port, timeout=1)
        try:
            connection.connect()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise TimeoutError(f"the runtime emulator does not answer:\n{running.log.read_text()[-2000:]}")
