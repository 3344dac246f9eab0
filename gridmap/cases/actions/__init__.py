"""Writes of cases. Actions flush; the request commits."""

from gridmap.cases.actions.categories import load_categories
from gridmap.cases.actions.course import take_step
from gridmap.cases.actions.desk import receive_walkin
from gridmap.cases.actions.documents import make_document, make_now, record_download
from gridmap.cases.actions.parties import add_party, open_party
from gridmap.cases.actions.register import BorderQuestion, register_case
from gridmap.cases.actions.routing import move_rule, save_rule, switch_rule
from gridmap.cases.actions.templates import install_shipped, upload_template, use_template
from gridmap.cases.actions.words import audit_words, fold_words, rebuild_words
from gridmap.cases.actions.work import delete_filter, mark_seen, rename_filter, save_filter, take_steps

__all__ = [
    "BorderQuestion",
    "add_party",
    "audit_words",
    "delete_filter",
    "fold_words",
    "install_shipped",
    "load_categories",
    "make_document",
    "make_now",
    "mark_seen",
    "move_rule",
    "open_party",
    "rebuild_words",
    "receive_walkin",
    "record_download",
    "register_case",
    "rename_filter",
    "save_filter",
    "save_rule",
    "switch_rule",
    "take_step",
    "take_steps",
    "upload_template",
    "use_template",
]
