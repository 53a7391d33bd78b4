"""The pages that people see who are not in: to sign in, or why they have no access."""

from __future__ import annotations

import threading
import time

import streamlit as st
from streamlit.errors import StreamlitAuthError

from core.errors import NotAllowedError
from core.language import tr
from core.ui import session
from core.ui.session import Way
from core.ui.text import plain

# For so long after somebody pressed the button, their coming back without an answer is told.
_ATTEMPT_SECONDS = 600.0
_CSS = """
<style>
  .block-container { max-width: 34rem; padding-top: 12vh; }
  .st-key-sign-in { padding: 2rem; border-radius: 0.9rem; }
  .st-key-sign-in h2 { padding-top: 0.4rem; }
</style>
"""


class Attempts:
    """Browsers that went to the provider and did not come back signed in yet. Threads may share it.

    The provider's refusal reaches Streamlit alone, which sends the browser back as if it had never
    left; this is how the page knows that it did.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[str, float] = {}

    def begin(self, browser: str, now: float) -> None:
        """Notes that a browser goes to the provider."""
        with self._lock:
            recent = {b: t for b, t in self._begun.items() if now - t < _ATTEMPT_SECONDS}
            self._begun = {**recent, browser: now} if browser else recent

    def end(self, browser: str, now: float) -> bool:
        """Return True if that browser went to the provider recently; it is then forgotten."""
        with self._lock:
            begun = self._begun.pop(browser, None)
        return begun is not None and now - begun < _ATTEMPT_SECONDS


def ask_to_sign_in(gone_by: float | None = None) -> None:
    """The card with the button, or one for each provider.

    Args:
        gone_by: For how many hours a sign-in holds, where this person's has ended; else None.
    """
    with _card():
        st.header(tr("Sign in"), anchor=False)
        _why_again(gone_by)
        st.markdown(
            tr(
                "Images, runs and models are seen by the team alone. The button takes you to the "
                "page that knows you, and back."
            )
        )
        names = session.providers()
        for name in names:
            with_name = tr("Sign in with {provider}", provider=name.capitalize())
            if st.button(
                tr("Sign in") if len(names) == 1 else with_name,
                key=f"sign_in_{name}",
                type="primary" if name == names[0] else "secondary",
                icon=":material/login:",
                width="stretch",
            ):
                _go(name)
        st.caption(tr("Your name and e-mail address are all that is asked for."))


def say_no_access(error: NotAllowedError) -> None:
    """Show the signed-in user, why they have no access, and the way out."""
    told = session.claims() or {}
    email, name = (plain(str(told.get(key) or "")) for key in ("email", "name"))
    with _card():
        st.header(tr("No access"), anchor=False)
        named = f"**{name}** ({email})" if name and email else f"**{name or email}**"
        st.markdown(tr("You are signed in as {person}.", person=named))
        st.markdown(f"{plain(error.what)} {plain(error.way_out)}")
        if session.way_in() is Way.LOGIN:
            sign_out_button()


def say_proxy_missing() -> None:
    """Explain a request that did not come through the sign-in proxy."""
    with _card():
        st.header(tr("Not signed in"), anchor=False)
        st.markdown(
            tr(
                "People are signed in by a proxy in front of this app, and this request did not "
                "carry what it adds. Open the address that the team uses."
            )
        )


def say_login_broken() -> None:
    """Explain invalid secrets: access is blocked until they are fixed."""
    with _card():
        st.header(tr("Sign-in is not set up"), anchor=False)
        st.markdown(
            tr(
                "There is a secrets file, but its `[auth]` section cannot be used, so nobody is "
                "let in. Whoever runs this installation finds the reason in the server's log and "
                "the way in `docs/login.md`."
            )
        )


def sign_out_button() -> None:
    """Ends the sign-in, here and at the provider where it offers that."""
    if st.button(tr("Sign out"), key="sign_out", icon=":material/logout:"):
        st.logout()
        # From here on nobody is signed in, so that nothing of the page may follow.
        st.stop()


def attempt_succeeded() -> None:
    """Forgets that this browser went to the provider."""
    _attempts().end(session.browser(), time.time())


def _why_again(gone_by: float | None) -> None:
    if gone_by is not None:
        st.info(
            tr("Your sign-in has ended: one holds for {hours} hours.", hours=round(gone_by)),
            icon=":material/schedule:",
        )
    elif _attempts().end(session.browser(), time.time()):
        st.warning(
            tr(
                "That did not work: signing in was given up, or the provider's answer could not "
                "be trusted. The server's log says which. Try again."
            ),
            icon=":material/warning:",
        )


def _go(provider: str) -> None:
    try:
        st.login(None if provider == "default" else provider)
    except StreamlitAuthError as error:
        st.error(tr("Signing in is not set up completely: {reason}", reason=plain(str(error))))
        return
    _attempts().begin(session.browser(), time.time())


def _card() -> st.delta_generator.DeltaGenerator:
    st.html(_CSS)
    card = st.container(border=True, key="sign-in")
    card.markdown(":material/ac_unit: **Unfreeze**")
    return card


@st.cache_resource(show_spinner=False)
def _attempts() -> Attempts:
    return Attempts()
