"""The demonstration from its command line to its verdict."""

import sys
import time
from collections.abc import Callable, Sequence

from paydemo import mix
from paydemo.live import LiveView
from paydemo.options import Options, parse
from paydemo.plain import PlainView
from paydemo.play import Play, Tamper, played

EXIT_OK, EXIT_BAD, EXIT_INTERRUPTED = 0, 1, 130


def main(
    arguments: Sequence[str],
    is_stopped: Callable[[], bool] = lambda: False,
    tamper: Tamper | None = None,
) -> int:
    """Run the demonstration and return its exit code.

    `is_stopped` is asked between two steps whether to end; `tamper` may spoil the poller.
    """
    options = parse(arguments)
    began = time.monotonic()
    print(_announcement(options), flush=True)
    if is_stopped():
        return _interrupted(0)
    with played(options, tamper) as play:
        _show(play, is_stopped)
        if is_stopped():
            return _interrupted(len(play.ticks))
        return _verdict(play, time.monotonic() - began)


def _announcement(options: Options) -> str:
    said = (
        f"{options.ticks} polls of Compago and OnePay, a simulated minute apart (seed "
        f"{options.seed}). Each provider starts with {options.size.open} open and "
        f"{options.size.settled} settled payments; {options.size.arrivals_per_minute:g} come in "
        "a minute. The first poll learns in silence what was there before."
    )
    return f"{said}\n{mix.STATED}" if options.faults else said


def _show(play: Play, is_stopped: Callable[[], bool]) -> None:
    plain = not sys.stdout.isatty() if play.options.plain is None else play.options.plain
    with PlainView(play) if plain else LiveView(play) as view:
        for seen in play.run(is_stopped):
            view.show(seen)


def _verdict(play: Play, seconds: float) -> int:
    report = play.audit()
    print(f"{len(play.ticks)} polls in {seconds:.0f} seconds. The auditor:")
    print(report)
    if play.faulty:
        print(f"{play.faulty} polls ended with a fault of paywatch's own")
    return EXIT_OK if report.ok and not play.faulty else EXIT_BAD


def _interrupted(ticks: int) -> int:
    print(f"\nStopped after {ticks} polls: the servers are closed and nothing is left behind.")
    return EXIT_INTERRUPTED
