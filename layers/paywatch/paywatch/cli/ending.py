"""How a command ends that cannot do what it was asked for: one line, and a code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from paywatch.cli.showing import line
from paywatch.errors import ConfigurationError, PaywatchError

EXIT_FAILED, EXIT_MISUSED = 1, 2


class Failed(PaywatchError):
    """What was asked for did not come about; the text is the whole sentence."""


def end(code: int, sentence: str) -> NoReturn:
    """Say a sentence on standard error, and end with this code."""
    typer.echo(f"paywatch: {line(sentence)}", err=True)
    raise typer.Exit(code)


@contextmanager
def faults_told() -> Iterator[None]:
    """End with a sentence for every fault that is raised within."""
    try:
        yield
    except ConfigurationError as error:
        end(EXIT_MISUSED, str(error))
    except Failed as error:
        end(EXIT_FAILED, str(error))
    except (PaywatchError, BotoCoreError, ClientError) as error:
        end(EXIT_FAILED, f"{type(error).__name__}: {error}")
