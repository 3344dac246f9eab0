"""Request data of cases → typed values, with messages for people."""

from gridmap.cases.forms.filter import CaseFilter, Located

__all__ = ["CaseFilter", "Located"]
