"""What must stay true of grades while everything around them fails: `make faults`."""
