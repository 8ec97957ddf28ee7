"""Stages at the moment before a run: each is prepared once, and then copied for every case."""

from __future__ import annotations

import io
import pickle
from copy import copy
from functools import cache
from threading import Lock, RLock
from typing import Any

from paywatch.providers.http import Transport
from tests.polling import Polling
from tests.simulation.plots import PLOTS
from tests.simulation.stage import Stage

LOCKS: dict[type, Any] = {type(Lock()): Lock, type(RLock()): RLock}


def prepared(plot: str, source: str) -> Stage:
    """Return a stage at the moment before the plot's run, by a process that begins with it."""
    polling: Polling = pickle.loads(_pickled(plot, source))
    return Stage(source, bare=polling)


@cache
def _pickled(plot: str, source: str) -> bytes:
    return state_of(PLOTS[plot].begin(source))


def state_of(stage: Stage) -> bytes:
    """Write down all that a new process over the stage's source, table and topics depends on.

    Two stages of which the same is written are the same; of two that are, the same may not be.
    """
    bare = copy(stage.polling)
    for port in ("payments", "controls", "topic", "alerts", "audience", "watch"):
        setattr(bare, port, getattr(stage.bare, port))
    bare.secret, bare.carried = bare.key_of, _as_it_is
    bare.restart()
    for world in bare.worlds.values():
        world._listings.clear()  # kept for speed, with functions that cannot be copied
    written = io.BytesIO()
    _Pickler(written, pickle.HIGHEST_PROTOCOL).dump(bare)
    return written.getvalue()


def _as_it_is(transport: Transport) -> Transport:
    return transport


class _Pickler(pickle.Pickler):
    """Puts a new lock in the place of each, all of which are open between two runs."""

    def reducer_override(self, obj: Any) -> Any:
        make = LOCKS.get(type(obj))
        return NotImplemented if make is None else (make, ())
