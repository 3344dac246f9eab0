"""What the phone app sends, as typed values."""
