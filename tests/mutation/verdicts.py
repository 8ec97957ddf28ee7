"""The verdicts that mutmut keeps from run to run, and what they were found with.

mutmut forgets a verdict when the mutated function changes, and only then. A verdict is as much one
of the tests, and of the code that they run besides: the bench remembers the digest of all of it.
"""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

STATE = "verdicts.json"
# pytest's exit codes and mutmut's own: passed, failed, broke, no tests, timeouts, types.
VERDICTS = (0, 1, 3, 5, 33, 36, 37, 24, -24, 152, 255)
ALIVE = (0, 5, 33)


def digest_of(root: Path, tests: Iterable[str], besides: Iterable[str]) -> str:
    """Hash the tests, all that they import of the checkout, and whatever else lies `besides`."""
    named = [path for test in tests for path in _files(root / test)]
    files = imported(root, named) | {path for each in besides for path in _files(root / each)}
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(root)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def imported(root: Path, files: Iterable[Path]) -> set[Path]:
    """Return the files, what they import below tests/, what that imports, and their conftests."""
    found: set[Path] = set()
    left = list(files)
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        folders = [folder for folder in path.parents if root in folder.parents]
        left += [x for folder in folders if (x := folder / "conftest.py").is_file()]
        if path.suffix == ".py":
            left += _modules(root, path)
    return found


class Verdicts:
    """What mutmut has written down on a bench about each mutant."""

    def __init__(self, bench: Path) -> None:
        self._bench = bench
        self._state = bench / STATE
        self._codes: dict[Path, dict[str, int | None]] = {}

    def are_of(self, digest: str) -> bool:
        """Whether they are of this state of the tests and of the code."""
        stored = json.loads(self._state.read_text()) if self._state.is_file() else {}
        return bool(stored.get("digest") == digest)

    def begin_anew(self, digest: str) -> None:
        """Drop all of them: from now on they are of this state."""
        shutil.rmtree(self._bench / "mutants", ignore_errors=True)
        self._state.write_text(json.dumps({"digest": digest}))

    def codes(self) -> dict[str, int | None]:
        """Return each mutant's exit code; None where it was not tried."""
        for path in self._metas():
            try:
                self._codes[path] = json.loads(path.read_text())["exit_code_by_key"]
            except json.JSONDecodeError:
                continue  # it is being written: what was read before is still true
        return {name: code for codes in self._codes.values() for name, code in codes.items()}

    def forget(self, wanted: Callable[[str], bool]) -> None:
        """Forget those of the wanted mutants, and whatever is no verdict: a run was cut short."""
        for path in self._metas():
            meta: dict[str, Any] = json.loads(path.read_text())
            codes = meta["exit_code_by_key"]
            meta["exit_code_by_key"] = {
                name: None if wanted(name) or code not in VERDICTS else code
                for name, code in codes.items()
            }
            if meta["exit_code_by_key"] != codes:
                path.write_text(json.dumps(meta, indent=4))

    def _metas(self) -> Iterator[Path]:
        yield from sorted((self._bench / "mutants").glob("src/**/*.meta"))


def progress(codes: Iterable[int | None]) -> str:
    """Say how many were tried, and how many of them live."""
    counts = Counter(codes)
    if not counts:
        return "the mutants are being made"
    alive = sum(counts[code] for code in ALIVE)
    return f"{counts.total() - counts[None]:,} of {counts.total():,} mutants tried, {alive:,} alive"


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for each in sorted(path.rglob("*")) if path.is_dir() else ():
        if each.is_file() and "__pycache__" not in each.parts:
            yield each


def _modules(root: Path, importing: Path) -> Iterator[Path]:
    """Return the files below tests/ of the modules that a module imports."""
    for node in ast.walk(ast.parse(importing.read_text())):
        folders, names = [root, root / "tests/lab"], list[str]()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            folders = [importing.parents[node.level - 1]] if node.level else folders
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        places = [folder.joinpath(*name.split(".")) for folder in folders for name in names]
        for place in places:
            for path in (place.with_suffix(".py"), place / "__init__.py"):
                if (root / "tests") in path.parents and path.is_file():
                    yield path
