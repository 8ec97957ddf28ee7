import ast
from pathlib import Path

import paylab


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    imported = set()
    for module in Path(paylab.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])

    assert "paylab" in imported
    assert "paywatch" not in imported
