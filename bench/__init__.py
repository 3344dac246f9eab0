"""What is measured, and against what: each group is a function that returns its measures."""
