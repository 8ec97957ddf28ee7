"""What a chat shows of an alert."""

from __future__ import annotations

import json

import pytest

from paywatch.domain.alert_messages import notice
from paywatch.domain.alerts import Detail, Kind, Step
from tests.unit.domain.holding import STEPS, chat_of, hold, message
from tests.unit.domain.telling import happening, row


@pytest.mark.parametrize("kind", Kind)
def test_all_messages_of_an_incident_are_one_thread(kind: Kind) -> None:
    threads = {chat_of(message(kind, step))["metadata"]["threadId"] for step in Step}
    assert threads == {happening(kind).alert.incident}
    later = chat_of(message(kind, opened_at="2026-03-03T12:05:00.000000Z"))
    assert later["metadata"]["threadId"] not in threads


@pytest.mark.parametrize("kind", Kind)
def test_a_chat_takes_nothing_for_a_link_or_a_mention(kind: Kind) -> None:
    told = message(kind, cause="<!channel> & <https://x|y>", detail=Detail(1, {}, {}, [row(1)]))
    content = chat_of(told)["content"]
    assert "&lt;!channel&gt; &amp; &lt;https://x|y&gt;" in content["title"]
    for text in (content["title"], content["description"], *content["nextSteps"]):
        assert "<" not in text
        assert ">" not in text


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", Kind)
def test_a_chat_says_once_how_to_acknowledge(kind: Kind, step: Step) -> None:
    told = message(kind, step)
    ack = f"paywatch ack {json.loads(told.bodies['sqs'])['data']['alert']}"
    assert sum(each.endswith(ack) for each in chat_of(told)["content"]["nextSteps"]) == 1


@pytest.mark.parametrize(
    ("kind", "step", "icon"),
    [
        (Kind.PAYMENT_OVERDUE, Step.OPENED, ":warning: "),
        (Kind.CREDENTIALS_REJECTED, Step.OPENED, ":rotating_light: "),
        (Kind.CREDENTIALS_REJECTED, Step.RESOLVED, ":white_check_mark: "),
    ],
)
def test_a_chat_shows_how_bad_it_is(kind: Kind, step: Step, icon: str) -> None:
    assert chat_of(message(kind, step))["content"]["title"].startswith(icon)


def test_a_notice_is_shown_in_a_chat_as_it_is_and_never_breaks_out_of_it() -> None:
    told = notice("digest/1", "paywatch: 1 change", "``` <!channel>\n" * 900, {"type": "t"})
    hold(told)
    description = chat_of(told)["content"]["description"]
    assert description.startswith("```\n")
    assert description.endswith("\n```")
    assert description.count("```") == 2
    assert "<" not in description
