"""Pages of an institution's own people: what its platforms need, and who may see to it."""
