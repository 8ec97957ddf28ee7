"""One account's payments at one provider, which move by themselves as the clock goes on."""

import copy
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from paylab import compago_rows, onepay_rows, wire
from paylab.agenda import Action, Agenda
from paylab.clock import LabClock
from paylab.listing import Listing
from paylab.making import FIELDS, make
from paylab.payments import LabPayment
from paylab.truth import TruthLog

Order = Literal["newest_first", "oldest_first", "none"]

_DEFAULT_KEYS = {"compago": "compago-lab-key", "onepay": "sk_test_paylab"}
_BASE_PATHS = {"compago": "/api", "onepay": "/v1"}

# So many lists are kept in order; who asks for more of them (one by one, by id) has them made anew.
_LISTINGS = 16


class World:
    """The payments of one source, such as `compago/default` or `onepay/norte`.

    Scheduled moves wait until somebody looks: `settle()` applies all whose time has come, in the
    order of their times. The same seed and the same calls give the same payments, byte for byte.

    `order` is the order of Compago's list, `largest_page` the most rows that it puts on a page
    whatever it was asked for; `by_id` whether Compago answers for a single payment;
    `id_list_filter` whether OnePay's `filter[id]` takes several ids; `rate_limit` is OnePay's
    requests a minute, stated in headers and, with `enforce_rate_limit`, enforced with a 429.
    """

    def __init__(
        self,
        source: str,
        clock: LabClock,
        truth: TruthLog | None = None,
        *,
        seed: int = 0,
        api_key: str | None = None,
        base_path: str | None = None,
        order: Order = "newest_first",
        by_id: bool = True,
        id_list_filter: bool = False,
        amounts_as_text: bool = False,
        largest_page: int = 500,
        per_page: int = 20,
        rate_limit: int = 300,
        enforce_rate_limit: bool = False,
    ) -> None:
        provider, _, account = source.partition("/")
        if provider not in _BASE_PATHS:
            raise ValueError(f"the lab knows no provider {provider!r}")
        self.provider = provider
        self.source = f"{provider}/{account or 'default'}"
        self.clock = clock
        self.truth = truth if truth is not None else TruthLog()
        self.seed = seed
        self.api_key = api_key if api_key is not None else _DEFAULT_KEYS[provider]
        self.former_keys: set[str] = set()
        self.base_path = base_path if base_path is not None else _BASE_PATHS[provider]
        self.order = order
        self.by_id = by_id
        self.id_list_filter = id_list_filter
        self.amounts_as_text = amounts_as_text
        self.largest_page = largest_page
        self.per_page = per_page
        self.rate_limit = rate_limit
        self.enforce_rate_limit = enforce_rate_limit
        self.lock = threading.RLock()
        self.started = clock.now()
        self.served_until: datetime | None = None
        self._rng = random.Random(f"{seed}/{self.source}/by hand")
        self._payments: dict[str, LabPayment] = {}
        self._births: dict[str, int] = {}
        self._agenda = Agenda()
        self._orders = 1233
        self._texts: dict[str, str] = {}
        self._pairs: dict[str, tuple[str, str]] = {}
        self._listings: dict[object, Listing] = {}

    def turn_key(self, api_key: str) -> None:
        """Let another key be the account's; requests with a former one are refused."""
        self.former_keys.add(self.api_key)
        self.api_key = api_key

    def settle(self) -> None:
        """Apply every scheduled move whose time has come."""
        with self.lock:
            self._agenda.run_until(self.clock.now())

    def rest(self) -> None:
        """Let nothing move by itself any more."""
        with self.lock:
            self.settle()
            self._agenda = Agenda()

    def payment(self, payment_id: str) -> LabPayment | None:
        """Return a payment as it stands now, or None."""
        with self.lock:
            self.settle()
            return self._payments.get(payment_id)

    def payments(self) -> list[LabPayment]:
        """Return all payments as they stand now, in the order of their births."""
        with self.lock:
            self.settle()
            return list(self._payments.values())

    def count(self, status: str) -> int:
        """Return how many payments have this status of the provider's now."""
        return sum(1 for payment in self.payments() if payment.status == status)

    def listing(
        self, key: object, keep: Callable[[LabPayment], bool], rank: Callable[[LabPayment], Any]
    ) -> list[LabPayment]:
        """Return the payments to keep, by rank; `key` stands for the two, and the list is kept."""
        if key not in self._listings:
            if len(self._listings) >= _LISTINGS:
                del self._listings[next(iter(self._listings))]
            self._listings[key] = Listing(self._payments.values(), keep, rank)
        return self._listings[key].rows(self._payments)

    def birth_number(self, payment: LabPayment) -> int:
        """Return the place of a payment in the order of births, which breaks ties."""
        return self._births[payment.id]

    def row_text(self, payment: LabPayment) -> str:
        """Return the payment's row as the provider's JSON text."""
        if payment.id not in self._texts:
            to_row = compago_rows.to_row if self.provider == "compago" else onepay_rows.to_row
            self._texts[payment.id] = wire.text(to_row(payment, self.amounts_as_text))
        return self._texts[payment.id]

    def pairs(self, payments: Iterable[LabPayment]) -> tuple[tuple[str, str], ...]:
        """Return the payments' ids and statuses, for the request log; one pair for all reads."""
        return tuple(
            self._pairs.get(p.id) or self._pairs.setdefault(p.id, (p.id, p.status))
            for p in payments
        )

    def replica(
        self,
        payments: Mapping[str, LabPayment] | None = None,
        births: Mapping[str, int] | None = None,
    ) -> "World":
        """Return a copy to read from, where nothing moves, with other payments or other ties."""
        other = copy.copy(self)
        other._payments = dict(self._payments if payments is None else payments)
        other._births = dict(self._births if births is None else births)
        other._agenda = Agenda()
        other._texts, other._pairs, other._listings = {}, {}, {}
        return other

    def as_of(self, instant: datetime) -> "World":
        """Return a copy of the account as it stood at an instant; amendments are not undone."""
        last = {t.payment_id: t for t in self.truth if t.source == self.source and t.at <= instant}
        stood = {}
        for payment_id, payment in self._payments.items():
            if payment_id in last:
                t = last[payment_id]
                stood[payment_id] = replace(
                    payment,
                    status=t.provider_status,
                    updated_at=t.updated_at,
                    paid_at=t.paid_at,
                )
        return self.replica(stood)

    def add(
        self, status: str | None = None, *, at: datetime | None = None, **particulars: Any
    ) -> LabPayment:
        """Add a payment that appears at `at` (now), with any field of `LabPayment` given.

        What is not given is made up; `created_at` is `at` unless given.
        """
        _check_fields(particulars)
        with self.lock:
            at = at if at is not None else self.clock.now()
            given = dict(particulars) if status is None else {**particulars, "status": status}
            given.setdefault("is_test", self.is_test)
            payment = make(
                self.provider,
                self._rng,
                order=self.next_order(),
                created_at=given.get("created_at", at),
                given=given,
            )
            self._do(at, lambda when: self.enter(payment, when))
            return payment

    def add_row(self, row: Mapping[str, Any], *, at: datetime | None = None) -> LabPayment:
        """Add a payment from a row in the provider's own form."""
        from_row = compago_rows.from_row if self.provider == "compago" else onepay_rows.from_row
        payment = from_row(row)
        self._do(at, lambda when: self.enter(payment, when))
        return payment

    def move(self, payment_id: str, status: str, *, at: datetime | None = None) -> None:
        """Move a payment to a status of the provider's at an instant (now)."""
        self._do(at, lambda when: self.turn(payment_id, status, when))

    def amend(self, payment_id: str, *, at: datetime | None = None, **particulars: Any) -> None:
        """Change particulars of a payment, such as `expires_at`, but not its status."""
        _check_fields(particulars)
        self._do(at, lambda when: self._amend(payment_id, particulars, when))

    def remove(self, payment_id: str, *, at: datetime | None = None) -> None:
        """Let a payment vanish from every list and lookup at an instant (now)."""
        self._do(at, lambda when: self._remove(payment_id, when))

    def schedule(self, at: datetime, action: Action) -> None:
        """Let an action of the population happen at an instant."""
        with self.lock:
            self._agenda.enter(at, action)

    def next_order(self) -> str:
        """Return the merchant's next external id, `order-1234` first."""
        self._orders += 1
        return f"order-{self._orders}"

    @property
    def is_test(self) -> bool:
        """Say whether the account's key is a test key (providers/README.md, OnePay)."""
        return self.api_key.startswith("sk_test")

    def enter(self, payment: LabPayment, at: datetime) -> None:
        """Let a finished payment appear: the action behind `add()`."""
        if payment.id in self._births:
            raise ValueError(f"payment {payment.id} is there already")
        self._births[payment.id] = len(self._births)
        self._payments[payment.id] = payment
        self._changed(payment.id)
        if self.provider == "onepay" and payment.is_test and not self.is_test:
            self.truth.record_test(self.source, payment.id)
        self.truth.record(self.source, payment, at)

    def turn(self, payment_id: str, status: str, at: datetime) -> None:
        """Give a payment a status: the action behind `move()`; one that has it stays as it is."""
        payment = self._payments.get(payment_id)
        if payment is None or payment.status == status:
            return
        payment.status = status
        if self.provider == "compago":
            payment.updated_at = at.replace(microsecond=0)
        elif status == "paid" and payment.paid_at is None:
            payment.paid_at = at.replace(microsecond=0)
            payment.network_id = f"prov-{self._births[payment_id]}"
        self._changed(payment_id)
        self.truth.record(self.source, payment, at)

    def _do(self, at: datetime | None, action: Action) -> None:
        with self.lock:
            self.settle()
            now = self.clock.now()
            if at is None:
                at = max(now, self.served_until or now)
            if self.served_until is not None and at < self.served_until:
                raise ValueError("what a reader may have read does not change afterwards")
            if at == self.served_until:
                action(at + timedelta(microseconds=1))  # after what was just read, not before it
            elif at > now:
                self.schedule(at, action)
            else:
                action(at)

    def _changed(self, payment_id: str) -> None:
        self._texts.pop(payment_id, None)
        self._pairs.pop(payment_id, None)
        for listing in self._listings.values():
            listing.note(payment_id)

    def _amend(self, payment_id: str, particulars: Mapping[str, Any], at: datetime) -> None:
        payment = self._payments[payment_id]
        for name, value in particulars.items():
            setattr(payment, name, value)
        if self.provider == "compago":
            payment.updated_at = at.replace(microsecond=0)
        self._changed(payment_id)
        self.truth.record_amendment(self.source, payment, at)

    def _remove(self, payment_id: str, at: datetime) -> None:
        if self._payments.pop(payment_id, None) is not None:
            self._changed(payment_id)
            self.truth.record_removal(self.source, payment_id, at)


def _check_fields(particulars: Mapping[str, Any]) -> None:
    unknown = particulars.keys() - FIELDS | particulars.keys() & {"status"}
    if unknown:
        raise TypeError(f"{sorted(unknown)} cannot be given")
