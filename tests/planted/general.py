"""The general proofs, and which bugs of state and of order they catch.

A unit test catches the bug that it was written for. These know of none: they let faults, other
runs and the lists' own motion do what they like, and hold the end to the invariants.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from typing import Any

from tests.planted.trial import Trial, why_no_trial
from tests.planted.witness import CASE

_FILE = "tests/planted/bounded.py"
GENERAL: Mapping[str, str] = {
    "one fault": f"{_FILE}::test_one_fault",
    "two runs": f"{_FILE}::test_two_runs_at_once",
    "episodes": f"{_FILE}::test_random_episodes",
    "combined": f"{_FILE}::test_combined_faults",
    "lists": f"{_FILE}::test_moving_lists",
}

# Bugs of state and of order that these catch.
OF_STATE = (
    "absence-is-a-change",
    "acknowledged-before-published",
    "alert-quiet-before-confirmed",
    "alert-told-before-stored",
    "deadline-does-not-wake",
    "digest-of-what-is-undone",
    "incomplete-walk-concludes",
    "next-version-after-a-refusal",
    "no-reply-is-success",
    "published-before-recorded",
    "settled-leaves-the-index-owing",
    "version-skipped",
)
# Those that none of them catches within its bounds, and what makes good or is missing in them. Of a
# condition of DynamoDB its like in memory was left out as well.
_AWS = "it is in the adapter for AWS, and these proofs run in memory"
_SETTLED = "what a tail lets go of is found when its settled list has its turn"
BY_NONE: Mapping[str, str] = {
    "acknowledgement-drops-the-newer": "the run that recorded the newer change would have to die",
    "digest-before-its-writes": "who dies has moved no mark: its rows are read and told again",
    "digest-of-what-is-unwritten": "the tail, the sweep or a settled list shows it again",
    "digest-without-the-token": "whoever else marks a bucket has taken the epoch before",
    "epochs-begin-again": _AWS,
    "failed-entries-ignored": _AWS,
    "finished-without-the-lease": "the next poll reads again from older cursors",
    "first-page-of-the-index": _AWS,
    "index-read-eventually": _AWS,
    "marked-without-the-lease": "a bucket that is marked too often is only read too often",
    "older-evidence-is-believed": "older rows show an earlier status, and a move back is doubted",
    "older-evidence-is-written": "the rules find it late before it is written",
    "owed-is-not-delivered": "it is published later, and not lost",
    "stale-state-written-again": "it is refused again, and judged anew by the next poll",
    "stamps-sort-wrongly": "what came too late by its stamp comes again in the next epoch",
    "sweep-restarts-for-ever": "an open list fits into a run",
    "tail-forgets-its-gap": _SETTLED,
    "tail-moves-before-its-rows": _SETTLED,
    "tail-stops-at-a-known-id": _SETTLED,
    "two-hold-the-lease": "epochs and the payments' own conditions keep right what both write",
    "version-counted-by-history": "no payment changes more often than its history is long",
    "written-over-another-run": "a bucket that differs is read before its rows are ruled on",
    "wrong-page-direction": "whom a walk misses is asked for by id, or listed by the next one",
}

# All of BY_NONE take twelve minutes: a run tries one in so many, by its seed, so that as many
# seeds in a row try them all.
SHARES = 5

# What an invariant never says: that something raised one of Python's own exceptions.
_OWN = [
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and kind not in (AssertionError, Exception, ExceptionGroup)
]
_RAISED = re.compile(rf"^[\sE]*({'|'.join(_OWN)})(:|$)", re.MULTILINE)


def share(number: int) -> list[str]:
    """Return those of BY_NONE that a run with this seed tries."""
    return sorted(BY_NONE)[number % SHARES :: SHARES]


def caught_at(trial: Trial) -> dict[str, int]:
    """Return the general proofs that catch a bug, with the number of the first case that does."""
    if why_no_trial(trial):
        return {}
    caught = {each["test"]: each[CASE] for each in trial.failed if catches(each)}
    return {name: caught[test] for name, test in GENERAL.items() if test in caught}


def catches(failure: Mapping[str, Any]) -> bool:
    """Whether a general proof failed because of a case in which an invariant did not hold.

    A traceback of a patch that makes no sense is none.
    """
    sound = failure["judged"] and _RAISED.search(failure["text"]) is None
    return bool(failure["when"] == "call" and sound and failure[CASE])
