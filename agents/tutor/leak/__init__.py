"""Whether a text gives away what is sealed, however it is written. Pure."""
