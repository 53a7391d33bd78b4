"""What a viewer and a trainer try, to see or to change what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.security.client import UPLOAD, cookie_header, look, new_browser, opened, put, run
from tests.security.score import Attempt
from tests.security.strangers import PAGES
from tests.security.target import ADMIN, INSIDE, MAX_UPLOAD_MB, TRAINER, VIEWER, Target, leaks

# Buttons of one page that are pressed, one after the other.
MOST_BUTTONS = 25
NASTY = ("../../outside.jpg", "/etc/outside.jpg", "..\\outside.jpg", "a\0b.jpg", "x" * 3000)
EMAIL = "X-Forwarded-Email"


def insider_attempts(target: Target) -> Iterator[Attempt]:
    """Every attempt with its name.

    Raises:
        RuntimeError: If who may see everything does not: then nothing here would tell anything.
    """
    _check_sight(target)
    query = f"run={target.run_id}&dataset={target.dataset_id}&model={target.run_id}"
    for role, email in (("viewer", VIEWER), ("trainer", TRAINER)):
        for page in PAGES:
            name = f"{role}: {page or 'Home'} of a private run"
            yield name, partial(_sees, page=page, query=query, email=email)
        for page in ("Data", "Head", "Runs"):
            name = f"{role}: every button of {page}"
            yield name, partial(_presses, page=page, query=query, email=email)
        for run_id in ("../../etc", "%2e%2e/x", "..", "x" * 5000, "<img src=x onerror=alert(1)>"):
            name = f"{role}: run {run_id[:20]!r}"
            yield name, partial(_sees, page="Evaluate", query=f"run={run_id}", email=email)
        for file in NASTY:
            yield f"{role}: upload named {file[:20]!r}", partial(_uploads, name=file, email=email)
        yield f"{role}: upload above the limit", partial(_too_large, email=email)
    for value in ("", f" {ADMIN}x", f"{ADMIN},{VIEWER}", f'"{ADMIN}"', f"{ADMIN}\t{VIEWER}"):
        yield f"stranger: proxy header {value!r}", partial(_let_in, value=value)
    yield "stranger: two proxy headers", _two_headers
    yield (
        "viewer: forged roles",
        partial(
            _sees,
            page="Runs",
            query=query,
            email=VIEWER,
            headers={"X-Forwarded-Groups": "admin", "X-Role": "admin", "X-Forwarded-User": ADMIN},
        ),
    )


def _check_sight(target: Target) -> None:
    query = f"dataset={target.dataset_id}&run={target.run_id}"
    seen = look(target.url, "Data", query, {EMAIL: ADMIN})
    inside = [look(target.url, headers={EMAIL: email}).text for email in (TRAINER, VIEWER)]
    if not leaks(seen.text) or not all(INSIDE in text for text in (seen.text, *inside)):
        raise RuntimeError("An admin does not see their data, or members are not let in.")


def _sees(
    target: Target, page: str, query: str, email: str, headers: dict[str, str] | None = None
) -> bool:
    sent = {EMAIL: email, **(headers or {})}
    return leaks(look(target.url, page, query, sent).text)


def _presses(target: Target, page: str, query: str, email: str) -> bool:
    """Whether pressing all buttons, those that are switched off too, changes what is not theirs."""
    before = _state(target)
    with opened(target.url, {EMAIL: email}) as connection:
        buttons = run(connection, page, query).buttons
        for button in buttons[:MOST_BUTTONS]:
            run(connection, page, query, button)
    viewer_made = email == VIEWER and _state(target) != before
    return viewer_made or not before <= _state(target)


def _state(target: Target) -> set[Path]:
    return {
        path
        for part in ("datasets", "runs")
        for path in (target.workspace / part).glob("*")
        if not path.name.startswith(".")
    }


def _uploads(target: Target, name: str, email: str) -> bool:
    """Whether a file's name leads out of the session's memory."""
    browser = new_browser(target.url)
    with opened(target.url, {EMAIL: email, "Cookie": cookie_header(browser)}) as connection:
        session_id = run(connection, "Predict").session_id
        path = f"{UPLOAD}/{session_id}/1"
        if put(target.url, path, browser=browser) != 204:
            raise RuntimeError("A member cannot upload.")
        put(target.url, path, name, browser=browser)
    places = (target.workspace, target.workspace.parent, Path("/etc"), Path.cwd())
    return any((place / "outside.jpg").exists() for place in places)


def _too_large(target: Target, email: str) -> bool:
    browser = new_browser(target.url)
    with opened(target.url, {EMAIL: email, "Cookie": cookie_header(browser)}) as connection:
        path = f"{UPLOAD}/{run(connection, 'Predict').session_id}/1"
        data = b"x" * (MAX_UPLOAD_MB * 3_000_000)
        return put(target.url, path, data=data, browser=browser) in (200, 201, 204)


def _let_in(target: Target, value: str) -> bool:
    seen = look(target.url, headers={EMAIL: value} if value else None)
    return INSIDE in seen.text or leaks(seen.text)


def _two_headers(target: Target) -> bool:
    seen = look(target.url, headers={EMAIL: "eve@example.org", "X_Forwarded_Email": ADMIN})
    return INSIDE in seen.text or leaks(seen.text)
