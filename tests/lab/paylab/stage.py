"""A stage: the lab over real HTTP, and the template's own resources on an AWS emulator.

Everything listens on free ports of the loopback interface, in this process unless an emulator is
given, and is gone afterwards.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import boto3
import botocore.session
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from paylab.deployment import deploy
from paylab.lab import Lab
from paylab.server import LabServer

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
REGION = "us-east-1"

# Nothing that the machine knows of AWS: no profile, no files.
_UNKNOWING: Any = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}

_OF_THE_MACHINE = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)

_BASE_URLS = {"compago": "CompagoBaseUrl", "onepay": "OnePayBaseUrl"}


@dataclass(frozen=True)
class Stage:
    """A lab that is served, and what stands in for AWS.

    `environment` is what the function of the template would get; `queue_url` is the queue that is
    told of every change; `endpoint` is the emulator's address.
    """

    lab: Lab
    environment: Mapping[str, str]
    queue_url: str
    endpoint: str

    def client(self, service: str, **options: Any) -> Any:
        """Make a client of the emulator's, whatever the machine knows of AWS."""
        return _client(self.endpoint, service, **options)


Emulating = Callable[[], AbstractContextManager[str]]


@contextmanager
def emulator() -> Iterator[str]:
    """Run the AWS emulator in a thread and give its address; at the end all of it is forgotten."""
    log = logging.getLogger("werkzeug")
    level = log.level
    log.setLevel(logging.ERROR)  # one line for each request otherwise
    # The emulator asks boto3 for the regions, with whatever profile the machine names.
    hidden = {name: os.environ.pop(name) for name in _OF_THE_MACHINE if name in os.environ}
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    # Whether it is to end, moto's own server asks itself only twice a second.
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield endpoint
    finally:
        with urlopen(Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=10):
            pass
        server.shutdown()
        serving.join()
        server.server_close()
        log.setLevel(level)
        os.environ.update(hidden)


@contextmanager
def staged(
    lab: Lab,
    *,
    template: Path = TEMPLATE,
    parameters: Mapping[str, str] | None = None,
    latency: float = 0.0,
    emulating: Emulating = emulator,
) -> Iterator[Stage]:
    """Serve a lab and deploy the template beside it, until the block ends.

    `parameters` are the template's; where the providers are and which sources there are is known.
    `latency` is what each request to the lab takes on its clock, in seconds. `emulating` runs what
    stands in for AWS.
    """
    keys = {_short(source): world.api_key for source, world in lab.worlds.items()}
    with LabServer(lab, latency=latency) as server, emulating() as endpoint:
        # A provider without an account here is pointed at the lab as well, never at the real one.
        urls = dict.fromkeys(_BASE_URLS.values(), f"http://127.0.0.1:{server.port}")
        for source, world in lab.worlds.items():
            urls[_BASE_URLS[world.provider]] = server.base_url(source)
        made = deploy(
            template,
            {**(parameters or {}), **urls, "Sources": ",".join(keys)},
            keys,
            partial(_client, endpoint),
        )
        yield Stage(lab, made.environment, made.queue_url, endpoint)


def _client(endpoint: str, service: str, **options: Any) -> Any:
    make: Any = _session().client
    return make(service, endpoint_url=endpoint, **options)


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(
        aws_access_key_id="stage",
        aws_secret_access_key="stage",
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=_UNKNOWING),
    )


def _short(source: str) -> str:
    return source.removesuffix("/default")
