"""The commands of `paywatch`. What a program may read goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from paywatch.cli import alerting, invoking
from paywatch.cli.ending import EXIT_MISUSED, end, faults_told
from paywatch.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paywatch {version('paywatch')}")
        raise typer.Exit


@app.callback()
def paywatch(
    version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Tell of every payment that moves at Compago or OnePay."""


@app.command()
def invoke(
    event: Annotated[Path, typer.Argument(metavar="EVENT.json", help="Such as events/poll.json.")],
    aws: Annotated[
        bool,
        typer.Option(
            "--aws",
            help="For real: the PAYWATCH_* settings and the AWS credentials of this environment.",
        ),
    ] = False,
    ticks: Annotated[
        int,
        typer.Option(min=1, help="Invoke so often, a simulated minute apart; not with --aws."),
    ] = 1,
) -> None:
    """Run the poller with an event and print the report of the (last) run as JSON.

    Without --aws nothing outside this machine is touched, whatever the environment says: the
    providers are the lab's, with payments of its own, and an emulator stands in for AWS.
    """
    if aws and ticks != 1:
        end(EXIT_MISUSED, "--ticks is for the simulated clock: leave it out with --aws")
    with faults_told():
        report = _invoke(_read_event(event), aws, ticks)
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False))


def _invoke(event: object, aws: bool, ticks: int) -> dict[str, Any]:
    if aws:
        return invoking.for_real(event)
    try:
        from paywatch.cli.rehearsing import on_stage
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{error.name} is not installed: without --aws the provider lab and the emulator of a "
            "development checkout are needed (make demo installs them)"
        ) from None
    typer.echo(
        "Against the provider lab and an emulator of AWS on this machine (--aws: for real).",
        err=True,
    )
    return on_stage(event, ticks)


def _read_event(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise ConfigurationError(f"{path}: not JSON ({why})") from None


for verb in alerting.VERBS:
    app.command()(verb)
