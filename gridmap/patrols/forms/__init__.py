"""What comes in: sent by phones, and files."""
