"""Which files the phone app loads: found by following the imports of its modules, never written down by hand."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Container

_COMMENT = re.compile(r"^\s*(?://|\*|/\*).*$", re.MULTILINE)
_IMPORTS = re.compile(r"""(?:\bfrom\s*|\bimport\s*|\bimport\s*\(\s*|\bnew URL\(\s*)["'](\.{1,2}/[^"'`]+\.m?js)["']""")


def imports_of(text: str) -> list[str]:
    """Return the relative addresses that a module loads, at once, later (``import(…)``) or as a worker, in their order."""
    return list(dict.fromkeys(_IMPORTS.findall(_COMMENT.sub("", text))))


def reachable(entry: str, read: Callable[[str], str], without: Container[str] = ()) -> list[str]:
    """Return ``entry`` and every module that it leads to other than through ``without``, as paths under the static files.

    ``read`` gives the text of a path; what it raises for a missing file goes on to the caller.
    """
    found, waiting = [entry], [entry]
    while waiting:
        module = waiting.pop()
        for address in imports_of(read(module)):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(module), address))
            if path not in found and path not in without:
                found.append(path)
                waiting.append(path)
    return found
