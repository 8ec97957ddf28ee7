"""A run that forks at every call to AWS: each child goes on with one fault at that call.

A child shares its past with the run that has no fault, so every case begins in exactly the state
that the calls before it have left, and costs only what comes after it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import warnings
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from botocore.exceptions import EndpointConnectionError

from tests.cores import free_cores
from tests.faults.witness import Done, spared
from tests.gates import Fault, Killed
from tests.integration.aws_line import Call, Send
from tests.integration.on_aws import OnAws

# Seconds after which a case hangs: of the processor's time, which another that is busy beside it
# does not take away, and by the clock on the wall, for one that waits for ever.
LONGEST_CASE, LONGEST_WAIT = 120, 3600

ERRORS = {
    "dynamodb": ("InternalServerError", "ProvisionedThroughputExceededException"),
    "sns": ("InternalError", "Throttled"),
    "secretsmanager": ("InternalServiceError", "ThrottlingException"),
}


# What AWS can do to a call; an answer that comes too late is an error to its client. A death before
# a write leaves what a death after the one before it leaves.
FAULTS = (Fault.DEATH_AFTER, Fault.ERROR_BEFORE, Fault.ERROR_AFTER)
PUBLICATIONS = ("PublishBatch", "Publish")


def fits(fault: Fault, call: Call) -> bool:
    """Whether it makes a case of its own: a read has no effect before which an error could come, or
    which a death could keep.
    """
    return call.writes or fault is Fault.ERROR_BEFORE


@dataclass(frozen=True)
class Case:
    """One fault at one call: what the run did, and what did not hold afterwards.

    `spared` are the sources that the fault is no matter of, in the run of that `tick`.
    """

    number: int
    tick: int
    operation: str
    fault: str
    spared: list[str]
    duplicates: int
    findings: list[str]
    done: dict[str, Any]


# Where a case is struck: its first five fields.
Place = tuple[int, int, str, str, list[str]]


@dataclass
class Share:
    """A share of the faults: one in so many of each kind at each kind of call, from `first` on.

    All are taken of the faults and at the operations that are in `whole`.
    """

    every: int = 1
    first: int = 0
    whole: Collection[Fault | str] = ()
    _met: Counter[tuple[Fault, str]] = field(default_factory=Counter)

    def takes(self, fault: Fault, call: Call) -> bool:
        """Say whether this one, which comes next, is one of them."""
        number = self._met[fault, call.kind]
        self._met[fault, call.kind] += 1
        whole = fault in self.whole or call.operation in self.whole
        return whole or number % self.every == self.first % self.every


class Crossroads:
    """The line's carrier: `open` while it forks; in a child, `struck` from the fault on.

    `calls` are those that came by while it was open. Of the faults that fit, those strike that
    `share` takes.
    """

    def __init__(
        self,
        stage: OnAws,
        faults: Sequence[Fault],
        share: Share | None = None,
        at_once: int | None = None,
    ) -> None:
        self._stage = stage
        self._faults = faults
        self._share = share or Share()
        self._at_once = at_once or free_cores()
        self._children: list[tuple[int, int, Place]] = []
        self._cases: list[Case] = []
        self._report_to: int | None = None
        self._mine: Place | None = None
        self._dead = False
        self.calls: list[Call] = []
        self.open = False
        stage.line.carry = self._carry

    @property
    def struck(self) -> bool:
        """Whether this is a child, whose fault has come."""
        return self._mine is not None

    def restart(self) -> None:
        """The process is replaced by another, which may make calls."""
        self._dead = False

    def arrive(self, duplicates: int, findings: list[str], done: Done | None) -> list[Case]:
        """End a child with its case; in the run without faults, return those of all children."""
        if self._mine is not None and self._report_to is not None:
            case = Case(*self._mine, duplicates, findings, asdict(done) if done else {})
            os.write(self._report_to, json.dumps(asdict(case)).encode())
            os._exit(0)
        while self._children:
            self._wait()
        return self._cases

    def _carry(self, call: Call, send: Send) -> Any:
        if self._dead:
            raise AssertionError("a dead process makes no calls")
        if self.open:
            self.calls.append(call)
        for fault in self._faults if self.open else ():
            if fits(fault, call) and self._share.takes(fault, call) and self._fork(call, fault):
                return self._strike(fault, call, send)
        return send()

    def _strike(self, fault: Fault, call: Call, send: Send) -> Any:
        if fault in (Fault.DEATH_AFTER, Fault.ERROR_AFTER):
            with suppress(call.client.exceptions.ClientError):
                send()  # a condition that does not hold is an effect too: none
        if fault in (Fault.ERROR_BEFORE, Fault.ERROR_AFTER):
            raise _error(call, len(self.calls))
        self._dead = True
        raise Killed

    def _fork(self, call: Call, fault: Fault) -> bool:
        """Let a child begin; whether this is it."""
        while len(self._children) >= self._at_once:
            self._wait()
        # A death is everybody's matter.
        others = spared(call, self._stage) if fault is not Fault.DEATH_AFTER else []
        place = len(self.calls), len(self._stage.ticks), call.kind, fault.value, others
        read, write = os.pipe()
        with warnings.catch_warnings():
            # Threads that earlier tests left asleep are no matter to a child that needs none.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child:
            os.close(write)
            self._children.append((child, read, place))
            return False
        gc.disable()  # it would touch, and so copy, all that is shared with the parent
        _end_in_time()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        self.open, self._children = False, []
        self._report_to = write
        self._mine = place
        return True

    def _wait(self) -> None:
        """Wait for the child that began first."""
        child, read, place = self._children.pop(0)
        with os.fdopen(read, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        if told:
            self._cases.append(Case(**json.loads(told)))
            return
        code = os.waitstatus_to_exitcode(status)
        why = _TIMES.get(-code, f"it told nothing, and ended with {code}")
        self._cases.append(Case(*place, 0, [why], {}))


_TIMES: dict[int, str] = {
    signal.SIGPROF: f"no end within {LONGEST_CASE} seconds of the processor's time",
    signal.SIGALRM: f"no end within {LONGEST_WAIT} seconds: it waits for ever",
}


def _end_in_time() -> None:
    """Let this process end by a signal where it comes to no end by itself."""
    for each in _TIMES:
        signal.signal(each, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_CASE)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_WAIT)


def _error(call: Call, number: int) -> Exception:
    """Make an error reply, or a fault of the connection, in turn."""
    service = call.client.meta.service_model.service_name
    codes = ERRORS[service]
    if number % 3 == 2:
        return EndpointConnectionError(endpoint_url=f"https://{service}.test")
    code = codes[number % 3]
    error: type[Exception] = call.client.exceptions.from_code(code)
    told = {"Error": {"Code": code, "Message": "try again"}, "ResponseMetadata": {}}
    return error(told, call.operation)
