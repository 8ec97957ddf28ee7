"""The demonstration as a live view of a terminal."""

import sys
from collections import deque

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from paydemo import telling
from paydemo.play import SETTLING, Play, Seen

_COLOURS = {
    "paid": "green",
    "failed": "red",
    "cancelled": "yellow",
    "expired": "yellow",
    "refunded": "magenta",
    "disputed": "magenta",
}


class LiveView:
    """Draws the providers, the newest changes, the tallies and the last warnings after each tick.

    The console writes to the standard output of the start: the handler's goes elsewhere.
    """

    def __init__(self, play: Play) -> None:
        self._play = play
        self._changes: deque[Text] = deque(maxlen=200)
        self._console = Console(file=sys.stdout)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the last picture, and give the terminal back."""
        self._live.stop()

    def show(self, seen: Seen) -> None:
        """Draw what a tick brought."""
        for event in seen.events:
            style = _COLOURS.get(event["data"]["status"], "cyan")
            self._changes.append(Text(telling.change(event), style, no_wrap=True))
        self._live.update(self._picture(seen), refresh=True)

    def _picture(self, seen: Seen) -> RenderableType:
        room = max(5, self._console.height - 18)
        warnings = list(self._play.function.log.warnings)[-3:]
        shown: list[RenderableType] = [
            self._progress(seen),
            self._providers(seen),
            Panel(
                Group(*list(self._changes)[-room:]),
                title="what the subscriber receives",
                title_align="left",
                height=room + 2,
            ),
            self._tallies(seen),
        ]
        for warning in [*warnings, *([seen.fault] if seen.fault else [])]:
            shown.append(Text(f"! {warning}", "yellow", no_wrap=True, overflow="ellipsis"))
        return Group(*shown)

    def _progress(self, seen: Seen) -> RenderableType:
        ticks = self._play.options.ticks + SETTLING
        row = Table.grid(expand=True, padding=(0, 1))
        row.add_column(no_wrap=True)
        row.add_column(ratio=1)
        row.add_row(
            f"{seen.at:%Y-%m-%d %H:%M} UTC, poll {seen.number} of {ticks}",
            ProgressBar(total=ticks, completed=seen.number),
        )
        return row

    def _providers(self, seen: Seen) -> RenderableType:
        table = Table(expand=True)
        table.add_column("provider")
        table.add_column("open there now")
        table.add_column("last poll")
        for name in ("rows", "requests", "changes", "owed", "unexplained"):
            table.add_column(name, justify="right")
        for world in self._play.lab.worlds.values():
            there = ", ".join(
                f"{world.count(word)} {word}" for word in telling.open_words(world.provider)
            )
            name = world.source.removesuffix("/default")
            report = seen.report.get("sources", {}).get(name)
            if report is None:
                table.add_row(name, there, Text("failed", "red"))
                continue
            outcome = str(report["outcome"])
            table.add_row(
                name,
                there,
                Text(outcome, "green" if outcome == "ok" else "red"),
                *(str(report[part]) for part in ("seen", "requests")),
                str(report["opened"] + report["changed"]),
                *(str(report[part]) for part in ("outbox_left", "unexplained")),
            )
        return table

    def _tallies(self, seen: Seen) -> RenderableType:
        statuses = self._play.subscriber.statuses
        words = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
        total = len(self._play.subscriber.deliveries)
        return Text(f"received {total}: {words}", no_wrap=True, overflow="ellipsis")
