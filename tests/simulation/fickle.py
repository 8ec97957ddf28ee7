"""A topic that does not take every message of a batch, or does not say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paywatch.domain.events import Message
from paywatch.ports import Topic
from tests.gates import Fault

REFUSAL = "this one is refused"


class FickleTopic:
    """A topic (ports.Topic) whose next batch meets a fault: `REFUSED` or `UNANSWERED`, once.

    The first message of the batch is refused; of the last one there is no answer.
    """

    def __init__(self, inner: Topic) -> None:
        self._inner = inner
        self.next: Fault | None = None

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        """Publish what is not refused; the answer is by the messages' ids."""
        fault, self.next = self.next, None
        if fault is Fault.REFUSED:
            return {messages[0].id: REFUSAL, **self._inner.publish(messages[1:])}
        answers = dict(self._inner.publish(messages))
        if fault is Fault.UNANSWERED:
            del answers[messages[-1].id]
        return answers
