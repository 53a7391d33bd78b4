"""TensorBoard on all runs: the button that starts it, then the link to it."""

from __future__ import annotations

import streamlit as st

from core.language import tr
from core.runs import tensorboard
from core.team.permissions import Action
from core.ui import session
from core.ui.acts import act, act_button
from core.ui.refreshed import refreshed
from core.ui.text import plain

_LOOK_SECONDS = 1.0


def tensorboard_link() -> None:
    """Shows what is possible now: start it, wait for it, open it, or the command to type."""
    settings = session.settings()
    st.markdown("**TensorBoard**")
    if not tensorboard.installed():
        st.caption(
            tr("Every run writes its files. To look at them: `pip install tensorboard`, then")
        )
        st.code(tensorboard.command(settings), language="bash")
        return
    if not tensorboard.running(settings):
        _start_button()
    elif address := tensorboard.address(settings):
        st.link_button(tr("Open TensorBoard"), address, icon=":material/open_in_new:")
        st.caption(tr("The address holds on the machine that the app runs on. End all ends it."))
    else:
        refreshed(_wait, _LOOK_SECONDS)()


def _start_button() -> None:
    settings = session.settings()
    if tensorboard.failed(settings):
        st.caption(
            tr(
                "It has ended by itself; {log} says why.",
                log=plain(str(tensorboard.log_path(settings))),
            )
        )
    if act_button(tr("Start TensorBoard"), key="start_tensorboard", to=Action.START_TENSORBOARD):
        act(lambda: session.team().tasks.start_tensorboard())


def _wait() -> None:
    settings = session.settings()
    if tensorboard.address(settings) or not tensorboard.running(settings):
        st.rerun()
    st.caption(tr("TensorBoard starts; this takes some seconds."))
