"""Each folder is one LMS."""
