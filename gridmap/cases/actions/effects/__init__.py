"""What an action does besides moving the state: one function per action, looked up by the engine."""

from collections.abc import Callable

from gridmap.cases.actions.effects.agreements import AGREEMENTS_EFFECTS
from gridmap.cases.actions.effects.charge import CHARGE_EFFECTS, release_leader
from gridmap.cases.actions.effects.checks import CHECK_EFFECTS
from gridmap.cases.actions.effects.desk import DESK_EFFECTS
from gridmap.cases.actions.effects.documents import DOCUMENT_EFFECTS
from gridmap.cases.actions.effects.handing import HANDING_EFFECTS
from gridmap.cases.actions.effects.links import LINK_EFFECTS
from gridmap.cases.actions.effects.mediation import MEDIATION_EFFECTS
from gridmap.cases.actions.effects.meetings import MEETING_EFFECTS
from gridmap.cases.actions.effects.orders import ORDER_EFFECTS
from gridmap.cases.actions.effects.registering import REGISTERING_EFFECTS
from gridmap.cases.actions.effects.timing import TIMING_EFFECTS
from gridmap.cases.actions.effects.transfer import TRANSFER_EFFECTS, move
from gridmap.cases.actions.effects.whistles import WHISTLE_EFFECTS
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.rules import Action

EFFECTS: dict[Action, Effect] = {
    **DESK_EFFECTS,
    **MEDIATION_EFFECTS,
    **AGREEMENTS_EFFECTS,
    **ORDER_EFFECTS,
    **TIMING_EFFECTS,
    **REGISTERING_EFFECTS,
    **CHECK_EFFECTS,
    **TRANSFER_EFFECTS,
    **WHISTLE_EFFECTS,
    **CHARGE_EFFECTS,
    **MEETING_EFFECTS,
    **HANDING_EFFECTS,
    **DOCUMENT_EFFECTS,
    **LINK_EFFECTS,
}
# what is done after the step is written
FINISHES: dict[Action, Callable[[Work], None]] = {Action.TRANSFER: move}

__all__ = ["EFFECTS", "FINISHES", "Effect", "Work", "release_leader"]
