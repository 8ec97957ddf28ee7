"""Makes the same requests of moto and of ministack, and allows the differences that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from tests.contract import stack
from tests.contract.answers import Answer, ask
from tests.contract.comparing import Walked
from tests.contract.differences import DIFFERENCES
from tests.contract.differing import Difference, explained
from tests.contract.requests import Request, request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

STEPS = 60

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

    def walk(self, seed: int) -> Walked:
        """End where a known difference leaves the tables different: no more can be compared."""
        random = Random(f"requests {seed}")
        walked = Walked("requests", seed)
        with self._tables() as table:
            for _ in range(STEPS):
                asked = request(random)
                walked.done.append(asked)
                moto, ministack = self._ask(table, asked)
                walked.calls += 2 if asked.writes else 1
                differences = explained(self._known, asked, moto, ministack)
                if differences is None:
                    walked.parted = _parted(asked, moto, ministack)
                    return walked
                walked.known.update(difference.name for difference in differences)
                if moto.after != ministack.after:
                    break
        return walked

    def again(self, operations: Sequence[Request]) -> str:
        """Return "" also where the tables became different in a known way."""
        with self._tables() as table:
            for asked in operations:
                moto, ministack = self._ask(table, asked)
                if explained(self._known, asked, moto, ministack) is None:
                    return _parted(asked, moto, ministack)
                if moto.after != ministack.after:
                    break
        return ""

    def _ask(self, table: str, asked: Request) -> tuple[Answer, Answer]:
        return ask(self._moto, table, asked), ask(self._ministack, table, asked)

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
