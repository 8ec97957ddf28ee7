"""What goes wrong at the providers when it is asked for: each kind of fault, at a stated rate."""

from datetime import datetime, timedelta

from paylab.faults import (
    CutOff,
    Fault,
    Malformed,
    ServerError,
    Slow,
    TooManyRequests,
    between,
    sometimes,
)

# What a client waits for a byte, in real seconds, and an answer that is slower than that.
PATIENCE = 1.5
TOO_SLOW = 2.0

OUTAGE = timedelta(minutes=3)

STATED = (
    "Of all requests, 6 % are answered 429 (Retry-After as a number, as a date, or missing), "
    "3 % with 5xx, 2 % break off, 2 % are malformed, 2 % come late and 0.3 % too late; "
    "and OnePay is down for three minutes."
)


def mix(start: datetime, ticks: int) -> list[Fault]:
    """Return the faults of a run that starts at an instant and lasts so many minutes."""
    down = start + timedelta(minutes=ticks // 3)
    return [
        TooManyRequests(when=sometimes(0.02), form="seconds", retry_after=2),
        TooManyRequests(when=sometimes(0.02), form="date", retry_after=3),
        TooManyRequests(when=sometimes(0.02), form="none"),
        ServerError(when=sometimes(0.03)),
        CutOff(when=sometimes(0.02)),
        Malformed(when=sometimes(0.02)),
        Slow(when=sometimes(0.02), seconds=0.1),
        Slow(when=sometimes(0.003), seconds=TOO_SLOW),
        ServerError(
            source="onepay/default",
            when=between(down, down + OUTAGE),
            statuses=(503,),
        ),
    ]
