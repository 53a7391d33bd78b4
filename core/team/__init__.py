"""Users, roles, owners, limits, notes and the activity log."""
