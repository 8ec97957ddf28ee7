"""`python -m paylab.play FILE --seed N`: play a scenario and say what came of it.

The lab knows no poller. Whose it is, is said by name: a function that plays a scenario.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import signature
from pathlib import Path

from paylab.combining import COMBINED, combined
from paylab.played import Played
from paylab.scenario import Scenario, WrongScenario, load

POLLER = "tests.scenarios.playing:play"
EXIT_OK, EXIT_FOUND, EXIT_WRONG = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Play what the command line asks for; return 0 if all is well, 1 if not, 2 if it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m paylab.play", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a scenario")
    parser.add_argument("--seed", type=int, help="another seed, another run of the same scenario")
    parser.add_argument(
        COMBINED, action="store_true", help="faults picked by the seed, instead of a file's"
    )
    parser.add_argument(
        "--poller", default=POLLER, metavar="MODULE:FUNCTION", help=f"who plays it ({POLLER})"
    )
    given = parser.parse_args(arguments)
    if (given.file is None) is not given.combined:
        parser.error(f"a FILE or {COMBINED}, one of them")
    try:
        scenario = combined(given.seed or 0) if given.combined else load(given.file, given.seed)
        played = _played(given.poller, scenario)
    except (WrongScenario, WrongPoller) as error:
        print(error, file=sys.stderr)
        return EXIT_WRONG
    print(played)
    return EXIT_FOUND if played.findings else EXIT_OK


class WrongPoller(ValueError):
    """A name under which there is nothing that plays scenarios; its text says why not."""


def _played(name: str, scenario: Scenario) -> Played:
    """Let a scenario be played by whom the name says; raise WrongPoller, or WrongScenario."""
    module, _, function = name.partition(":")
    # Of the checkout in which it is called, as `python -m` has it.
    sys.path[:0] = [os.getcwd()]
    try:
        player: Callable[[Scenario], object] = getattr(import_module(module), function)
        signature(player).bind(scenario)
    except Exception as error:
        raise WrongPoller(f"--poller {name}: no MODULE:FUNCTION of a scenario: {error}") from None
    try:
        played = player(scenario)
    except WrongScenario:
        raise
    except Exception as error:
        traceback.print_exc()
        raise WrongPoller(f"--poller {name}: it broke off, and nothing is known") from error
    if not isinstance(played, Played):
        raise WrongPoller(f"--poller {name}: it says {played!r}, and not what came of a scenario")
    return played


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
