"""Planted bugs: each one a patch of paywatch that the tests have to notice.

A file in `bugs/` says in its first lines what the bug is and, after `Caught by:`, which test fails
because of it. Below comes the patch: `---` and a module of the package, then hunks that begin with
`@@`, their lines as in a unified diff, without numbers. A hunk has to fit at just one place.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/paywatch/paywatch"
BUGS = Path(__file__).parent / "bugs"

CAUGHT_BY = "Caught by: "


class Misplanted(Exception):
    """A patch does not fit: the code that it changes has moved on, or it was never right."""


@dataclass(frozen=True)
class Edit:
    """One hunk: in a module of the package the lines `old` become the lines `new`."""

    module: str
    old: list[str]
    new: list[str]


@dataclass(frozen=True)
class Bug:
    """What is wrong, in a sentence, the test (its node id) that fails by it, and the patch."""

    name: str
    what: str
    caught_by: str
    edits: tuple[Edit, ...]


def bugs() -> list[Bug]:
    """Return every planted bug."""
    return [read(path.stem, path.read_text()) for path in sorted(BUGS.glob("*.patch"))]


def read(name: str, text: str) -> Bug:
    """Read a patch; raise Misplanted if it is none."""
    head, _, body = text.partition("\n--- ")
    what = " ".join(line for line in head.splitlines() if not line.startswith(CAUGHT_BY))
    caught = [x.removeprefix(CAUGHT_BY) for x in head.splitlines() if x.startswith(CAUGHT_BY)]
    edits = tuple(_edits(name, f"\n--- {body}"))
    if not what or len(caught) != 1 or not edits:
        raise Misplanted(f"{name}: a sentence, one test and a patch are needed")
    return Bug(name, what, caught[0], edits)


def plant(bug: Bug, into: Path) -> None:
    """Change the copy of the package that lies in `into`; raise Misplanted."""
    for edit in bug.edits:
        path = into / edit.module
        lines = path.read_text().splitlines() if path.is_file() else []
        length = len(edit.old)
        places = [at for at in range(len(lines)) if lines[at : at + length] == edit.old]
        if len(places) != 1:
            looks = "\n".join(edit.old)
            raise Misplanted(
                f"{bug.name}: {edit.module} has {len(places)} places that look like\n{looks}\n"
                "The code has moved on: plant the same bug in it as it is now."
            )
        lines[places[0] : places[0] + length] = edit.new
        path.write_text("".join(f"{line}\n" for line in lines))


def copy_of_package(beside: Path) -> Path:
    """Copy the package into a directory, from which it then can be imported."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PACKAGE, beside / "paywatch", ignore=ignored))


def _edits(name: str, body: str) -> Iterator[Edit]:
    for part in body.split("\n--- ")[1:]:
        module, *hunks = part.split("@@\n")
        for hunk in hunks:
            lines = hunk.splitlines()
            strange = [line for line in lines if line and line[0] not in " -+"]
            if strange:
                raise Misplanted(f"{name}: {strange[0]!r} is no line of a patch")
            old = [line[1:] for line in lines if not line.startswith("+")]
            new = [line[1:] for line in lines if not line.startswith("-")]
            if old == new:
                raise Misplanted(f"{name}: a hunk for {module.strip()} changes nothing")
            yield Edit(module.strip(), old, new)
