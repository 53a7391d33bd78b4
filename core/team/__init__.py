"""Who may do what: persons, roles, owners, limits, notes, and the record of what was done."""
