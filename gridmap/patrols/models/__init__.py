"""Tables of 巡查."""

from gridmap.patrols.models.anomaly import PatrolAnomaly
from gridmap.patrols.models.coverage import CoverageDay, CoverageFrame
from gridmap.patrols.models.duty import Duty
from gridmap.patrols.models.plans import PatrolPlan, PatrolPlanPoint
from gridmap.patrols.models.points import PatrolCheckIn, PatrolPoint
from gridmap.patrols.models.track import TrackBatch, TrackNote, TrackPoint

__all__ = [
    "CoverageDay",
    "CoverageFrame",
    "Duty",
    "PatrolAnomaly",
    "PatrolCheckIn",
    "PatrolPlan",
    "PatrolPlanPoint",
    "PatrolPoint",
    "TrackBatch",
    "TrackNote",
    "TrackPoint",
]
