"""An invocation for real: the settings, the credentials and the region of this environment."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError

from paywatch.bootstrap import DEFAULT_SECONDS, Poller, build
from paywatch.errors import ConfigurationError
from paywatch.settings import Settings


def for_real(event: object) -> dict[str, Any]:
    """Poll with the environment's settings; raise ConfigurationError for what is missing."""
    Settings.from_environment(os.environ)
    aws = session()
    try:
        poller = build(os.environ, clients=aws.client)
    except ValueError as error:
        # botocore says so of an endpoint that is no URL.
        raise ConfigurationError(f"AWS is not configured: {error}") from None
    return run(poller, event, str(uuid4()))


def run(poller: Poller, event: object, run_id: str) -> dict[str, Any]:
    """Invoke a poller with its log on standard error: standard output is for the report."""
    with redirect_stdout(sys.stderr):
        return poller.invoke(event, DEFAULT_SECONDS, run_id)


def session() -> boto3.Session:
    """Take the region and the credentials of this environment, or say which of them it lacks."""
    try:
        # What a function has on AWS is AWS_REGION alone, which boto3 does not look at.
        region = os.environ.get("AWS_REGION") or None
        found = boto3.Session(region_name=region)
        credentials = found.get_credentials()
    except BotoCoreError as error:
        raise ConfigurationError(f"AWS is not configured: {error}") from None
    if credentials is None:
        raise ConfigurationError("AWS is not configured: there are no credentials")
    if found.region_name is None:
        raise ConfigurationError(
            "AWS is not configured: AWS_REGION or AWS_DEFAULT_REGION is needed"
        )
    return found
