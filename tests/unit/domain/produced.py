"""Every change that a provider's readable row can lead to, for Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from paywatch.domain.changes import Change, DetectedBy
from paywatch.domain.payments import Origin, Payment, Source, Status, timestamp

_SOURCES = st.sampled_from([Source("compago"), Source("onepay"), Source("onepay", "norte-2")])
_MOMENTS = st.integers(0, 4 * 10**9).map(lambda s: timestamp(datetime.fromtimestamp(s, UTC)))
# What SNS takes: the characters of XML 1.0. The readers of rows let no others in.
_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=120,
)
_AMOUNTS = st.decimals(0, 10**12, places=2, allow_nan=False).map(lambda d: f"{d:f}")


def _perhaps(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | strategy


_PAYMENTS = st.builds(
    Payment,
    id=_TEXTS,
    status=st.sampled_from(Status),
    provider_status=_TEXTS,
    amount=_perhaps(_AMOUNTS),
    currency=_perhaps(st.sampled_from(["MXN", "COP", "USD"])),
    created_at=_perhaps(_MOMENTS),
    updated_at=_perhaps(_MOMENTS),
    paid_at=_perhaps(_MOMENTS),
    expires_at=_perhaps(_MOMENTS),
    external_id=_perhaps(_TEXTS),
    payment_method_type=_perhaps(_TEXTS),
    origin=st.none() | st.builds(Origin, type=_TEXTS, id=_TEXTS),
    is_test=st.booleans(),
)


def changes() -> st.SearchStrategy[tuple[Source, Change]]:
    """Return a strategy of changes, each with the source that it happened at."""
    moves = st.builds(
        Change,
        version=st.integers(1, 10**6),
        status=st.sampled_from(Status),
        provider_status=_TEXTS,
        previous_status=st.none() | st.sampled_from(Status),
        previous_provider_status=_perhaps(_TEXTS),
        observed_at=_MOMENTS,
        changed_after=_perhaps(_MOMENTS),
        changed_before=_MOMENTS,
        detected_by=st.sampled_from(DetectedBy),
        payment=_PAYMENTS,
    )
    return st.tuples(_SOURCES, moves)
