"""How text from elsewhere is shown: without markup, and without what a terminal would obey."""

from __future__ import annotations

import sys

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Where nobody looks at it, a row is one line, for grep.
WIDE = 1000


def line(text: str) -> str:
    """Write text as one line."""
    return " ".join(shown(text).split())


def shown(text: str) -> str:
    """Write text so that it can be printed here: lines stay, other control characters go."""
    safe = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    encoding = sys.stdout.encoding or "utf-8"
    return safe.encode(encoding, "replace").decode(encoding)


def print_table(headings: list[str], rows: list[list[str]], urgent: set[int]) -> None:
    """Print a table to standard output, where `urgent` rows stand out; cells fold, none is cut.

    The first column is folded only where it would take more than half of the width.
    """
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = WIDE
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    first = max(len(each) for each in (headings[0], *(row[0] for row in rows)))
    for number, heading in enumerate(headings):
        width = None if number else min(first, console.width // 2)
        table.add_column(heading, width=width, overflow="fold")
    for number, row in enumerate(rows):
        style = "red" if number in urgent else ""
        table.add_row(*(Text(line(cell), style=style) for cell in row))
    console.print(table)
