"""The effect of issuing a paper by hand; the engine asks for the paper itself."""

from __future__ import annotations

from typing import Any

from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.rules import Action
from gridmap.cases.rules.letters.kinds import WRITTEN
from gridmap.errors import BadInput


def issue(work: Work) -> dict[str, Any]:
    """Keep which paper goes to whom."""
    paper = work.given.get("paper")
    if paper not in {kind.value for kind in WRITTEN}:
        raise BadInput("“文书种类”无法识别，请从列表中选择。", field="paper")
    to = " ".join(work.given.get("to").split())
    if len(to) > 100:
        raise BadInput(f"“主送”至多 100 个字，现有 {len(to)} 个字，请删减。", field="to")
    return {"paper": paper, "to": to}


DOCUMENT_EFFECTS: dict[Action, Effect] = {Action.ISSUE: issue}
