"""Headers, whatever is in them, are read or passed over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from paywatch.providers import headers

from .conftest import START, steady

HEADER = st.one_of(
    st.none(),
    st.text(),
    st.text(alphabet="0123456789-+.: GMTFriJan,"),
    st.integers().map(str),
    st.datetimes().map(lambda date: date.strftime("%a, %d %b %Y %H:%M:%S GMT")),
)


@steady
@given(HEADER)
def test_any_date_is_aware_or_none(text: str | None) -> None:
    date = headers.http_date(text)
    assert date is None or date.utcoffset() is not None


@steady
@given(HEADER)
def test_any_retry_after_is_a_bearable_wait_or_none(text: str | None) -> None:
    seconds = headers.retry_after(text, START)
    assert seconds is None or 0 <= seconds <= headers.LONGEST_RETRY_AFTER


@steady
@given(HEADER)
def test_any_reset_is_a_bearable_wait_or_none(text: str | None) -> None:
    seconds = headers.reset_after(text, START)
    assert seconds is None or 0 < seconds <= headers.LONGEST_RESET


@steady
@given(HEADER)
def test_any_location_is_named_by_its_origin_alone(text: str | None) -> None:
    named = headers.origin(text, "https://provider.test/api?page=1")
    assert named.startswith(("http://", "https://", "no target", "an unreadable target"))
    assert named.count("/") in (0, 2)
    assert len(named) < 130
    assert named.isascii()


@steady
@given(HEADER)
def test_any_content_type_is_named_in_a_few_plain_characters(text: str | None) -> None:
    named = headers.media_type(text)
    assert len(named) <= 101
    assert named.isascii()
    assert named.isprintable()
