"""What both tests need: free addresses, the example files with those addresses, processes that end with the test, raw requests.

PAT_SERVER is the server's binary and DATABASE_URL an empty database; `cargo xtask test gateways` sets both.
"""

import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent
ROOT = EXAMPLES.parent

# The addresses that the examples are written with.
PAT_SERVER, API, CLIENTS = "127.0.0.1:3000", "127.0.0.1:8080", "127.0.0.1:8000"


def free_address():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % listener.getsockname()[1]


def moved(text, addresses):
    """A file's text with other addresses. Each must stand in it, or the file isn't what it says."""
    for old, new in addresses.items():
        if old not in text:
            raise AssertionError(f"{old} doesn't stand in the file")
        text = text.replace(old, new)
    return text


def wait_for(address, process=None):
    """Waits until somebody listens there."""
    host, port = address.split(":")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nobody listens on {address}")


def wait_until_ready(server):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if urllib.request.urlopen(f"{server}/readyz").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("pat-server isn't ready")


class Place:
    """A temporary folder and the processes that were started in it. Both are gone in the end."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pat-gateways-")
        self.path = pathlib.Path(self.folder.name)
        self.processes = []

    def start(self, *command, **environment):
        environment = {**os.environ, "HOME": self.folder.name, "XDG_DATA_HOME": self.folder.name, **environment}
        with open(self.path / f"{pathlib.Path(command[0]).name}-{len(self.processes)}.log", "w") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
            process = subprocess.Popen(command, env=environment, **options)
        self.processes.append(process)
        return process

    def close(self):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, 15)
            except ProcessLookupError:
                pass
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
        self.folder.cleanup()


class Upstream:
    """Brewster's API as it is, which answers with what it saw; here it also keeps it."""

    def __init__(self):
        import http.server
        import sys

        sys.path.insert(0, str(EXAMPLES / "second-company"))
        from api import Api

        seen = self.seen = []

        class Remembering(Api):
            def answer(self):
                seen.append((self.command, self.path))
                super().answer()

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Remembering)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Response:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ")[1]) if status.startswith("HTTP/") else 0
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    def all(self, name):
        return [value for other, value in self.headers if other == name]

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]}"


def send(address, data):
    """Sends these very bytes and reads until the other end closes."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return Response(received)


def ask(address, target, token=None, verb="GET", headers=(), body=b""):
    """A request whose target and headers are not tidied by any client."""
    lines = [f"{verb} {target} HTTP/1.1", f"Host: {address}", "Connection: close"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Content-Length: {len(body)}"] if body else []
    lines += [f"{name}: {value}" for name, value in headers]
    return send(address, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
