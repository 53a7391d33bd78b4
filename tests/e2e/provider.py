"""An OpenID Connect provider on loopback, and one whose tokens name another issuer."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import oidc_provider_mock
from oidc_provider_mock._server import _threaded_server

PEOPLE = {
    "ann": {"email": "Ann@example.org", "email_verified": True, "name": "Ann"},
    "tim": {"email": "tim@example.org", "email_verified": True, "name": "Tim"},
    "vera": {"email": "vera@example.org", "email_verified": True, "name": "Vera"},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True, "name": "Eve <b>"},
    "una": {"email": "ann@example.org", "email_verified": False, "name": "Una"},
}


@contextmanager
def provider(token_age: timedelta = timedelta(hours=1), issuer: str | None = None) -> Iterator[str]:
    """Runs a provider that knows `PEOPLE`; a click on a name signs that person in.

    Args:
        token_age: For how long its tokens hold; a negative age gives tokens that are over.
        issuer: What its discovery document says that it is; None for what its tokens say.

    Yields:
        The address of its discovery document.
    """
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    application = oidc_provider_mock.app(user_claims=users, access_token_max_age=token_age)
    if issuer is not None:
        application.after_request(_calling_itself(issuer))
    with _threaded_server(application) as server:
        yield f"http://localhost:{server.server_port}/.well-known/openid-configuration"


def _calling_itself(issuer: str) -> Callable[[Any], Any]:
    def change(answer: Any) -> Any:
        if answer.is_json and "issuer" in (document := answer.get_json()):
            answer.set_data(json.dumps({**document, "issuer": issuer}))
        return answer

    return change
