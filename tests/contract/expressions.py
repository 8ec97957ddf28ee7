"""Random expressions for a table, of the kinds that paywatch uses and a little beyond.

What an emulator does with an expression is believed by every other test, so these go where it may
be wrong: paths that overlap, types that do not fit, keys that are updated, names and values that
are missing or left over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Value = dict[str, Any]

TEXTS = ("", "a", "b", "ab", "ñ", "Z", "2026-03-01T12:00:00.000000Z", "1970-01-01T00:00:00Z")
NUMBERS = ("0", "1", "2", "-1", "10", "1.0", "0.1", "1E+2", "12345678901234567890")
# Which type each attribute has when it is what paywatch writes.
ATTRIBUTES: Mapping[str, str] = {
    "status": "S",
    "seen": "S",
    "lease_until": "S",
    "watched": "S",
    "version": "N",
    "published": "N",
    "epoch": "N",
    "outbox": "M",
    "buckets": "M",
    "history": "L",
    "tags": "SS",
}
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


class Expressions:
    """The expressions of one request, with the names and values that they speak of."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._targets: set[str] = set()
        self.names: dict[str, str] = {}
        self.values: dict[str, Value] = {}

    def name(self, attribute: str) -> str:
        """Name an attribute, mostly by a placeholder."""
        if self._random.random() < 0.05 and attribute.isalpha():
            return attribute
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, value: Value) -> str:
        """Name a value."""
        name = f":v{len(self.values)}"
        self.values[name] = value
        return name

    def path(self, kinds: str = "S N M L SS", *, keys: bool = True) -> str:
        """Name some place in an item: an attribute, or something in a map or a list."""
        random = self._random
        attribute = random.choice(
            [name for name in ATTRIBUTES if ATTRIBUTES[name] in kinds.split()]
        )
        if keys and random.random() < 0.02:
            attribute = random.choice(["pk", "sk"])
        return self._inside(attribute)

    def target(self, kinds: str) -> str:
        """Name what is updated: mostly something that the request does not update already."""
        wanted = [name for name in ATTRIBUTES if ATTRIBUTES[name] in kinds.split()]
        free = [name for name in wanted if name not in self._targets]
        if not free or self._random.random() < 0.01:
            free = [*wanted, "pk"]
        attribute = self._random.choice(free)
        self._targets.add(attribute)
        return self._inside(attribute)

    def _inside(self, attribute: str) -> str:
        random = self._random
        path, kind = self.name(attribute), ATTRIBUTES.get(attribute)
        if kind == "M" and random.random() < 0.6:
            path += "." + self.name(random.choice(["a", "b", "1"]))
        elif kind == "L" and random.random() < 0.5:
            path += f"[{random.choice([0, 0, 1, 3])}]"
        return path

    def condition(self, depth: int = 2) -> str:
        """Make a condition, of other conditions down to a depth."""
        random = self._random
        if depth and random.random() < 0.5:
            form = random.choice(["{} AND {}", "{} OR {}", "NOT {}", "({})", "({} OR {}) AND {}"])
            return form.format(*(self.condition(depth - 1) for _ in range(form.count("{}"))))
        return random.choice(_CONDITIONS)(self, random)

    def update(self) -> str:
        """Make an update: some of SET, REMOVE, ADD and DELETE, each with one to three clauses."""
        random = self._random
        words = [word for word in _UPDATES if random.random() < (0.9 if word == "SET" else 0.3)]
        random.shuffle(words)
        parts = []
        for word in words or ["REMOVE"]:
            clauses = [_UPDATES[word](self, random) for _ in range(random.choice([1, 1, 2, 3]))]
            parts.append(f"{word} {', '.join(clauses)}")
        return " ".join(parts)

    def mentioned(self) -> dict[str, Any]:
        """Return names and values as a request's parameters, now and then one too many or few."""
        random = self._random
        if random.random() < 0.01:
            self.names[random.choice(["#unused", "#b"])] = "b"
        if random.random() < 0.01:
            self.values[random.choice([":unused", ":v"])] = {"S": "unused"}
        if self.values and random.random() < 0.01:
            del self.values[random.choice(list(self.values))]
        told: dict[str, Any] = {}
        if self.names:
            told["ExpressionAttributeNames"] = self.names
        if self.values:
            told["ExpressionAttributeValues"] = self.values
        return told


