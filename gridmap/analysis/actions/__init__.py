"""Keeping the rollups: folding changes in, proving them right, making them anew after bulk loads."""

from gridmap.analysis.actions.rollups import audit_rollups, fold_deltas, loading_in_bulk, rebuild_rollups

__all__ = ["audit_rollups", "fold_deltas", "loading_in_bulk", "rebuild_rollups"]
