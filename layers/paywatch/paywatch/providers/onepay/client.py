"""OnePay on the wire: `GET /payment-intents` (Listar payment intents)."""

from __future__ import annotations

from datetime import timedelta

from paywatch.domain.payments import Source
from paywatch.errors import UnexpectedResponse
from paywatch.ports import Abilities, Allowance, Found, ListQuery, Order, Page
from paywatch.providers.http import HttpClient, segment
from paywatch.providers.onepay.mapping import payment
from paywatch.providers.onepay.schemas import Listing
from paywatch.providers.rows import read_found, read_page, read_rows

PATH = "/payment-intents"

SORTS = {
    Order.OLDEST_FIRST: "created_at",
    Order.NEWEST_FIRST: "-created_at",
    Order.EARLIEST_PAID_FIRST: "paid_at",
    Order.LATEST_PAID_FIRST: "-paid_at",
}

ABILITIES = Abilities(
    open_words=("created", "processing"),
    settled_words=("paid", "failed", "refunded", "disputed"),
    short_words=("refunded", "disputed", "failed"),
    orders=frozenset(SORTS),
    page_size=None,
    by_id=True,
    many_ids=None,
    paid_word="paid",
    utc_offset=timedelta(hours=-5),
)


class OnePayClient:
    """One OnePay account."""

    def __init__(self, source: Source, http: HttpClient) -> None:
        self._source = source
        self._http = http

    @staticmethod
    def credentials(key: str) -> dict[str, str]:
        """Return the header that carries the key."""
        return {"Authorization": f"Bearer {key}"}

    @property
    def source(self) -> Source:
        """The account that is read."""
        return self._source

    @property
    def abilities(self) -> Abilities:
        """What its lists can do."""
        return ABILITIES

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        """Read one page of the payment intents."""
        where = f"{self._source.short}: payment intents, page {query.page}"
        reply = self._http.get(PATH, _params(query), allowance, where)
        listing = read_page(Listing, reply.body, where)
        if listing.current_page != query.page:
            raise UnexpectedResponse(f"{where}: page {listing.current_page} was answered")
        rows, refused = read_rows(listing.data, payment, where)
        return Page(
            answer=reply.answer,
            number=listing.current_page,
            rows=rows,
            refused=refused,
            total=listing.total,
            last_page=max(1, listing.last_page),
            page_size=listing.per_page,
        )

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        """Ask for one intent; the row may come bare or wrapped in `data`."""
        where = f"{self._source.short}: payment intent by id"
        path = f"{PATH}/{segment(payment_id)}"
        reply = self._http.get(path, {}, allowance, where, missing_allowed=True)
        if reply.status == 404:
            return Found(reply.answer, None)
        row = reply.body
        if isinstance(row, dict) and "id" not in row and "data" in row:
            row = row["data"]
        return Found(reply.answer, read_found(row, payment_id, payment, where))


def _params(query: ListQuery) -> dict[str, str]:
    if query.page_size is not None or query.currency is not None:
        raise ValueError("OnePay's list has no page size to choose, and no filter by currency")
    if query.page < 1:
        raise ValueError(f"pages count from 1, not {query.page}")
    if not all(query.ids):
        raise ValueError("an empty id cannot be asked for")
    params = {"page": str(query.page)}
    if query.ids:
        params["filter[id]"] = ",".join(query.ids)
    if query.status is not None:
        params["filter[status]"] = query.status
    if query.external_id is not None:
        params["filter[external_id]"] = query.external_id
    if query.order is not None:
        params["sort"] = SORTS[query.order]
    return params
