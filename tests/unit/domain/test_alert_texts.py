"""How a text of anybody's is written so that a mail, a telephone and a chat show it as it is."""

from __future__ import annotations

import pytest

from paywatch.domain.alert_texts import for_chat, grouped, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("0123456789", "0123456789"),
        ("0123456789a", "0123456..."),
        ("0" * 99, "0000000..."),
        ("0123\n56789a", "0123?56..."),
    ],
)
def test_a_line_is_cut_where_it_is_longer_than_it_may_be(text: str, line: str) -> None:
    assert one_line(text, 10) == line


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("\n", id="a control character"),
        pytest.param("\N{RIGHT-TO-LEFT OVERRIDE}", id="a format"),
        pytest.param("\ud800", id="half a character"),
        pytest.param("\ue000", id="private"),
        pytest.param("\u2028", id="a line separator"),
        pytest.param("\u2029", id="a paragraph separator"),
    ],
)
def test_nothing_invisible_is_left_in_a_line(character: str) -> None:
    assert one_line(f"a{character}b", 10) == "a?b"


def test_letters_blanks_and_signs_of_every_language_stay_in_a_line() -> None:
    text = "Zoë ñ 日本 \u00a0 \U0001f4b8 <&>"
    assert one_line(text, 99) == text


def test_a_chat_shows_signs_and_takes_nothing_in_them_for_a_link_a_mention_or_a_box() -> None:
    text = "<!channel> & <@U1> ```x``` `y` &lt;"
    assert for_chat(text) == "&lt;!channel&gt; &amp; &lt;@U1&gt; '''x''' `y` &amp;lt;"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("2780000", "2,780,000"),
        ("-1234.50", "-1,234.50"),
        ("1E+3", "1,000"),
        ("1E+60", "1" + ",000" * 20),
        ("1E+61", "1E+61"),
        ("1E-61", "1E-61"),
        ("much", "much"),
        ("NaN", "NaN"),
        ("", ""),
    ],
)
def test_an_amount_has_commas_where_it_is_a_plausible_number(amount: str, said: str) -> None:
    assert grouped(amount) == said
