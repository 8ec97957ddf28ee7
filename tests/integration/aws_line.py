"""The line to AWS: every call of every client passes here, is counted, and can be cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

Send = Callable[[], Any]


@dataclass(frozen=True)
class Call:
    """One call: the client that made it, the operation's name, and what was given to it."""

    client: Any
    operation: str
    params: Mapping[str, Any]

    @property
    def control(self) -> bool:
        """Whether it goes to a control item."""
        return bool(self.params.get("Key", {}).get("sk") == {"S": "control"})

    @property
    def writes(self) -> bool:
        """Whether it leaves anything behind."""
        return self.operation in ("UpdateItem", "PublishBatch", "Publish")

    @property
    def kind(self) -> str:
        """What it is for: the operation, control items apart."""
        return f"{self.operation} (control)" if self.control else self.operation


class Line:
    """Counts what passes. `carry` may be replaced, to do something else than to send."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        # The emulator goes through all items while another thread may be adding one.
        self._one_by_one = Lock()
        self.carry: Callable[[Call, Send], Any] = lambda call, send: send()

    def watch(self, client: Any) -> None:
        """Let every call of a client pass here."""
        make = client._make_api_call

        def pass_through(operation: str, params: Mapping[str, Any]) -> Any:
            call = Call(client, operation, params)
            self.calls.append(call)
            return self.carry(call, lambda: send(operation, params))

        def send(operation: str, params: Mapping[str, Any]) -> Any:
            with self._one_by_one:
                return make(operation, params)

        client._make_api_call = pass_through

    def since(self, number: int) -> Sequence[Call]:
        """Return the calls after the first `number`."""
        return self.calls[number:]


def count(calls: Sequence[Call]) -> Counter[str]:
    """Count calls by kind."""
    return Counter(call.kind for call in calls)
