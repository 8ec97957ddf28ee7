"""What the demonstration can be asked for."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from paylab import Size

SIZES = {
    "small": Size(open=8, settled=20, arrivals_per_minute=1.0),
    "medium": Size(open=25, settled=60, arrivals_per_minute=2.5),
    "large": Size(open=120, settled=300, arrivals_per_minute=8.0),
}


@dataclass(frozen=True)
class Options:
    """How long, how big, and how badly; `plain` is None where the terminal decides."""

    ticks: int
    seed: int
    faults: bool
    size: Size
    plain: bool | None


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; exit with 2 and a sentence where it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m paydemo",
        description="Polls two simulated providers tick by tick, a simulated minute each, and "
        "holds what a subscriber received against what really happened. Exit code 0: nothing was "
        "lost, invented or out of order; 1: something was; 130: ended by Ctrl-C.",
    )
    parser.add_argument(
        "--ticks", type=_whole, default=45, help="polls, a simulated minute apart (default 45)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed, other payments (default 1)"
    )
    parser.add_argument("--faults", action="store_true", help="let the providers fail now and then")
    parser.add_argument(
        "--size",
        type=_size,
        default="medium",
        metavar="SIZE",
        help="small, medium, large, or OPEN,SETTLED,ARRIVALS: payments that are open and settled "
        "at the start and new ones a minute, for each provider (default medium)",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        default=None,
        help="lines instead of a live view (the default where there is no terminal)",
    )
    given = parser.parse_args(arguments)
    return Options(given.ticks, given.seed, given.faults, given.size, given.plain)


def _whole(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _size(text: str) -> Size:
    if text in SIZES:
        return SIZES[text]
    try:
        open_, settled, arrivals = text.split(",")
        size = Size(open=int(open_), settled=int(settled), arrivals_per_minute=float(arrivals))
        if min(size.open, size.settled) < 0 or not 0 <= size.arrivals_per_minute <= 1000:
            raise ValueError
    except ValueError:
        names = ", ".join(SIZES)
        raise argparse.ArgumentTypeError(
            f"{text!r} is none of {names}, nor OPEN,SETTLED,ARRIVALS like 20,40,2.5"
        ) from None
    return size
