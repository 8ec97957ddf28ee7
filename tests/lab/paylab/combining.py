"""Scenarios that nobody wrote: two to four faults out of all, at times and in forms by a seed."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from paylab.scenario import FAULTS, Account, Scenario, Spell
from paylab.world import Order

COMBINED = "--combined"
POLLS = (5, 8)

# The forms in which a fault comes, apart from its own defaults.
FORMS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "too_many_requests": (
        {"form": "none"},
        {"form": "date", "retry_after": 5},
        {"retry_after": 90},
    ),
    "server_error": ({"statuses": (500,)}, {"statuses": (503, 504)}),
    "redirected_away": ({"location": "//elsewhere.invalid/taken"}, {"location": "/taken"}),
    "slow": ({"seconds": 3.0}, {"seconds": 12.0}),
    # A real network ends a wait at the poll's end; in process a piece that is waited for comes: its
    # pause is shorter than what a poll keeps free, or the next poll of everybody would be late.
    "dripping": ({"pieces": 4, "seconds": 1.0}, {"pieces": 50, "seconds": 3.5}),
    "malformed": tuple({"forms": (form,)} for form in ("truncated", "html", "content_type")),
    "lagging": ({"seconds": 30.0}, {"seconds": 300.0}, {"seconds": 7200.0}),
    "false_totals": ({"add": 7}, {"add": -3}, {"factor": 0.0}, {"factor": 1000.0}),
    "duplicated": ({"rows": 1}, {"rows": 5}),
    "misshapen": ({"share": 1.0}, {"share": 0.1}),
    "nested": ({"deep": 1}, {"deep": 300}),
    "drifting": ({"arrivals": 2, "leaving": 0}, {"arrivals": 0, "leaving": 2}),
    "tied": ({"payments": 12},),
    "unknown_status": ({"word": "refund_pending"}, {"word": "REFUNDED", "payments": 4}),
}
# What is harder to bear if it happens at every request is as hard to bear now and then.
PROBABILITIES = (1.0, 1.0, 0.5, 0.2)
ORDERS: tuple[Order, ...] = ("newest_first", "oldest_first", "none")


def combined(seed: int) -> Scenario:
    """Return the scenario of a seed."""
    rng = random.Random(f"combined/{seed}")
    polls = rng.randint(*POLLS)
    accounts = [_account(source, rng) for source in ("compago", "onepay")]
    hit = rng.choice((accounts[:1], accounts[1:], accounts[1:], accounts))
    spells = [_spell(name, rng.choice(hit), polls, rng) for name in _picked(hit, rng)]
    names = ", ".join(f"{spell.fault} at {spell.source}" for spell in spells)
    return Scenario(
        name=f"combined {seed}",
        tells=names,
        seed=seed,
        polls=polls,
        accounts=tuple(accounts),
        spells=tuple(spells),
        origin=COMBINED,
    )


def _account(source: str, rng: random.Random) -> Account:
    return Account(
        source,
        open=rng.randint(4, 14),
        settled=rng.randint(4, 14),
        arrivals_per_minute=rng.choice((0.5, 1.5, 3.0)),
        rows=rng.choice((3, 5, 20)),
        order=rng.choice(ORDERS),
        by_id=rng.random() < 0.7,
        live=rng.random() < 0.5,
    )


def _picked(hit: Sequence[Account], rng: random.Random) -> list[str]:
    able = any(account.live and account.source == "onepay" for account in hit)
    names = [name for name in FAULTS if name != "stray_tests" or able]
    return rng.sample(names, rng.randint(2, 4))


def _spell(name: str, account: Account, polls: int, rng: random.Random) -> Spell:
    begins = rng.uniform(0, polls - 1)
    return Spell(
        fault=name,
        source="onepay" if name == "stray_tests" else account.source,
        begins=begins,
        ends=rng.uniform(begins, polls),
        probability=rng.choice(PROBABILITIES),
        bursts=rng.choice(((), (), (40, 90))),
        where=rng.choice(("", "", "", "status", "page=1")),
        mid_walk=rng.random() < 0.15,
        parameters=rng.choice(({}, *FORMS.get(name, ()))),
    )
