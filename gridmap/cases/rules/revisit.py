"""回访: how a person was asked, and how satisfied they are."""

from __future__ import annotations

from enum import StrEnum


class Means(StrEnum):
    """How the follow-up was made."""

    PHONE = "phone"
    VISIT = "visit"
    LINK = "link"


MEANS_NAMES = {Means.PHONE: "电话", Means.VISIT: "上门", Means.LINK: "回访链接"}


class Satisfaction(StrEnum):
    """满意度 in five grades."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    FAIR = "fair"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"


SATISFACTION_NAMES = {
    Satisfaction.VERY_SATISFIED: "非常满意",
    Satisfaction.SATISFIED: "满意",
    Satisfaction.FAIR: "基本满意",
    Satisfaction.DISSATISFIED: "不满意",
    Satisfaction.VERY_DISSATISFIED: "非常不满意",
}
SATISFIED = frozenset({Satisfaction.VERY_SATISFIED, Satisfaction.SATISFIED, Satisfaction.FAIR})
