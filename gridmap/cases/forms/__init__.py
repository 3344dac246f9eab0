"""Request data of cases → typed values, with messages for people."""

from gridmap.cases.forms.filter import CaseFilter, Located, refuse_others, refuse_unknown
from gridmap.cases.forms.paging import Page, Place, Sort
from gridmap.cases.forms.register import CaseEntry, Position, RegisterForm, SwappedCoordinates, read_position
from gridmap.cases.forms.step import Given, read_step

__all__ = [
    "CaseEntry",
    "CaseFilter",
    "Given",
    "Located",
    "Page",
    "Place",
    "Position",
    "RegisterForm",
    "Sort",
    "SwappedCoordinates",
    "read_position",
    "read_step",
    "refuse_others",
    "refuse_unknown",
]
