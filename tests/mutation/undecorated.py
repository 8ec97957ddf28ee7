"""Undo on the bench what keeps mutmut from a function: it leaves out whatever is decorated.

mutmut changes functions and methods, those of staticmethod and classmethod among them. A property
is given a method that says what it says:

    def sealed_undecorated(self) -> bool: ...

    @property
    def sealed(self) -> bool:
        return Walk.sealed_undecorated(self)

What is remembered (cached_property, lru_cache) is worked out each time: an answer from before the
change must not outlive it. Other decorated functions stay, and `left_out` names them. Nor does
mutmut change what stands outside of functions: constants, tables, the defaults of fields.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

SUFFIX = "_undecorated"
PROPERTIES = ("property", "cached_property")
REMEMBERING = ("lru_cache", "cache")
# What mutmut itself can do with.
HARMLESS = ("staticmethod", "classmethod")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def undecorated(text: str) -> str:
    """Return a module's text without the decorators that can be undone."""
    lines = text.splitlines(keepends=True)
    # From the end to the beginning, so that the numbers of the lines before stay true.
    for owner, function in reversed([*_undoable(ast.parse(text))]):
        if owner is not None:
            first, last = function.lineno - 1, function.end_lineno or function.lineno
            head = "".join(lines[first : function.body[0].lineno - 1])
            lines[last:last] = _property(owner.name, function, head)
            name = f"def {function.name}"
            lines[first] = lines[first].replace(name, f"{name}{SUFFIX}", 1)
        decorator = function.decorator_list[0]
        del lines[decorator.lineno - 1 : decorator.end_lineno]
    return "".join(lines)


def left_out(text: str) -> list[str]:
    """Return the names of a module's decorated functions that stay as they are."""
    tree = ast.parse(text)
    undone = {function for _, function in _undoable(tree)}
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function) and node.decorator_list and _says_something(node)
        if node not in undone and _decorator(node) not in HARMLESS
    ]


def _property(owner: str, function: Function, head: str) -> list[str]:
    """Write the property that asks the method of the class; `head` ends before its body."""
    indent = " " * function.body[0].col_offset
    docstring = ast.get_docstring(function, clean=False)
    return [
        "\n",
        f"{' ' * function.col_offset}@property\n",
        *head.splitlines(keepends=True),
        *([f"{indent}{docstring!r}\n"] if docstring is not None else []),
        f"{indent}return {owner}.{function.name}{SUFFIX}(self)\n",
    ]


def _undoable(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | None, Function]]:
    """Yield, in order, the properties with their class, and the functions that remember."""
    for node in tree.body:
        owner = node if isinstance(node, ast.ClassDef) else None
        wanted = REMEMBERING if owner is None else PROPERTIES
        for each in [node] if owner is None else owner.body:
            if not isinstance(each, ast.FunctionDef) or _decorator(each) not in wanted:
                continue
            if _says_something(each) and (owner is None or _lies_open(each)):
                yield owner, each


def _decorator(function: Function) -> str:
    """Return the name of a function's only decorator; no name if there are several."""
    if len(function.decorator_list) != 1:
        return ""
    decorator = function.decorator_list[0]
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return decorator.id if isinstance(decorator, ast.Name) else ""


def _lies_open(function: Function) -> bool:
    """Whether its body begins on a line of its own, and nothing else than `self` is taken."""
    alone = [argument.arg for argument in function.args.args] == ["self"]
    return alone and function.body[0].lineno > function.lineno


def _says_something(function: Function) -> bool:
    """Whether there is more in it than a docstring or an ellipsis."""
    return not all(
        isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        for each in function.body
    )
