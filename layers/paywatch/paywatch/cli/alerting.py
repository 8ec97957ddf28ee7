"""The commands about alerts: each asks the deployed function, and shows what it answers."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from paywatch.cli import calling
from paywatch.cli.answers import alert_of, alerts_of, count_of, flag_of, json_of, text_of
from paywatch.cli.ending import Failed, faults_told
from paywatch.cli.showing import line, print_table, shown
from paywatch.errors import ConfigurationError
from paywatch.invocation import Invocation

Function = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        envvar="PAYWATCH_FUNCTION",
        help="The function of the stack: its output PollerFunctionName.",
    ),
]
Alert = Annotated[
    str, typer.Argument(metavar="ALERT", help="Its name, such as payment_overdue/onepay.")
]
Who = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who does it; the user of this machine if not given."),
]
Why = Annotated[str, typer.Option(metavar="TEXT", help="A word for the others.")]


def alerts(
    function: Function = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Show the open alerts."""
    with faults_told():
        report = _ask(function, {"action": "alerts"})
        found = alerts_of(report)
        text = json_of(report)
    if as_json:
        typer.echo(text)
        return
    if not found:
        typer.echo("No alert is open.")
        return
    print_table(
        ["alert", "severity", "since", "cause", "standing"],
        [[each.name, each.severity, each.since, each.cause, each.standing] for each in found],
        {number for number, each in enumerate(found) if each.severity == "critical"},
    )


def ack(
    alert: Alert,
    who: Who = None,
    why: Why = "",
    close: Annotated[
        bool, typer.Option("--close", help="Leave its payments of now out of it for good.")
    ] = False,
    function: Function = "",
) -> None:
    """Say that somebody is at an alert: it is not told again unless it grows."""
    with faults_told():
        event = {"action": "ack", "alert": alert, **_by(who, why)}
        if close:
            event["close"] = True
        told = alert_of(_ask(function, event))
        if not (told.acknowledged or close):
            raise Failed(f"the function's answer does not say that {told.name} is acknowledged")
    by = told.by or event["who"]
    if close:
        typer.echo(line(f"{told.name} is closed by {by}: its payments of now are left out of it."))
    else:
        typer.echo(line(f"{told.name} is acknowledged by {by}."))


def snooze(
    alert: Alert,
    hours: Annotated[
        float, typer.Option(metavar="N", help="For so long; a part of one, too, and up to 720.")
    ],
    who: Who = None,
    why: Why = "",
    function: Function = "",
) -> None:
    """Keep an alert quiet for some hours."""
    with faults_told():
        event = {"action": "snooze", "alert": alert, **_by(who, why), "hours": hours}
        told = alert_of(_ask(function, event))
        if told.snoozed_until is None:
            raise Failed(f"the function's answer does not say that {told.name} is snoozed")
    typer.echo(line(f"{told.name} is snoozed until {told.snoozed_until}."))


def drill(function: Function = "") -> None:
    """Send a drill to the alerts topic, to see that alerts arrive."""
    with faults_told():
        report = _ask(function, {"action": "drill"})
        passed, told = flag_of(report, "passed"), count_of(report, "told")
        detail = text_of(report, "detail").strip()
        messages = "1 message was told" if told == 1 else f"{told} messages were told"
        if not passed:
            raise Failed(f"the drill failed: {detail or messages}")
    typer.echo(line(f"The drill passed: {messages}{f' ({detail})' if detail else ''}."))


def digest(function: Function = "") -> None:
    """Send the digest now, and print it."""
    with faults_told():
        report = _ask(function, {"action": "digest"})
        told, text = flag_of(report, "told"), text_of(report, "text")
    typer.echo(shown(text.rstrip("\n")))
    if not told:
        typer.echo("paywatch: the digest was not sent to the alerts topic.", err=True)


VERBS = (alerts, ack, snooze, drill, digest)


def _ask(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Send the function an event that it will understand."""
    Invocation.parse(event, ())
    if not function.strip():
        raise ConfigurationError(
            "which function? Say --function NAME or set PAYWATCH_FUNCTION: "
            "it is the stack's output PollerFunctionName"
        )
    return calling.call(function.strip(), event)


def _by(who: str | None, why: str) -> dict[str, Any]:
    by = {"who": _user() if who is None else who}
    return {**by, "why": why} if why.strip() else by


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        raise ConfigurationError("who are you? This machine does not say: give --who") from None
