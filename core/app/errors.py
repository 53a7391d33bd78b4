"""What a user sees when a page fails: the product's own card, and where the reason is found."""

from __future__ import annotations

import logging
import secrets

from core.errors import UnfreezeError
from core.language import tr
from core.ui.cards import error_card

_LOG = logging.getLogger(__name__)


def show_script_error(error: Exception) -> bool:
    """Show the error's card in place of Streamlit's traceback, and log the error.

    Args:
        error: What a page, or what a widget calls, raised.

    Returns:
        True: nothing else is to be shown.
    """
    if isinstance(error, UnfreezeError):
        _LOG.warning("a page ended with: %s", error)
        error_card(error)
        return True
    reference = secrets.token_hex(3)
    _LOG.error("a page failed (reference %s)", reference, exc_info=error)
    error_card(
        UnfreezeError(
            tr("This page failed unexpectedly: {kind}.", kind=type(error).__name__),
            tr(
                "Reload the page. If it happens again, report the reference {reference}: the "
                "server's log has the details under it.",
                reference=reference,
            ),
        )
    )
    return True
