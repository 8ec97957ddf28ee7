"""The scheduled handler: all it does is hand the invocation to paywatch."""

from __future__ import annotations

from paywatch.bootstrap import invoke


def lambda_handler(event: object, context: object) -> dict[str, object]:
    """Do what the invocation asks for, and return the run's report."""
    return invoke(event, context)
