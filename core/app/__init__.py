"""The server around the pages: its life, who may fetch and upload, health and figures.

The only package that imports starlette.
"""

from core.app.application import around_pages

__all__ = ["around_pages"]
