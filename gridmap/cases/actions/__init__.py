"""Writes of cases. Actions flush; the request commits."""

from gridmap.cases.actions.categories import load_categories
from gridmap.cases.actions.course import take_step
from gridmap.cases.actions.register import BorderQuestion, register_case
from gridmap.cases.actions.words import audit_words, fold_words, rebuild_words

__all__ = [
    "BorderQuestion",
    "audit_words",
    "fold_words",
    "load_categories",
    "rebuild_words",
    "register_case",
    "take_step",
]
