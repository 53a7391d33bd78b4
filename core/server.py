"""What the server process and the pages that it runs share; there is one server a process.

`core.app` fills it in while the server is up. A page that runs without a server, as in tests, finds
no queue, and a release of an upload does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.team.browsers import SignedInBrowsers

if TYPE_CHECKING:
    from core.queue.dispatcher import Dispatcher


@dataclass
class Server:
    """The server process.

    Attributes:
        browsers: Browsers whose user is signed in.
        dispatcher: Hands queued runs to the queue; None where the queue is off.
        release_upload: Frees the memory of an upload, named by its file id.
    """

    browsers: SignedInBrowsers = field(default_factory=SignedInBrowsers)
    dispatcher: Dispatcher | None = None
    release_upload: Callable[[str], None] = lambda file_id: None


SERVER = Server()
