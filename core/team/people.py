"""Users and the roles that the operator gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import NotAllowedError
from core.language import mark, tr
from core.settings import Settings


class Role(StrEnum):
    """Role of a user; each includes the rights of those before it."""

    # Looks at everything that is shared, and predicts.
    VIEWER = "viewer"
    # Brings in data, trains, and has things of their own.
    TRAINER = "trainer"
    # Has everybody's things, the queue and the processes.
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Higher is more."""
        return list(Role).index(self)


ROLE_WORDS = {
    Role.VIEWER: mark("viewer"),
    Role.TRAINER: mark("trainer"),
    Role.ADMIN: mark("admin"),
}


@dataclass(frozen=True)
class Person:
    """Somebody who uses the app.

    Attributes:
        email: Their address, casefolded; "" where nobody signs in.
        name: What people call them; "" where nobody signs in.
        role: What they are.
    """

    email: str
    name: str
    role: Role

    @property
    def known(self) -> bool:
        """True if they signed in."""
        return bool(self.email)


# Where nobody signs in, whoever reaches the address may do everything.
ANYBODY = Person("", "", Role.ADMIN)


def person_of(claims: Mapping[str, Any], settings: Settings) -> Person:
    """User for a set of login claims.

    Args:
        claims: What the identity provider, or the proxy's headers, say: `email`, `name` and, where
            the provider knows it, `email_verified`.
        settings: Say who is what.

    Raises:
        NotAllowedError: If nobody signed in, the address is not verified, or the settings name
            no role for it.
    """
    email = str(claims.get("email") or "").strip().casefold()
    if not email:
        raise NotAllowedError(tr("Nobody is signed in."), tr("Sign in first."))
    # Left out by some providers; a proxy's header is a text.
    if str(claims.get("email_verified", True)).casefold() in ("false", "0", "none", ""):
        raise NotAllowedError(
            tr("The address {email} is not verified.", email=email),
            tr("Verify it with whoever you sign in with, then sign in again."),
        )
    role = role_of(email, settings)
    if role is None:
        raise NotAllowedError(
            tr("{email} may not use this app.", email=email),
            tr("Ask its admins to let you in, or sign in with another address."),
        )
    return Person(email, str(claims.get("name") or "").strip() or email, role)


def role_of(email: str, settings: Settings) -> Role | None:
    """The highest role that the settings name for an address; None for none."""
    named = ((Role.ADMIN, settings.admins), (Role.TRAINER, settings.trainers))
    for role, entries in (*named, (Role.VIEWER, settings.viewers)):
        if any(_fits(email.casefold(), entry.casefold()) for entry in entries):
            return role
    try:
        return Role(settings.default_role) if settings.default_role else None
    except ValueError:
        return None  # a role that does not exist lets nobody in


def _fits(email: str, entry: str) -> bool:
    if entry.startswith("@"):
        return email.rpartition("@")[2] == entry[1:] and email.count("@") == 1
    return email == entry
