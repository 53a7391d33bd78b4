"""Addresses of the web server and its login, read from Streamlit's configuration files."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PORT = 8501  # Streamlit's own
_LOCAL = ("localhost", "ip6-localhost")


@dataclass(frozen=True)
class Listening:
    """Reachability of the web server.

    Attributes:
        address: What it is bound to; "" is every address of the machine.
        port: Its port.
        login: Whether people sign in, by OpenID Connect or through a proxy.
        xsrf: Whether forged requests of other sites are refused.
        cors: Likewise for websockets.
        unreadable: Which of Streamlit's files cannot be read, and why; "" where all can.
    """

    address: str = "localhost"
    port: int = _PORT
    login: bool = False
    xsrf: bool = True
    cors: bool = True
    unreadable: str = ""

    @property
    def local(self) -> bool:
        """True if only this machine can reach it."""
        return is_local(self.address)


def configured(app_root: Path) -> Listening:
    """Reads `.streamlit/config.toml`, `secrets.toml` and `STREAMLIT_SERVER_*`.

    What is given on `streamlit run`'s command line is not seen.

    Args:
        app_root: Folder of `streamlit_app.py`.
    """
    folder, unreadable = app_root / ".streamlit", ""
    read: dict[str, dict[str, Any]] = {"config.toml": {}, "secrets.toml": {}}
    for name in read:
        try:
            read[name] = tomllib.loads((folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass  # neither needs to be there
        except (OSError, ValueError, RecursionError) as error:
            unreadable = f".streamlit/{name}: {error}"
    server = read["config.toml"].get("server", {})
    if not isinstance(server, dict):
        server, unreadable = {}, ".streamlit/config.toml: server is no table"
    port = str(_option(server, "port", _PORT))
    if not port.isascii() or not port.isdecimal() or len(port) > len("65535"):
        port, unreadable = str(_PORT), f"the port is no number: {port!r:.60}"
    return Listening(
        address=str(_option(server, "address", "")),
        port=int(port),
        login=bool(read["secrets.toml"].get("auth") or _option(server, "trustedUserHeaders", "")),
        xsrf=_is_on(_option(server, "enableXsrfProtection", True)),
        cors=_is_on(_option(server, "enableCORS", True)),
        unreadable=unreadable,
    )


def is_local(address: str) -> bool:
    """Return True if an address belongs to this machine alone."""
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address in _LOCAL


def _option(server: dict[str, Any], name: str, default: Any) -> Any:
    words = "".join(f"_{c}" if c.isupper() else c.upper() for c in name)
    # Of `enableCORS` Streamlit makes ENABLE_CORS, not ENABLE_C_O_R_S.
    variable = f"STREAMLIT_SERVER_{words.replace('_C_O_R_S', '_CORS')}"
    return os.environ.get(variable) or server.get(name, default)


def _is_on(value: object) -> bool:
    return str(value).lower() not in ("false", "0", "off")
