"""Runs on every page: live, in tables, and what can be done with them."""
