"""A long past: settled payments by the million, whose rows are made when somebody reads them."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import httpx

from paylab import LabClock
from paywatch.domain.changes import Record, stamp
from paywatch.domain.payments import Payment, Source
from paywatch.errors import StaleState
from paywatch.memory import MemoryPayments
from paywatch.providers.compago.mapping import payment as compago_payment
from paywatch.providers.onepay.mapping import payment as onepay_payment
from tests.gates import Gate
from tests.polling import START, Polling

# Of a thousand payments one has moved and no poll has seen it; of fifty one is not stored any more.
MOVED, FORGOTTEN = 1000, 50
AGE, APART = timedelta(days=1), timedelta(seconds=10)
# So many are there when the watch begins to look; `grow` adds the others at the far end.
YOUNG = 100
DONE = {"compago": "CONFIRMED", "onepay": "paid"}
UNDONE = {"compago": "CANCELLED", "onepay": "refunded"}


class Past(httpx.BaseTransport):
    """Both providers' lists over payments that are known by their number, 0 the newest.

    `gate` is passed by every request. Nothing is kept of a row once it is sent.
    """

    def __init__(self, clock: LabClock, provider: str, latency: float) -> None:
        self._clock = clock
        self._latency = latency
        self.provider = provider
        self.gate = Gate()
        self.count = YOUNG
        self.grown = False
        self.pages = 0
        self._lists: dict[str, Sequence[int]] = {}

    def grow(self, count: int) -> None:
        """Let so many payments be there, and some of them have moved."""
        self.count, self.grown = count, True
        self._lists.clear()

    def moved(self) -> set[str]:
        """Return the ids of those that moved."""
        return {name_of(number) for number in range(self.count) if self._has_moved(number)}

    def payment(self, number: int, moved: bool) -> Payment:
        """Return a payment as the provider's client reads it, before its move or after it."""
        translate = compago_payment if self.provider == "compago" else onepay_payment
        return translate(json.loads(self._row(number, moved)))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the documents say."""
        self._clock.advance(self._latency)
        self.gate.enter("request")
        headers = {"Date": format_datetime(self._clock.now(), usegmt=True)}
        query = {k: v[-1] for k, v in parse_qs(request.url.query.decode()).items()}
        name = request.url.path.rpartition("/")[2]
        status = 200
        if name in ("one-time-payment", "payment-intents"):
            body = self._list(query)
        elif self.provider == "onepay" and self._is_there(name):
            body = self._row(number_of(name), self._has_moved(number_of(name)))
        else:
            status, body = 404, '{"message":"Not Found"}'
        self.gate.leave("request")
        return httpx.Response(status, headers=headers, content=body.encode(), request=request)

    def _list(self, query: Mapping[str, str]) -> str:
        self.pages += 1
        word = query.get("status") or query.get("filter[status]")
        size = int(query.get("pageSize", 20 if self.provider == "onepay" else 100))
        page, numbers = int(query.get("page", 1)), self._numbers(word)
        # Everything was paid as soon as it was created, so that both orders are one.
        assert word not in (None, *DONE.values()) or query.get("sort", "-") in (
            "-",
            "-created_at",
            "-paid_at",
        )
        shown = numbers[(page - 1) * size : page * size]
        rows = ",".join(self._row(number, self._has_moved(number)) for number in shown)
        total = len(numbers)
        if self.provider == "compago":
            return f'{{"count":{total},"page":{page},"pageSize":{size},"items":[{rows}]}}'
        last = max(1, -(-total // size))
        head = f'"current_page":{page},"last_page":{last},"per_page":{size},"total":{total}'
        return f'{{{head},"data":[{rows}]}}'

    def _numbers(self, word: str | None) -> Sequence[int]:
        if word is None:
            return range(self.count)
        if word not in self._lists:
            wanted = {DONE[self.provider]: False, UNDONE[self.provider]: True}.get(word)
            self._lists[word] = array(
                "i", (n for n in range(self.count) if self._has_moved(n) is wanted)
            )
        return self._lists[word]

    def _has_moved(self, number: int) -> bool:
        return self.grown and number % MOVED == MOVED // 2 + 7

    def _is_there(self, name: str) -> bool:
        return name_of(number_of(name)) == name and number_of(name) < self.count

    def _row(self, number: int, moved: bool) -> str:
        born = START - AGE - number * APART
        word = (UNDONE if moved else DONE)[self.provider]
        at = born.strftime("%Y-%m-%dT%H:%M:%SZ")
        common = (
            f'"id":"{name_of(number)}","status":"{word}","description":"Order {number}",'
            f'"amount":{number % 9000 + 100}'
        )
        if self.provider == "compago":
            changed = START + timedelta(minutes=1) if moved else born
            until = changed.strftime("%Y-%m-%dT%H:%M:%SZ")
            return (
                f'{{{common},"currency":"MXN","externalId":"order-{number}",'
                f'"createdAt":"{at}","updatedAt":"{until}"}}'
            )
        return (
            f'{{{common},"currency":"COP","external_id":"order-{number}","created_at":"{at}",'
            f'"paid_at":"{at}","payment_method_type":"CreditCard","is_test":true,'
            f'"source":{{"type":"Link","id":"link-{number % 97}"}}}}'
        )


class PastPayments:
    """Stored payments (ports.Payments): what was recorded of the past takes some bytes each.

    Every payment beyond the young ones was recorded before its move, save the forgotten ones.
    """

    def __init__(self, past: Past, source: Source, most: int) -> None:
        self._past = past
        self._source = source
        self._whole = MemoryPayments()
        self._epochs = array("q", bytes(8 * most))
        self._requests = array("i", bytes(4 * most))
        for number in range(YOUNG, most):
            self._epochs[number] = 1 if number % FORGOTTEN else 0
        self.saved = 0

    def watched(self, source: Source, bucket: int) -> Sequence[Record]:
        """Return the bucket's records that are open or have something unpublished."""
        return self._whole.watched(source, bucket)

    def fetch(self, source: Source, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the stored records among these ids."""
        found = dict(self._whole.fetch(source, ids))
        for payment_id in set(ids) - found.keys():
            record = self._recorded(number_of(payment_id))
            if record is not None:
                found[payment_id] = record
        return found

    def save(self, record: Record, replacing: Record | None) -> None:
        """Write the record if what is stored is what it replaces."""
        number = number_of(record.id)
        if not self._whole.fetch(record.source, [record.id]):
            stored = self._recorded(number)
            if record.version == 0 and not record.open:
                if stored is not None or replacing is not None:
                    raise StaleState(f"{record.id} is stored already")
                assert record.payment == self._past.payment(number, False)
                epoch, _, request = record.seen.partition(".")
                self._epochs[number], self._requests[number] = int(epoch), int(request)
                self.saved += 1
                return
            if stored is not None:
                self._whole.save(stored, None)
        self._whole.save(record, replacing)

    def acknowledge(self, record: Record, version: int) -> None:
        """Note that a version is published."""
        self._whole.acknowledge(record, version)

    def _recorded(self, number: int) -> Record | None:
        epoch = self._epochs[number]
        if not epoch:
            return None
        payment = self._past.payment(number, False)
        date = payment.created_at or ""
        return Record(
            source=self._source,
            payment=payment,
            status=payment.status,
            version=0,
            published=0,
            seen=stamp(epoch, self._requests[number]),
            first_seen=date,
            since=date,
        )


class LongPast(Polling):
    """A polling of one source whose past will have so many payments."""

    past: Past

    def __init__(
        self, provider: str, most: int, *, pace: float, latency: float, budget: int
    ) -> None:
        super().__init__([provider], pace=pace, budget=budget)
        self.past = Past(self.clock, provider, latency)
        self.stored_past = PastPayments(self.past, self.sources[0], most)
        self.payments = self.stored_past

    def carrier(self) -> httpx.BaseTransport:
        """Return what carries requests to the past."""
        return self.past


def name_of(number: int) -> str:
    """Return a payment's id."""
    return f"{number:08x}-5a1d-4000-8000-{number * 2654435761 % 2**48:012x}"


def number_of(payment_id: str) -> int:
    """Return a payment's number."""
    return int(payment_id[:8], 16)
