"""Everything that can go wrong at a provider, by name (fault.py: what a fault is)."""

from paylab.faults.accounts import Drifting, KeyTurned, StrayTests, Tied, UnknownStatus
from paylab.faults.bodies import Bomb, CutOff, Dripping, Malformed, Oversized, Slow
from paylab.faults.fault import Fault, Leaves, WrongFault
from paylab.faults.lists import Emptied, FalseTotals, Frozen, FrozenTotals, Lagging
from paylab.faults.refusals import RedirectedAway, ServerError, TooManyRequests, Unauthorized
from paylab.faults.rows import Duplicated, Misshapen, Nested, OutOfOrder, Respelled, Wrapped
from paylab.faults.whens import (
    Asked,
    When,
    always,
    at_requests,
    between,
    both,
    in_bursts,
    in_mid_walk,
    sometimes,
    where,
)

__all__ = [
    "Asked",
    "Bomb",
    "CutOff",
    "Drifting",
    "Dripping",
    "Duplicated",
    "Emptied",
    "FalseTotals",
    "Fault",
    "Frozen",
    "FrozenTotals",
    "KeyTurned",
    "Lagging",
    "Leaves",
    "Malformed",
    "Misshapen",
    "Nested",
    "OutOfOrder",
    "Oversized",
    "RedirectedAway",
    "Respelled",
    "ServerError",
    "Slow",
    "StrayTests",
    "Tied",
    "TooManyRequests",
    "Unauthorized",
    "UnknownStatus",
    "When",
    "Wrapped",
    "WrongFault",
    "always",
    "at_requests",
    "between",
    "both",
    "in_bursts",
    "in_mid_walk",
    "sometimes",
    "where",
]
