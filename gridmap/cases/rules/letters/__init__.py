"""Letters and forms (三单两函 and the rest): their kinds and fields, checking and filling a template, the PDF, the case file."""
