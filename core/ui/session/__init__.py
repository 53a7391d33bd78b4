"""The only place that touches `st.session_state` beyond widget keys, and the URL's parameters."""

from core import language as _language
from core.ui.session.access import database_error, dataset_store, going_on, run_store, team
from core.ui.session.choices import (
    TIP_COOKIE,
    cached,
    count,
    count_up,
    hide_tip,
    is_tip_hidden,
    leave_settings,
    settings_taken,
    start_run,
    take_settings,
    tip_choices,
)
from core.ui.session.current import (
    chosen_run,
    current_dataset,
    current_dataset_id,
    current_run_id,
    ended_since,
    followed,
    hidden_link,
    leave_dataset,
    runs_of,
    set_current_dataset,
    set_current_run,
    show_in_url,
    watch,
)
from core.ui.session.links import link, linked, show
from core.ui.session.person import Way, claims, person, providers, sign_in_is_over, way_in
from core.ui.session.reader import LANGUAGE_COOKIE, choose_language, chosen_language, language
from core.ui.session.stores import (
    dispatcher,
    metrics_view,
    settings,
    wake_queue,
    write_log,
)

_language.follow(language)

__all__ = [
    "LANGUAGE_COOKIE",
    "TIP_COOKIE",
    "Way",
    "cached",
    "choose_language",
    "chosen_language",
    "chosen_run",
    "claims",
    "count",
    "count_up",
    "current_dataset",
    "current_dataset_id",
    "current_run_id",
    "database_error",
    "dataset_store",
    "dispatcher",
    "ended_since",
    "followed",
    "going_on",
    "hidden_link",
    "hide_tip",
    "is_tip_hidden",
    "language",
    "leave_dataset",
    "leave_settings",
    "link",
    "linked",
    "metrics_view",
    "person",
    "providers",
    "run_store",
    "runs_of",
    "set_current_dataset",
    "set_current_run",
    "settings",
    "settings_taken",
    "show",
    "show_in_url",
    "sign_in_is_over",
    "start_run",
    "take_settings",
    "team",
    "tip_choices",
    "wake_queue",
    "watch",
    "way_in",
    "write_log",
]
