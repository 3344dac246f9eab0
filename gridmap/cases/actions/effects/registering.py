"""Effects around registering: parties, people and money involved, further reporters, the first-asked duty."""

from __future__ import annotations

from typing import Any

from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.actions.parties import add_party
from gridmap.cases.actions.repeats import flag_repeat
from gridmap.cases.forms.involved import read_people, read_yuan
from gridmap.cases.forms.parties import read_party
from gridmap.cases.queries.duty import duty_choices
from gridmap.cases.rules import Action, Scale
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES
from gridmap.errors import BadInput


def party(work: Work) -> dict[str, Any]:
    """Add a party, sealed; the history keeps only what they are in the case, never who."""
    given = work.given
    names = ("party_role", "party_name", "party_id_number", "party_phone", "party_address")
    entry = read_party(*[given.get(name) for name in names])
    add_party(work.session, work.actor, case=work.case, entry=entry, now=work.now)
    return {"party": PARTY_ROLE_NAMES[entry.role]}


def involve(work: Work) -> dict[str, Any]:
    """Keep how many people and how much money it is about, and the scale."""
    case, given = work.case, work.given
    people, yuan = read_people(given.get("people_count")), read_yuan(given.get("money_yuan"))
    scale = given.get("scale")
    if scale not in set(Scale):
        raise BadInput("“规模”无法识别，请从列表中选择。", field="scale")
    changed = {"scale": [case.scale, scale]} if case.scale != scale else {}
    case.people_count, case.money_yuan, case.scale = people, yuan, scale
    told = {"people_count": people, "money_yuan": f"{yuan:.2f}" if yuan is not None else None, "changed": changed}
    return {name: value for name, value in told.items() if value}


def hand_over(work: Work) -> dict[str, Any]:
    """Give the first-asked duty to somebody else of the centre or the grid."""
    number = work.given.get("duty")
    chosen = next((row for row in duty_choices(work.session, work.case) if str(row.id) == number), None)
    if chosen is None:
        raise BadInput("没有这个人，或其岗位不含事件所在地，请从列表中选择。", field="duty")
    if chosen.id == work.case.duty_account_id:
        raise BadInput(f"首问负责人已经是{chosen.name}，请另选。", field="duty")
    work.case.duty_account_id = chosen.id
    return {"duty": chosen.name}


def register(work: Work) -> dict[str, Any]:
    """Look once more for a closed case at the same place: the centre sees more than the grid that reported."""
    return flag_repeat(work.session, work.actor, work.case, work.now)


REGISTERING_EFFECTS: dict[Action, Effect] = {
    Action.REGISTER: register,
    Action.ADD_PARTY: party,
    Action.INVOLVE: involve,
    Action.HAND_OVER: hand_over,
}
