"""The tutor: from a question to an answer whose every citation was checked."""
