"""A scenario: a short text file that says what a provider goes through (tests/lab/scenarios)."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from paylab import faults as lab_faults
from paylab.faults import (
    Fault,
    When,
    WrongFault,
    always,
    between,
    both,
    in_bursts,
    in_mid_walk,
    sometimes,
    where,
)
from paylab.population import Size
from paylab.world import Order

MINUTE = timedelta(minutes=1)
SOURCE = re.compile(r"(compago|onepay)(/[a-z0-9-]+)?")
# No number that a file says is larger, and no account has more payments or puts more on a page.
LARGEST, MOST = 10**9, 10_000


class WrongScenario(ValueError):
    """A file that is no scenario; its text says where, and what is expected there."""


@dataclass(frozen=True)
class Account:
    """One account and its payments: how many, how lively, how it lists them.

    `rows` is how many it puts on a page; `live` says that its key is not one for tests.
    """

    source: str
    open: int = 12
    settled: int = 15
    arrivals_per_minute: float = 1.5
    late_moves: float = 0.3
    rows: int = 5
    order: Order = "newest_first"
    by_id: bool = True
    live: bool = False

    @property
    def size(self) -> Size:
        """Return the population."""
        return Size(self.open, self.settled, self.arrivals_per_minute, late_moves=self.late_moves)


@dataclass(frozen=True)
class Spell:
    """A fault of one source, from the minute `begins` until `ends`, and when it fires meanwhile.

    Of `probability`, `bursts` (seconds of each so many seconds), `where` (a text in the request)
    and `mid_walk` (pages but the first) all must agree.
    """

    fault: str
    source: str
    begins: float = 1.0
    ends: float | None = None
    probability: float = 1.0
    bursts: tuple[int, ...] = ()
    where: str = ""
    mid_walk: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def until(self, minutes: float) -> float:
        """Return when it ends in a run of so many minutes: with the run, if nothing is said."""
        return minutes if self.ends is None else self.ends

    def made(self, start: datetime, minutes: float) -> Fault:
        """Make the fault for a run of so many minutes that starts at an instant."""
        ends = self.until(minutes)
        conditions: list[When] = [between(start + self.begins * MINUTE, start + ends * MINUTE)]
        if self.bursts:
            lasting, every = (timedelta(seconds=each) for each in self.bursts)
            conditions.append(in_bursts(lasting, every, start + self.begins * MINUTE))
        if self.where:
            conditions.append(where(self.where))
        if self.mid_walk:
            conditions.append(in_mid_walk())
        if self.probability < 1:
            conditions.append(sometimes(self.probability))
        provider, _, account = self.source.partition("/")
        source = f"{provider}/{account or 'default'}"
        return FAULTS[self.fault](when=both(*conditions), source=source, **self.parameters)


@dataclass(frozen=True)
class Scenario:
    """So many polls, `every` so many minutes, of some accounts under some faults.

    `tells` is for people; `origin` is how a replay is asked for.
    """

    name: str
    tells: str
    seed: int
    polls: int
    accounts: tuple[Account, ...]
    spells: tuple[Spell, ...] = ()
    every: float = 1.0
    origin: str = ""

    @property
    def minutes(self) -> float:
        """Return how long it lasts; then the recovery begins."""
        return self.polls * self.every

    @property
    def replay(self) -> str:
        """Return the command that plays it again."""
        return f".venv/bin/python -m paylab.play {self.origin} --seed {self.seed}"


def _name(fault: type[Fault]) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", fault.__name__).lower()


FAULTS: Mapping[str, type[Fault]] = {
    _name(each): each
    for each in (getattr(lab_faults, name) for name in lab_faults.__all__)
    if isinstance(each, type) and issubclass(each, Fault) and each is not Fault
}


def load(path: Path, seed: int | None = None) -> Scenario:
    """Read a scenario; another seed, another run. Raise WrongScenario if it is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongScenario(f"{path}: cannot be read: {error}") from None
    try:
        return read(tomllib.loads(text), origin=str(path), seed=seed)
    except (tomllib.TOMLDecodeError, WrongScenario) as error:
        raise WrongScenario(f"{path}: {error}") from None


def read(said: Mapping[str, Any], *, origin: str = "", seed: int | None = None) -> Scenario:
    """Read a scenario that a file says; raise WrongScenario."""
    accounts = _tables(said, "accounts", _account)
    spells = _tables(said, "faults", _spell)
    rest = {key: value for key, value in said.items() if key not in ("accounts", "faults")}
    rest |= {} if seed is None else {"seed": seed}
    scenario: Scenario = _made(
        Scenario, rest, "the file", accounts=accounts, spells=spells, origin=origin
    )
    _check(scenario)
    return scenario


def _tables(said: Mapping[str, Any], name: str, make: Callable[[Any, str], Any]) -> tuple[Any, ...]:
    found = said.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise WrongScenario(f"{name} are tables: each begins with [[{name}]]")
    return tuple(make(table, f"[[{name}]] {n}") for n, table in enumerate(found, 1))


