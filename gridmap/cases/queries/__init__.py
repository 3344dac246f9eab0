"""Reads of cases. Every one starts from ``visible_cases(actor)``."""

from gridmap.cases.queries.conditions import conditions, late_condition, like_pattern, midnight, visible_cases
from gridmap.cases.queries.course import (
    choices,
    colleagues,
    departments_for,
    doer_of,
    facts_of,
    list_orders,
    list_steps,
    registered_at,
    sent_before,
    status_of,
)
from gridmap.cases.queries.detail import case_with_client, list_photos, one_case, one_photo
from gridmap.cases.queries.documents import (
    list_documents,
    list_templates,
    may_read_paper,
    one_document,
    one_template,
    template_areas,
)
from gridmap.cases.queries.dossier import dossier_of
from gridmap.cases.queries.listing import CaseRow, Listing, count_cases, list_cases
from gridmap.cases.queries.places import Placing, UnitAt, placing, tell_name
from gridmap.cases.queries.reference import categories_on, category_names, category_on, unit_choices

__all__ = [
    "CaseRow",
    "Listing",
    "Placing",
    "UnitAt",
    "case_with_client",
    "categories_on",
    "category_names",
    "category_on",
    "choices",
    "colleagues",
    "conditions",
    "count_cases",
    "departments_for",
    "doer_of",
    "dossier_of",
    "facts_of",
    "late_condition",
    "like_pattern",
    "list_cases",
    "list_documents",
    "list_orders",
    "list_photos",
    "list_steps",
    "list_templates",
    "may_read_paper",
    "midnight",
    "one_case",
    "one_document",
    "one_photo",
    "one_template",
    "placing",
    "registered_at",
    "sent_before",
    "status_of",
    "tell_name",
    "template_areas",
    "unit_choices",
    "visible_cases",
]
