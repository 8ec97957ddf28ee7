"""What can go wrong, grouped by what whoever catches it should do.

PaywatchError
├── ConfigurationError      stop, and tell the owner of the stack
├── ProviderError           this source is left for the next poll; the others go on
│   ├── CredentialsRejected     the key is wrong, or was turned
│   ├── RateLimited             slow down; `retry_after` seconds if the provider said so
│   ├── Unavailable             it did not answer, or answered with its own fault
│   └── UnexpectedResponse      it answered something that its documents do not describe
├── OutOfTime               a limit of this run is reached: stop cleanly, go on in the next one
├── RowError                one row makes no sense: skip it and count it
├── StaleState              someone else wrote first: read again
├── StateBusy               someone else is at it: come again
├── LeaseLost               another run holds this source now: write no more
└── TopicUnavailable        the whole topic refuses us: stop publishing for this run
"""

from __future__ import annotations


class PaywatchError(Exception):
    """Anything that paywatch raises on purpose."""


class ConfigurationError(PaywatchError):
    """The settings, the secret or the invocation cannot be used as they are."""


class ProviderError(PaywatchError):
    """A provider did not give an answer that can be used."""

    kind = "provider_error"


class CredentialsRejected(ProviderError):
    """The provider refused the key (401 or 403)."""

    kind = "credentials_rejected"


class RateLimited(ProviderError):
    """The provider asked for a slower pace (429), and retrying within the limits did not help."""

    kind = "rate_limited"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ProviderError):
    """The provider could not be reached, was too slow, or answered 5xx, also when asked again."""

    kind = "unavailable"


class UnexpectedResponse(ProviderError):
    """The answer does not have the shape, the type or the status that the documents give."""

    kind = "unexpected_response"


class OutOfTime(PaywatchError):
    """The run's time or its request budget is used up."""


class RowError(PaywatchError):
    """One row of a page cannot be understood; `payment_id` names it if that much is known."""

    def __init__(self, message: str, payment_id: str | None = None) -> None:
        super().__init__(message)
        self.payment_id = payment_id


class StaleState(PaywatchError):
    """A conditional write found something other than it expected."""


class StateBusy(PaywatchError):
    """What was to be changed is held by a run."""


class LeaseLost(PaywatchError):
    """The control item carries a newer epoch than ours."""


class TopicUnavailable(PaywatchError):
    """The topic as a whole cannot be published to."""
