"""Reads of units: places, outlines in force, versions and what they would change."""
