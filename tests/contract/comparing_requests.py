"""Makes the same requests of moto and of ministack, and allows the differences that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from tests.contract import stack
from tests.contract.answers import Answer, ask, items, written_out
from tests.contract.comparing import Walked
from tests.contract.differences import DIFFERENCES
from tests.contract.differing import FAILED, Difference, explained
from tests.contract.excuses import held
from tests.contract.parts import Item, is_of
from tests.contract.requests import Request, request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

STEPS = 60
# After so many requests at most, and at the end, whole tables are compared.
LOOKED = 10
# Anything else may have been refused when a part of it was done.
HARMLESS = ("", FAILED)

_numbers = count()


class RequestsComparison:
    """Two emulators of DynamoDB (comparing.Comparison)."""

    def __init__(
        self,
        moto: DynamoDBClient,
        ministack: DynamoDBClient,
        known: Sequence[Difference] = DIFFERENCES,
    ) -> None:
        self._moto = moto
        self._ministack = ministack
        self._known = known
        self._mended = [each for each in known if each.mending is not None]
        self._rephrasing = [each for each in known if each.rephrasing is not None]

    def walk(self, seed: int) -> Walked:
        """Compare every answer, and the tables where that says too little, and now and then.

        What only the tables show may come from an earlier request: all are made again, with the
        tables compared after each.
        """
        random = Random(f"requests {seed}")
        walked = Walked("requests", seed)
        with self._tables() as table:
            for step in range(1, STEPS + 1):
                asked = request(random)
                walked.done.append(asked)
                walked.drawn += 1
                own = self._own(table, asked)
                moto, ministack = self._ask(table, asked, look=False)
                seen = explained(self._mended, asked, moto, ministack)
                if seen is not None and moto.code in HARMLESS and step % LOOKED:
                    walked.known.update(difference.name for difference in seen)
                    continue
                walked.tables += 1
                moto = replace(moto, after=items(self._moto, table))
                ministack = replace(ministack, after=items(self._ministack, table))
                differences = self.explain(asked, moto, ministack, own)
                if differences is None:
                    walked.parted = self.again(walked.done) or _parted(asked, moto, ministack)
                    return walked
                walked.known.update(difference.name for difference in differences)
                self._make_alike(table, moto, ministack)
        return walked

    def again(self, operations: Sequence[Request]) -> str:
        """Compare the tables after every request."""
        with self._tables() as table:
            for asked in operations:
                own = self._own(table, asked)
                moto, ministack = self._ask(table, asked)
                if self.explain(asked, moto, ministack, own) is None:
                    return _parted(asked, moto, ministack)
                self._make_alike(table, moto, ministack)
        return ""

    def explain(
        self,
        asked: Request,
        moto: Answer,
        ministack: Answer,
        own: Sequence[Item] | None = None,
    ) -> list[Difference] | None:
        """Return the known differences that explain why the answers are not alike (`explained`).

        Where some may, moto is asked in other words, of what the table held before: what whoever
        refused has left as it was, but for the request's `own` item, if that was read before.
        """
        before = held(asked, moto, ministack)
        if own is not None:
            before = [*(item for item in before if not is_of(asked, item)), *own]
        return self._explain(self._rephrasing, before, asked, moto, ministack)

    def _explain(
        self,
        rephrasing: Sequence[Difference],
        before: Sequence[Item],
        asked: Request,
        moto: Answer,
        ministack: Answer,
    ) -> list[Difference] | None:
        found = explained(self._known, asked, moto, ministack)
        if found is not None:
            return found
        for each in rephrasing:
            if each.rephrasing is None or not each.said_by(moto, ministack):
                continue
            other = each.rephrasing(asked, before)
            if other is not None:
                others = [left for left in rephrasing if left is not each]
                answer = self._asked_of(before, other)
                rest = self._explain(others, before, other, answer, ministack)
                if rest is not None:
                    return [each, *rest]
        return None

    def _make_alike(self, table: str, moto: Answer, ministack: Answer) -> None:
        """Delete what a known difference has left different."""
        for item in (*moto.after, *ministack.after):
            if item not in moto.after or item not in ministack.after:
                key = {name: item[name] for name in ("pk", "sk")}
                self._moto.delete_item(TableName=table, Key=key)
                self._ministack.delete_item(TableName=table, Key=key)

    def _asked_of(self, before: Sequence[Any], asked: Request) -> Answer:
        """Ask moto, with these items in the table."""
        with own_table(self._moto) as table:
            for item in before:
                put = Request("put_item", {"Item": written_out(item)})
                if (answer := ask(self._moto, table, put, look=False)).refusal:
                    return answer
            return ask(self._moto, table, asked)

    def _own(self, table: str, asked: Request) -> Sequence[Item] | None:
        """Read what is to be updated: of what moto refuses, or breaks at, it may do a part."""
        if asked.operation != "update_item":
            return None
        key = {"Key": asked.params["Key"], "ConsistentRead": True}
        found = ask(self._moto, table, Request("get_item", key), look=False)
        if found.refusal:
            return None
        return [found.content["Item"]] if "Item" in found.content else []

    def _ask(self, table: str, asked: Request, *, look: bool = True) -> tuple[Answer, Answer]:
        clients = self._moto, self._ministack
        moto, ministack = (ask(client, table, asked, look=look) for client in clients)
        return moto, ministack

    @contextmanager
    def _tables(self) -> Iterator[str]:
        with own_table(self._moto) as table, own_table(self._ministack, table):
            yield table


@contextmanager
def own_table(client: DynamoDBClient, name: str = "") -> Iterator[str]:
    """Make a table, and leave nothing behind."""
    table = stack.create_table(client, name or f"requests-{stack.PROCESS}-{next(_numbers)}")
    try:
        yield table
    finally:
        client.delete_table(TableName=table)


def _parted(asked: Request, moto: Answer, ministack: Answer) -> str:
    return "\n".join(
        [
            f"{asked.operation} is answered",
            *(
                f"  {name}: {answer.refusal or answer.content!r}, and it holds {answer.after!r}"
                for name, answer in (("moto", moto), ("ministack", ministack))
            ),
        ]
    )
