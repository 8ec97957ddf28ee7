"""Compago on the wire: `GET /one-time-payment` (List One-Time Payments)."""

from __future__ import annotations

from datetime import timedelta

from paywatch.domain.payments import Source
from paywatch.errors import UnexpectedResponse
from paywatch.ports import Abilities, Allowance, Found, ListQuery, Page
from paywatch.providers.compago.mapping import payment
from paywatch.providers.compago.schemas import Listing
from paywatch.providers.http import HttpClient, segment
from paywatch.providers.rows import read_found, read_page, read_rows

PATH = "/one-time-payment"
LARGEST_PAGE = 500

ABILITIES = Abilities(
    open_words=("PENDING",),
    settled_words=("CONFIRMED", "CANCELLED"),
    page_size=LARGEST_PAGE,
    by_id=None,
    utc_offset=timedelta(hours=-6),
)


class CompagoClient:
    """One Compago account."""

    def __init__(self, source: Source, http: HttpClient) -> None:
        self._source = source
        self._http = http

    @staticmethod
    def credentials(key: str) -> dict[str, str]:
        """Return the header that carries the key."""
        return {"x-api-key": key}

    @property
    def source(self) -> Source:
        """The account that is read."""
        return self._source

    @property
    def abilities(self) -> Abilities:
        """What its lists can do."""
        return ABILITIES

    def list(self, query: ListQuery, allowance: Allowance) -> Page:
        """Read one page of the one-time payments."""
        where = f"{self._source.short}: one-time payments, page {query.page}"
        reply = self._http.get(PATH, _params(query), allowance, where)
        listing = read_page(Listing, reply.body, where)
        if listing.page != query.page:
            raise UnexpectedResponse(f"{where}: page {listing.page} was answered")
        rows, refused = read_rows(listing.items, payment, where)
        return Page(
            answer=reply.answer,
            number=listing.page,
            rows=rows,
            refused=refused,
            total=listing.count,
            last_page=max(1, -(-listing.count // listing.page_size)),
            page_size=listing.page_size,
        )

    def get(self, payment_id: str, allowance: Allowance) -> Found:
        """Ask for one payment. That the provider can is implied, not documented."""
        where = f"{self._source.short}: one-time payment by id"
        path = f"{PATH}/{segment(payment_id)}"
        reply = self._http.get(path, {}, allowance, where, missing_allowed=True)
        if reply.status == 404:
            return Found(reply.answer, None)
        return Found(reply.answer, read_found(reply.body, payment_id, payment, where))


def _params(query: ListQuery) -> dict[str, str]:
    if query.order is not None or query.ids or query.external_id is not None:
        raise ValueError("Compago's list has no order, and no filter by id or external id")
    if query.page < 1:
        raise ValueError(f"pages count from 1, not {query.page}")
    if query.page_size is not None and not 1 <= query.page_size <= LARGEST_PAGE:
        raise ValueError(f"a page holds 1 to {LARGEST_PAGE} payments, not {query.page_size}")
    params = {"page": str(query.page)}
    if query.page_size is not None:
        params["pageSize"] = str(query.page_size)
    if query.status is not None:
        params["status"] = query.status
    if query.currency is not None:
        params["currency"] = query.currency
    return params
