"""Pure rules of units: codes, datums, checks of outlines, repairs and edits. No database, no web, no clock."""
