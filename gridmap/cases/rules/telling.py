"""A step of the history in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gridmap.cases.rules.acts import Document
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES
from gridmap.cases.rules.revisit import MEANS_NAMES, SATISFACTION_NAMES, Means, Satisfaction
from gridmap.cases.rules.terms import CHANNEL_NAMES, GRADE_NAMES, RISK_NAMES, SCALE_NAMES, Channel, Grade, Risk, Scale

_LABELS = {
    "department": "部门",
    "task": "办理要求",
    "place": "集合地点",
    "by_when": "报到时限",
    "rule": "按规则",
    "assignee": "经办人",
    "leader": "包案领导",
    "into": "并入事件",
    "absorbed": "并入本事件的事件",
    "lawful_channel": "依法可走的渠道",
    "supervision": "督办等级",
    "party": "当事人",
    "people_count": "涉及人数",
    "money_yuan": "涉及金额（元）",
    "duty": "新的首问负责人",
    "checker": "核查人",
    "until": "答复时限",
    "to": "主送",
    "link_until": "链接有效期至",
}
_LISTS = {"assisting": "协办", "copied": "抄告", "absent": "未报到"}
_CHOICES: dict[str, tuple[str, Any, Mapping[Any, str]]] = {
    "channel": ("来源", Channel, CHANNEL_NAMES),
    "paper": ("文书", Document, DOCUMENT_NAMES),
    "means": ("回访方式", Means, MEANS_NAMES),
    "satisfaction": ("满意程度", Satisfaction, SATISFACTION_NAMES),
}
_CHANGED: dict[str, tuple[str, Any, Mapping[Any, str]]] = {
    "grade": ("五事五办", Grade, GRADE_NAMES),
    "scale": ("规模", Scale, SCALE_NAMES),
    "risk": ("风险等级", Risk, RISK_NAMES),
}


# Steps written before ``named`` was kept apart have the counterpart among the words for everybody.
_NAMING = re.compile(r"^对方当事人：.*$|(?<=号)（.*）$|(?<=项)（.*）(?=：(?:已|未)履行$)", re.DOTALL)


def telling(data: Mapping[str, Any], *, named: bool = False) -> list[str]:
    """Return what the history keeps with a step, as short Chinese phrases; keys that are not for people are left out.

    ``named``: also what names a counterpart of an agreement or what was promised, for those who may open the parties.
    """
    found = [f"{label}：{data[name]}" for name, label in _LABELS.items() if data.get(name)]
    found += [f"{label}：{'、'.join(data[name])}" for name, label in _LISTS.items() if data.get(name)]
    for name, (label, kind, names) in _CHOICES.items():
        if data.get(name):
            found.append(f"{label}：{names[kind(data[name])]}")
    for name, (old, new) in data.get("changed", {}).items():
        if name in _CHANGED:
            label, kind, names = _CHANGED[name]
            found.append(f"{label}：{names[kind(old)] if old else '未定'} → {names[kind(new)]}")
        elif name == "category":
            found.append(f"类别：{old} → {new}")
    found.extend(_of_dispatch(data))
    found.extend(data.get("limits", ()))
    found.extend(_words(data, named=named))
    if data.get("photos"):
        found.append(f"照片 {len(data['photos'])} 张")
    if data.get("repeat"):
        found.append("同地重复：同一小类在同一地点结案后再次发生")
    if data.get("unit_pending"):
        found.append("位置未能确定所在网格，已通知综治中心")
    if data.get("near_units"):
        found.append(f"靠近边界：{'、'.join(data['near_units'])}")
    return found


def _words(data: Mapping[str, Any], *, named: bool) -> list[str]:
    said: list[str] = list(data.get("told", ()))
    if named:
        return [*said, *data.get("named", ())]
    if data.get("agreement") or any(words.startswith(("协议第", "履行事项第")) for words in said):
        said = [words for words in (_NAMING.sub("", kept) for kept in said) if words]
    return said


def _of_dispatch(data: Mapping[str, Any]) -> list[str]:
    found = []
    if data.get("route"):
        found.append(f"建议派往：{data['route']['department']}（按规则“{data['route']['rule']}”）")
    if data.get("moved"):
        found.append(f"{data['moved'][0]} → {data['moved'][1]}")
    if data.get("late_min"):
        found.append(f"迟到 {data['late_min']} 分钟")
    if data.get("spot"):
        lon, lat, accuracy_m = data["spot"]
        found.append(f"报到位置：{lon:.6f}，{lat:.6f}" + (f"（误差约 {accuracy_m:.0f} 米）" if accuracy_m else ""))
    return found
