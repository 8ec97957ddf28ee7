"""What the lab is asked and what it answers, independent of HTTP libraries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Damage:
    """What a carrier does to an answer on its way.

    `delay` is in seconds; `cut_after` is the number of body bytes sent before the connection
    is closed, although Content-Length promised the whole body. The body comes in `drips` pieces,
    with a `pause` in seconds before each of them.
    """

    delay: float = 0.0
    cut_after: int | None = None
    drips: int = 1
    pause: float = 0.0

    def pieces(self, body: bytes) -> list[bytes]:
        """Return what is sent of a body, piece by piece."""
        sent = body[: self.cut_after]
        size = max(1, -(-len(sent) // self.drips))
        return [sent[at : at + size] for at in range(0, len(sent), size)]


@dataclass(frozen=True)
class Request:
    """One request; `query` is the raw text after the question mark, header names are any case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Return path and query as they stood in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def params(self) -> dict[str, str]:
        """Return the decoded query; of a repeated parameter the last one counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def header(self, name: str) -> str:
        """Return a header's value, or the empty string."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), "")


@dataclass(frozen=True)
class Response:
    """One answer; `rows` are the (payment id, provider status) pairs in its body.

    `as_of` is the instant whose truth an old copy tells; None where it tells of now.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[tuple[str, str], ...] = ()
    damage: Damage | None = None
    as_of: datetime | None = None
