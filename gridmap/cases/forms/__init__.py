"""Request data of cases → typed values, with messages for people."""

from gridmap.cases.forms.filter import CaseFilter, Located
from gridmap.cases.forms.paging import Page, Place, Sort
from gridmap.cases.forms.register import CaseEntry, Position, RegisterForm, SwappedCoordinates, read_position

__all__ = [
    "CaseEntry",
    "CaseFilter",
    "Located",
    "Page",
    "Place",
    "Position",
    "RegisterForm",
    "Sort",
    "SwappedCoordinates",
    "read_position",
]
