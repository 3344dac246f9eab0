"""Reads of the phone app."""
