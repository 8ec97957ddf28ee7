"""Arrows point inward: functions and cli, bootstrap, poll, discovery, ports and domain."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/paywatch/paywatch"
LAB = ROOT / "tests/lab/paylab"

INNER = {"domain", "errors", "ports"}
APPLICATION = "application"  # poll.py, and every module at the top that no room below is named for

# Room by room: which other rooms of ours it may import.
MAY_IMPORT = {
    "domain": set[str](),
    "errors": set[str](),
    "ports": {"domain", "errors"},
    "settings": {"domain", "errors"},
    "observability": INNER | {APPLICATION},
    "discovery": INNER,
    "memory": INNER,
    "providers": INNER,
    "aws": INNER,
    APPLICATION: INNER | {APPLICATION, "discovery", "memory"},  # memory: for a drill
    "bootstrap": INNER
    | {APPLICATION, "aws", "discovery", "memory", "observability", "providers", "settings"},
    "cli": INNER | {APPLICATION, "bootstrap", "observability", "settings"},
    "functions": {"bootstrap"},
}

# What is not ours and not the standard library's, and who may know of it. "A/b" is one module.
MAY_KNOW = {
    "httpx": {"providers/http"},
    "httpcore": {"providers/deadline"},
    "pydantic": {"providers"},
    "boto3": {"aws", "bootstrap", "cli"},
    "botocore": {"aws", "bootstrap", "cli"},
    "mypy_boto3_dynamodb": {"aws", "bootstrap", "cli"},
    "mypy_boto3_secretsmanager": {"aws", "bootstrap", "cli"},
    "mypy_boto3_sns": {"aws", "bootstrap", "cli"},
    "mypy_boto3_sqs": {"cli"},
    "aws_lambda_powertools": {"aws", "bootstrap", "observability"},
    "rich": {"cli"},
    "typer": {"cli"},
    # The lab and the emulator that a sample event is tried against, on a developer's machine.
    "moto": {"cli"},
    "paylab": {"cli"},
}

MAY_READ_THE_ENVIRONMENT = {"bootstrap", "cli", "settings"}


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Give each module's room, its name as it is imported, and its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE).with_suffix("")
        name = ".".join(("paywatch", *inside.parts)).removesuffix(".__init__")
        yield room_of(name), name, ast.parse(path.read_text())
    for path in sorted((ROOT / "functions").rglob("*.py")):
        yield "functions", path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def room_of(module: str) -> str:
    """Name the room of one of our modules: `paywatch.domain.events` lies in `domain`."""
    _, _, inside = module.partition(".")
    room = inside.partition(".")[0]
    return room if room in MAY_IMPORT else APPLICATION


def imports(tree: ast.AST) -> Iterator[str]:
    """Name every module that is imported, wherever in the module it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute, so that arrows can be read"
            assert node.module
            # `from paywatch import poll` imports paywatch.poll.
            alone = node.module == "paywatch"
            yield from (f"paywatch.{a.name}" for a in node.names) if alone else (node.module,)


def wrong_imports(room: str, name: str, tree: ast.AST) -> Iterator[str]:
    for imported in imports(tree):
        top = imported.partition(".")[0]
        if top == "paywatch":
            target = room_of(imported)
            if target != room and target not in MAY_IMPORT[room]:
                yield f"{name} ({room}) imports {imported} ({target})"
        elif top not in sys.stdlib_module_names:
            module = name.removeprefix("paywatch.").replace(".", "/")
            if not MAY_KNOW.get(top, set()) & {room, module}:
                yield f"{name} ({room}) imports {top}"


def environment_reads(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
            yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for a in node.names if a.name in ("environ", "getenv"))


def calls_at_import(tree: ast.Module) -> Iterator[str]:
    """Name what is called while the module is imported: all calls outside a function's body."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults]
            waiting += [default for default in node.args.kw_defaults if default]
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func)
            waiting += ast.iter_child_nodes(node)


def test_arrows_point_inward() -> None:
    wrong = [fault for module in modules() for fault in wrong_imports(*module)]
    assert wrong == []


def test_only_bootstrap_settings_and_cli_read_the_environment() -> None:
    reads = [
        f"{name}:{line}"
        for room, name, tree in modules()
        if room not in MAY_READ_THE_ENVIRONMENT
        for line in environment_reads(tree)
    ]
    assert reads == []


def test_nothing_is_touched_at_import() -> None:
    """No environment, no client, no network, no clock, no chance."""
    outside = ("boto3", "httpx", "os", "random", "secrets", "socket", "time", "uuid")
    touched = [
        f"{name} calls {call} at import"
        for _, name, tree in modules()
        for call in calls_at_import(tree)
        if call.partition(".")[0] in outside or call.endswith((".now", ".utcnow", ".today"))
    ]
    touched += [
        f"{name}:{line} reads the environment at import"
        for room, name, tree in modules()
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for line in environment_reads(node)
    ]
    assert touched == []


def test_rooms_are_small() -> None:
    paths = [p for top in (PACKAGE, ROOT / "functions", LAB) for p in top.rglob("*.py")]
    lengths = {p.relative_to(ROOT).as_posix(): len(p.read_text().splitlines()) for p in paths}
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("paywatch.domain.payments", "from paywatch.errors import RowError"),
        ("paywatch.domain.payments", "import pydantic"),
        ("paywatch.discovery.sweep", "import paywatch.providers.onepay.client"),
        ("paywatch.discovery.sweep", "def late():\n    from paywatch import aws"),
        ("paywatch.poll", "from paywatch.settings import Settings"),
        ("paywatch.poll", "from paywatch import bootstrap"),
        ("paywatch.providers.onepay.client", "import httpx"),
        ("paywatch.aws.table", "from paywatch.providers.http import Http"),
    ],
)
def test_an_arrow_that_points_outward_is_seen(name: str, source: str) -> None:
    assert [*wrong_imports(room_of(name), name, ast.parse(source))]


@pytest.mark.parametrize(
    "source", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"]
)
def test_a_read_of_the_environment_is_seen(source: str) -> None:
    assert [*environment_reads(ast.parse(source))]


def test_a_call_at_import_is_seen_and_one_in_a_function_is_not() -> None:
    source = "class A:\n    b = boto3.client('sns')\ndef c(d=time.time()):\n    return uuid.uuid4()"
    assert {*calls_at_import(ast.parse(source))} == {"boto3.client", "time.time"}
