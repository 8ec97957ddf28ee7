"""Conservation: what a provider says that a list holds, against our own count of it.

A count is compared only when the list's total is the same before and after a poll: then nothing
entered or left while we read. A difference that lasts directs a search, and if that does not
explain it, starts an early reconcile, which anchors the counts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from paywatch.domain.payments import timestamp
from paywatch.domain.stored import date_or_none

# The same difference so many times running is no longer something under way.
LASTING = 2
# However often totals differ, an early reconcile is not begun more often than this.
EARLY_PAUSE = timedelta(hours=6)


@dataclass
class Account:
    """Our count of one list.

    `offset` is what the provider states above `counted` when all is well; None until it is known.
    `off` is the difference that was last found, `times` how often running.
    """

    counted: int = 0
    offset: int | None = None
    off: int = 0
    times: int = 0


@dataclass
class Conservation:
    """The counts of one source by the provider's word, and when an early reconcile may be."""

    accounts: dict[str, Account] = field(default_factory=dict)
    early_after: str = ""

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Conservation:
        """Read what `store` wrote."""
        accounts = {}
        for word, (counted, offset, off, times) in stored.get("accounts", {}).items():
            known = None if offset is None else int(offset)
            accounts[word] = Account(int(counted), known, int(off), int(times))
        return cls(accounts, date_or_none(stored.get("early_after", "")))

    def store(self) -> dict[str, Any]:
        """Write the counts down."""
        accounts = {
            word: [account.counted, account.offset, account.off, account.times]
            for word, account in self.accounts.items()
        }
        return {"accounts": accounts, "early_after": self.early_after}

    def count(self, moves: Iterable[tuple[str | None, str]]) -> None:
        """Take recorded moves into the counts: from which list (None: from nowhere) to which."""
        for before, after in moves:
            if before is not None:
                self._account(before).counted -= 1
            self._account(after).counted += 1

    def difference(self, word: str, stated: int) -> int:
        """Return how many more the provider states than we count; 0 while that is not known."""
        account = self._account(word)
        return 0 if account.offset is None else stated - account.counted - account.offset

    def anchored(self, word: str) -> bool:
        """Whether the count can be compared."""
        return self._account(word).offset is not None

    def compare(self, word: str, stated: int) -> int:
        """Compare with a total that stood still during the poll; return a lasting difference, or 0.

        The first comparison after `release` anchors the count instead.
        """
        account = self._account(word)
        if account.offset is None:
            account.offset = stated - account.counted
        off = self.difference(word, stated)
        # One that grows lasts as well: more was missed meanwhile.
        lasts = off * account.off > 0 and abs(off) >= abs(account.off)
        account.times = account.times + 1 if lasts else int(bool(off))
        account.off = off
        return off if account.times >= LASTING else 0

    def release(self) -> None:
        """Forget the anchors: a reconcile has read everything, so the next totals are right."""
        for account in self.accounts.values():
            account.offset = None

    def may_reconcile_early(self, now: datetime) -> bool:
        """Whether an early reconcile may begin now; if so, the next one has to wait."""
        latest = timestamp(now + EARLY_PAUSE)
        # A later date than any that is ever set comes from a clock that leapt, and is ignored.
        if timestamp(now) < self.early_after <= latest:
            return False
        self.early_after = latest
        return True

    def _account(self, word: str) -> Account:
        return self.accounts.setdefault(word, Account())
