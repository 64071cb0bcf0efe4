"""Reads LMS-DM, thinks, answers in LMS-DM; never meets an LMS."""
