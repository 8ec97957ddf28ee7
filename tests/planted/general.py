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
    "published-before-recorded",
    "settled-leaves-the-index-owing",
    "version-skipped",
)
# Those that none of them caught within its bounds, and what makes good or is missing in them. Of a
# condition of DynamoDB its like in memory was left out as well.
_AWS = "only AWS answers so, and these proofs run in memory"
_SETTLED = "what a tail lets go of is found when its settled list has its turn"
BY_NONE: Mapping[str, str] = {
    "acknowledgement-drops-the-newer": "the run that recorded the newer change would have to die",
    "digest-before-its-writes": "its bucket always differs by another payment too",
    "digest-of-what-is-unwritten": "the tail, the sweep or a settled list shows it again",
    "digest-without-the-token": "whoever else marks a bucket has taken the epoch before",
    "epochs-begin-again": "no control item is lost in them",
    "failed-entries-ignored": _AWS,
    "finished-without-the-lease": "the next poll reads again from older cursors",
    "first-page-of-the-index": _AWS,
    "incomplete-walk-concludes": "who was not listed is asked for, and not believed to be gone",
    "index-read-eventually": _AWS,
    "marked-without-the-lease": "a bucket that is marked too often is only read too often",
    "next-version-after-a-refusal": "a topic refuses all messages in them, or none",
    "no-reply-is-success": "a topic answers for all messages in them, or for none",
    "older-evidence-is-believed": "older rows show an earlier status, and a move back is doubted",
    "older-evidence-is-written": "the rules find it late before it is written",
    "owed-is-not-delivered": "it is published later, and not lost",
    "stale-state-written-again": "it is refused again, and judged anew by the next poll",
    "stamps-sort-wrongly": "no payment is read twice in a run, the second time otherwise",
    "sweep-restarts-for-ever": "an open list fits into a run",
    "tail-forgets-its-gap": _SETTLED,
    "tail-moves-before-its-rows": _SETTLED,
    "tail-stops-at-a-known-id": _SETTLED,
    "two-hold-the-lease": "epochs and the payments' own conditions keep right what both write",
    "version-counted-by-history": "no payment changes more often than its history is long",
    "written-over-another-run": "no payment moves twice, once before each of two runs reads it",
    "wrong-page-direction": "whom a walk misses is asked for by id, or listed by the next one",
}

# What an invariant never says: that something raised one of Python's own exceptions.
_OWN = [
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and kind not in (AssertionError, Exception, ExceptionGroup)
]
_RAISED = re.compile(rf"^[\sE]*({'|'.join(_OWN)})(:|$)", re.MULTILINE)


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
