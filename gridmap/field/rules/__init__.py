"""Pure rules of the phone app."""
