"""Doors of 巡查."""

from gridmap.patrols.views import anomalies, coverage, plans, points, tracks
from gridmap.patrols.views.door import blueprint

__all__ = ["anomalies", "blueprint", "coverage", "plans", "points", "tracks"]
