"""Unfreeze's engine: everything below the pages."""
