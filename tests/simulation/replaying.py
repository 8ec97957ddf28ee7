"""One case of a proof, played again by the command that a failing proof prints."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

HOLDS, FOUND, WRONG = 0, 1, 2


class Unplayable(ValueError):
    """What cannot be played, or a fault that never struck; its text says why.

    Nothing is known of what holds then.
    """


def command(module: str, said: object) -> str:
    """Return what plays a case again, as it is typed at the root of a checkout."""
    return f".venv/bin/python -m {module} {said}"


def replay(play: Callable[[Sequence[str]], Sequence[str]]) -> int:
    """Play what the command line asks for, and print what does not hold.

    Return 0 if everything holds, 1 if not, and 2 if there was nothing that could be played.
    """
    try:
        wrong = play(sys.argv[1:])
    except Unplayable as error:
        print(f"nothing was proved: {error}", file=sys.stderr)
        return WRONG
    print("\n".join(wrong or ["everything holds"]))
    return FOUND if wrong else HOLDS


def one_of(what: str, said: str, known: Sequence[str]) -> str:
    """Return what was said; raise Unplayable if it is not known."""
    if said not in known:
        raise Unplayable(f"there is no {what} {said!r}; there are {', '.join(known)}")
    return said


def whole(text: str, what: str, least: int = 0) -> int:
    """Read a whole number; raise Unplayable."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= least):
        raise Unplayable(f"{text!r} is no {what}: a whole number is, {least} or more")
    return int(text)
