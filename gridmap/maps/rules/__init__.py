"""Pure rules of the map: which base maps may lie under it."""
