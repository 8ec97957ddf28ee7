"""GET of JSON, within limits, asked again where that may help: the one module that knows httpx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from random import Random
from urllib.parse import quote
from weakref import finalize

import httpx

from paywatch.errors import OutOfTime, Unavailable, UnexpectedResponse
from paywatch.ports import Allowance, Answer, Clock
from paywatch.providers import headers
from paywatch.providers.body import RefusedBody, UnreadableBody, collect, parse
from paywatch.providers.deadline import Deadline, timed_pool
from paywatch.providers.pace import Pace
from paywatch.providers.retries import Fault, Retries, judge, learn

Transport = httpx.BaseTransport

MARGIN = 0.25  # seconds of the allowance that no wait for a retry may touch


@dataclass(frozen=True)
class Limits:
    """What one attempt may take: seconds, and bytes of the unpacked body."""

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    body: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """A 200 with its parsed JSON, or a 404 (where that was allowed) without."""

    status: int
    body: object
    answer: Answer


class HttpClient:
    """One source's way to its provider. `credentials` are headers; they appear in no text.

    It speaks to httpx's transport and does without httpx's client, which follows or at least reads
    redirects, keeps cookies, obeys the environment and logs addresses.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Mapping[str, str],
        pace: Pace,
        clock: Clock,
        random: Random,
        transport: Transport | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._pace = pace
        self._clock = clock
        self._random = random
        self._limits = limits or Limits()
        self._deadline = Deadline(clock)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"paywatch/{_version()}",
            **credentials,
        }
        if transport is None:
            transport = _network(self._deadline)
            finalize(self, transport.close)
        self._transport = transport

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        allowance: Allowance,
        where: str,
        *,
        missing_allowed: bool = False,
    ) -> Reply:
        """Get `path`, which is already quoted; raise ProviderError or OutOfTime.

        `where` begins every error's sentence. Each attempt is one request of the allowance.
        """
        try:
            url = _url(self._base_url + path, tuple(params.items()))
        except httpx.InvalidURL:
            raise ValueError(f"{where}: this cannot be asked for in a URL") from None
        statuses = (200, 404) if missing_allowed else (200,)
        retries = Retries(self._random)
        while True:
            self._pace.take(allowance)
            number = allowance.spend()
            outcome = self._attempt(url, statuses, number, allowance.remaining(), where)
            if isinstance(outcome, Reply):
                return outcome
            if outcome.timed_out and allowance.remaining() <= 0:
                raise OutOfTime(f"{where}: the run's time ended before the answer came")
            wait = retries.pause(outcome)
            if wait is None or wait > allowance.remaining() - MARGIN:
                raise outcome.error
            self._clock.sleep(wait)

    def _attempt(
        self, url: httpx.URL, statuses: tuple[int, ...], number: int, remaining: float, where: str
    ) -> Reply | Fault:
        total = min(self._limits.total, remaining)
        timeout = httpx.Timeout(
            min(self._limits.read, total), connect=min(self._limits.connect, total)
        )
        request = httpx.Request(
            "GET", url, headers=self._headers, extensions={"timeout": timeout.as_dict()}
        )
        self._deadline.start(total)
        sent_at = self._clock.now()
        # Faults are returned, not raised, so that no error of ours carries one of httpx with it.
        try:
            with closing(self._transport.handle_request(request)) as response:
                status, said = response.status_code, dict(response.headers.items())
                retry_after = learn(self._pace, status, said, self._clock.now())
                if status not in statuses:
                    target = headers.origin(said.get("location"), str(url))
                    return judge(status, target, retry_after, where)
                body = self._read(response, said, where) if status == 200 else None
            dated = headers.http_date(said.get("date"))
            return Reply(status, body, Answer(number, sent_at, self._clock.now(), dated))
        except UnreadableBody as error:
            return Fault(UnexpectedResponse(f"{where}: the answer {error}"), unreadable=True)
        except (httpx.TimeoutException, TimeoutError):
            sentence = f"{where}: no whole answer came in time ({total:.0f} s at most)"
            return Fault(Unavailable(sentence), timed_out=True)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return Fault(Unavailable(f"{where}: {_cause(error)}"))

    def _read(self, response: httpx.Response, said: Mapping[str, str], where: str) -> object:
        kind = headers.media_type(said.get("content-type"))
        if not headers.is_json(kind):
            raise UnexpectedResponse(f"{where}: the answer is {kind}, not JSON")
        encoding = said.get("content-encoding", "").strip().lower()
        try:
            return parse(collect(self._in_time(response), encoding, self._limits.body))
        except RefusedBody as error:
            sentence = f"{where}: the answer {error}"
        raise UnexpectedResponse(sentence)

    def _in_time(self, response: httpx.Response) -> Iterator[bytes]:
        # The stream itself: iter_raw refuses an answer that a transport has made whole.
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        for chunk in stream:
            self._deadline.check()
            yield chunk


def segment(text: str) -> str:
    """Quote text from outside as one whole segment of a path; raise ValueError if there is none.

    Dots too: a segment `..` would lead out of the collection.
    """
    if not text:
        raise ValueError("an empty text cannot be a segment of a path")
    return quote(text, safe="").replace(".", "%2E")


@lru_cache(1_000)
def _url(address: str, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Put an address together, once for all the polls that ask for the same page."""
    return httpx.URL(address, params=params)


def _network(deadline: Deadline) -> Transport:
    context = httpx.create_ssl_context(trust_env=False)
    transport = httpx.HTTPTransport(verify=context)
    # httpx offers no way to choose the pool's network; httpcore, below it, does.
    transport._pool = timed_pool(deadline, context)
    return transport


def _cause(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"could not be reached ({' '.join(str(error).split())[:120]})"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the answer broke off or was not HTTP"
    return f"the connection failed ({type(error).__name__})"


@cache
def _version() -> str:
    try:
        return version("paywatch")
    except PackageNotFoundError:
        return "0"
