"""巡查: duty, tracks recorded while on duty, and the ground they cover."""
