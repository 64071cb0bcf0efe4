"""Tables of the index and of the talk."""
