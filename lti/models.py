"""Protocol rows, pointing down to LMS-DM."""
