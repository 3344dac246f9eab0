"""Files and form fields about units turned into typed values, with messages for people."""