def _account(table: Mapping[str, Any], at: str) -> Account:
    account: Account = _made(Account, table, at)
    return replace(account, source=_short(account.source))


def _short(source: str) -> str:
    """Return a source by its one name: that of a provider's default account is the provider's."""
    return source.removesuffix("/default")


def _spell(table: Mapping[str, Any], at: str) -> Spell:
    name = table.get("fault")
    if not isinstance(name, str) or name not in FAULTS:
        raise WrongScenario(f"{at}: there is no fault {name!r}; there are {', '.join(FAULTS)}")
    own = {each.name for each in fields(Spell)} - {"parameters"}
    rest = {key: value for key, value in table.items() if key not in own}
    parameters = _values(FAULTS[name], rest, f"{at} ({name})", leave_out=("when", "source"))
    try:
        FAULTS[name](when=always(), **parameters)
    except WrongFault as error:
        raise WrongScenario(f"{at} ({name}): {error}") from None
    mine = {key: value for key, value in table.items() if key in own}
    spell: Spell = _made(Spell, mine, f"{at} ({name})", parameters=parameters)
    return replace(spell, source=_short(spell.source))


def _made(kind: Any, said: Mapping[str, Any], at: str, **given: Any) -> Any:
    values = _values(kind, said, at, leave_out=tuple(given))
    for each in fields(kind):
        needed = each.default is MISSING and each.default_factory is MISSING
        if needed and each.name not in values | given:
            raise WrongScenario(f"{at}: {each.name} is missing")
    return kind(**values, **given)


def _values(
    kind: Any, said: Mapping[str, Any], at: str, leave_out: Sequence[str]
) -> dict[str, Any]:
    hints = get_type_hints(kind)
    # What a fault keeps for itself is not compared, and not said in a file.
    known = [each.name for each in fields(kind) if each.compare and each.name not in leave_out]
    values = {}
    for name, value in said.items():
        if name not in known:
            what = f"{', '.join(known)} do" if known else "it has nothing of its own to be said"
            raise WrongScenario(f"{at}: {name!r} means nothing here; {what}")
        values[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(values[name], hints[name]):
            raise WrongScenario(f"{at}: {name} = {value!r} is not {_words(hints[name])}")
        if not _bounded(values[name]):
            raise WrongScenario(f"{at}: {name} = {value!r} is too large, or no number at all")
    return values


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_fits(v, get_args(hint)[0]) for v in value)
    if get_args(hint):
        return any(_fits(value, each) for each in get_args(hint) if each is not NoneType)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _bounded(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_bounded, value))
    return not isinstance(value, int | float) or abs(value) <= LARGEST


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if get_origin(hint) is tuple:
        return f"a list, each of it {_words(get_args(hint)[0])}"
    if get_args(hint):
        return _words(get_args(hint)[0])
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[hint]


def _check(scenario: Scenario) -> None:
    """Refuse what makes no sense as a whole."""
    by_source = {account.source: account for account in scenario.accounts}
    if not by_source or len(by_source) < len(scenario.accounts):
        raise WrongScenario("[[accounts]]: at least one, and each source once")
    if not 1 <= scenario.polls <= 1000 or not 1 <= scenario.every <= 60:
        raise WrongScenario("polls are from 1 to 1000, and every from 1 to 60 minutes")
    for n, account in enumerate(scenario.accounts, 1):
        if not SOURCE.fullmatch(account.source):
            raise WrongScenario(f"[[accounts]] {n}: {account.source!r} is no source of the lab's")
        numbers = (account.open, account.settled, account.rows - 1)
        if min(numbers) < 0 or max(numbers) > MOST:
            raise WrongScenario(
                f"[[accounts]] {n}: payments or rows are too few, or above {MOST:,}"
            )
        if not 0 <= account.arrivals_per_minute <= 1000 or not 0 <= account.late_moves <= 1:
            raise WrongScenario(
                f"[[accounts]] {n}: arrivals_per_minute are from 0 to 1000, late_moves from 0 to 1"
            )
    for n, spell in enumerate(scenario.spells, 1):
        at = f"[[faults]] {n} ({spell.fault})"
        if spell.source not in by_source:
            raise WrongScenario(f"{at}: {spell.source!r} is none of the accounts")
        if not 0 <= spell.begins < spell.until(scenario.minutes):
            raise WrongScenario(f"{at}: it ends before it begins")
        if spell.until(scenario.minutes) > scenario.minutes:
            raise WrongScenario(f"{at}: it ends after the {scenario.minutes:g} minutes of the run")
        if not 0 < spell.probability <= 1:
            raise WrongScenario(f"{at}: probability = {spell.probability} is not above 0, up to 1")
        if spell.bursts and (len(spell.bursts) != 2 or not 0 < spell.bursts[0] <= spell.bursts[1]):
            raise WrongScenario(f"{at}: bursts are two numbers of seconds: how long, how often")
        account = by_source[spell.source]
        if spell.fault == "stray_tests" and not (account.live and spell.source[0] == "o"):
            raise WrongScenario(f"{at}: only a live account of onepay's can have stray tests")
