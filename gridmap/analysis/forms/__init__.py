"""Questions about counts and indicators → typed values, with messages for people."""

from gridmap.analysis.forms.counts import read_child_level

__all__ = ["read_child_level"]