def value(random: Random, kind: str, depth: int = 1) -> Value:
    """Make a value of a type."""
    if kind == "S":
        return {"S": random.choice(TEXTS)}
    if kind == "N":
        return {"N": random.choice(NUMBERS)}
    if kind == "SS":
        return {"SS": random.sample(TEXTS, random.choice([1, 2, 3]))}
    inner = [value(random, random.choice("SN"), depth) for _ in range(random.choice([0, 1, 2]))]
    if kind == "L":
        return {"L": inner}
    if kind == "M":
        return {"M": dict(zip("ab", inner, strict=False))}
    return {"BOOL": random.choice([True, False])} if kind == "BOOL" else {"NULL": True}


def any_value(random: Random, kind: str = "") -> Value:
    """Make a value, mostly of the type that is expected."""
    if kind and random.random() < 0.97:
        return value(random, kind)
    return value(random, random.choice(["S", "N", "M", "L", "SS", "BOOL", "NULL"]))


def _kind(path: str) -> str:
    """Return the type that paywatch writes at a path; "" where it is none for sure."""
    return ATTRIBUTES.get(path.lstrip("#"), "")


def _compared(each: Expressions, random: Random) -> str:
    sign = random.choice(COMPARISONS)
    if sign in ("=", "<>"):
        path = each.path()
        return f"{path} {sign} {each.value(any_value(random, _kind(path)))}"
    kind = random.choice("SN")
    return f"{each.path(kind)} {sign} {each.value(value(random, kind))}"


def _compared_with_another(each: Expressions, random: Random) -> str:
    kind = random.choice("SN")
    return f"{each.path(kind)} {random.choice(COMPARISONS)} {each.path(kind)}"


def _between(each: Expressions, random: Random) -> str:
    path = each.path("S N", keys=False)
    kind = _kind(path)
    bounds = [
        {kind: text} for text in sorted(random.sample(_BOUNDS[kind], 2), key=_BOUNDS[kind].index)
    ]
    if random.random() < 0.03:
        bounds.reverse()
    low, high = map(each.value, bounds)
    return f"{path} BETWEEN {low} AND {high}"


def _among(each: Expressions, random: Random) -> str:
    path = each.path()
    listed = [each.value(any_value(random, _kind(path))) for _ in range(random.choice([1, 2]))]
    return f"{path} IN ({', '.join(listed)})"


def _type(random: Random) -> Value:
    return {"S": random.choice(["S", "N", "M", "SS", "X"])}


_BOUNDS = {"S": sorted(TEXTS), "N": ["-1", "0", "1", "2", "10"]}

_CONDITIONS: tuple[Callable[[Expressions, Random], str], ...] = (
    _compared,
    _compared,
    _compared,
    _between,
    _among,
    lambda each, random: f"attribute_not_exists({each.path()})",
    lambda each, random: f"attribute_exists({each.path()})",
    lambda each, random: f"attribute_type({each.path()}, {each.value(_type(random))})",
    lambda each, random: f"begins_with({each.path('S N')}, {each.value(value(random, 'S'))})",
    lambda each, random: f"contains({each.path('S SS L')}, {each.value(any_value(random, 'S'))})",
    lambda each, random: (
        f"size({each.path()}) {random.choice(COMPARISONS)} {each.value(value(random, 'N'))}"
    ),
    _compared_with_another,
)


def _set(each: Expressions, random: Random) -> str:
    path = each.target("S N M L SS")
    kind = _kind(path)
    forms = ["{0} = {1}", "{0} = if_not_exists({0}, {1})"]
    if kind == "N":
        forms = ["{0} = {1}", "{0} = {0} + {1}", "{0} = {0} - {1}"]
        forms.append("{0} = if_not_exists({0}, {1}) + {1}")
    elif kind == "L":
        forms = ["{0} = {1}", "{0} = list_append({0}, {1})", "{0} = list_append({1}, {0})"]
    if random.random() < 0.1:
        forms = [f"{{0}} = if_not_exists({each.path(kind or 'S')}, {{1}})"]
    # A type that an attribute does not have is for conditions, and for sums.
    form = random.choice(forms)
    given = value(random, kind) if kind and " + " not in form else any_value(random, kind)
    return form.format(path, each.value(given))


def _add(each: Expressions, random: Random) -> str:
    path = each.target("N SS")
    return f"{path} {each.value(any_value(random, _kind(path)))}"


_UPDATES: Mapping[str, Callable[[Expressions, Random], str]] = {
    "SET": _set,
    "REMOVE": lambda each, random: each.target("S N M L SS"),
    "ADD": _add,
    "DELETE": lambda each, random: f"{each.target('SS')} {each.value(any_value(random, 'SS'))}",
}
