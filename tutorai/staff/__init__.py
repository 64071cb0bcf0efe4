"""Pages of the staff site that are more than a list of rows."""
