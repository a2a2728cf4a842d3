"""Run by another Python: whether it compiles all of a package, and has what that takes from the standard
library. Prints a line for each problem.

Arguments: the package's folder, then the standard library's modules as the Python that has the tests knows
them: one that this Python lacks is a problem, not somebody else's package.
"""

from __future__ import annotations

import ast
import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path


def taken(tree: ast.AST, known: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Modules of the standard library that are imported, with the names taken from each."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [(alias.name, list[str]()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = [(node.module, [alias.name for alias in node.names])]
        else:
            continue
        yield from ((module, names) for module, names in found if module.split(".")[0] in known)


def problems(path: Path, known: set[str]) -> Iterator[str]:
    """What this Python finds wrong in one file. A warning of its compiler or of a module is one."""
    try:
        tree = ast.parse(path.read_text(), str(path))
        compile(tree, str(path), "exec")
    except (SyntaxError, Warning) as error:
        yield f"{path}: {error}"
        return
    for module, names in taken(tree, known):
        try:
            imported = importlib.import_module(module)
            for name in names:
                if not hasattr(imported, name):
                    importlib.import_module(f"{module}.{name}")
        except (ImportError, Warning) as error:
            yield f"{path}: {error}"


if __name__ == "__main__":
    warnings.simplefilter("error")
    folder, *modules = sys.argv[1:]
    for each in sorted(Path(folder).rglob("*.py")):
        for problem in problems(each, set(modules)):
            print(problem)
