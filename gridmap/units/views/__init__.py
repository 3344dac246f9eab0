"""Doors of units: the directory (tree, list, one unit), imports, versions and the editor of outlines."""

from __future__ import annotations

from gridmap.units.views import browse, editor, imports, versions
from gridmap.units.views.door import blueprint

__all__ = ["blueprint", "browse", "editor", "imports", "versions"]
