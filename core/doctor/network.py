"""Checks of what can be reached: the web server, the queue's scheduler."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import psutil

from core.doctor.finding import Finding, ok, problem, warning
from core.doctor.listening import Listening, is_local
from core.errors import QueueError
from core.jobs.process import recorded_process
from core.language import tr
from core.queue import scheduler
from core.settings import Settings


def check_address(listening: Listening) -> Iterator[Finding]:
    """Check who can reach the app and whether it requires sign-in."""
    area, where = tr("Address"), listening.address or "0.0.0.0"  # noqa: S104 - told, not bound
    if listening.unreadable:
        yield problem(
            tr("Settings"),
            tr("A file cannot be read: {reason}.", reason=listening.unreadable),
            tr("Correct it; the app starts without its settings."),
        )
    if listening.local:
        yield ok(area, tr("The app listens on this machine only."))
    elif listening.login:
        yield ok(area, tr("The app listens on {address} and asks for a login.", address=where))
    else:
        yield problem(
            area,
            tr(
                "The app listens on {address} without a login: all who reach it can use it.",
                address=where,
            ),
            tr("Set up a login, or set server.address to localhost."),
        )
    for name, on in (
        ("server.enableXsrfProtection", listening.xsrf),
        ("server.enableCORS", listening.cors),
    ):
        if not on:
            yield problem(
                area,
                tr(
                    "{setting} is switched off: other sites can act in a person's name.",
                    setting=name,
                ),
                tr("Take the line out; behind a proxy, pass the Host header on instead."),
            )


def check_port(listening: Listening) -> Iterator[Finding]:
    """Check whether the web server's port is free."""
    address = listening.address if listening.address and listening.local else "127.0.0.1"
    port = str(listening.port)
    with contextlib.suppress(OSError), socket.create_connection((address, listening.port), 1):
        yield ok(
            tr("Port"), tr("Something answers on port {port}, most likely the app.", port=port)
        )
        return
    yield ok(tr("Port"), tr("Port {port} is free.", port=port))


def check_queue(settings: Settings) -> Iterator[Finding]:
    """Check that the scheduler answers and that only this machine can reach it."""
    if not settings.queue:
        yield ok(tr("Queue"), tr("This installation only looks at runs: UNFREEZE_QUEUE is off."))
        return
    yield _answers(settings)
    yield from _open_ports(settings)


def _answers(settings: Settings) -> Finding:
    try:
        client = scheduler.try_connect(settings)
    except QueueError as error:
        return problem(tr("Queue"), error.what, error.way_out)
    if client is None:
        return ok(tr("Queue"), tr("It is not running; the app starts it."))
    try:
        count = len(scheduler.workers(client))
    finally:
        client.close()
    if count:
        return ok(tr("Queue"), tr("It answers; workers: {count}.", count=count))
    return warning(
        tr("Queue"), tr("It answers and has no worker."), tr("The app starts one; look again.")
    )


def _open_ports(settings: Settings) -> Iterator[Finding]:
    """List the ports that the scheduler and its worker actually listen on."""
    for name in ("scheduler", "worker"):
        process = recorded_process(scheduler.record(settings, name))
        if process is None:
            continue
        try:
            sockets = process.net_connections(kind="inet")
        except psutil.Error:
            continue  # of another user, or gone
        listen = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
        for address in sorted(a for a in listen if not is_local(a)):
            yield problem(
                tr("Queue"),
                tr(
                    "Its {part} listens on {address}: who reaches it runs code here.",
                    part=name,
                    address=address,
                ),
                tr("Type: {command}", command="python -m core.queue stop"),
            )
