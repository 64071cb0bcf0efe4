"""LMS-DM, the one language: records (schema), tables (models), records → rows (store), who may see
what (scope)."""
