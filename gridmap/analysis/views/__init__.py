"""Doors of counts and indicators."""

from gridmap.analysis.views import counts, indicators
from gridmap.analysis.views.door import blueprint

__all__ = ["blueprint", "counts", "indicators"]
