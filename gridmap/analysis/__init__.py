"""Rollups of cases and the counts by unit behind the choropleth: exact at every moment, whatever the filter."""
