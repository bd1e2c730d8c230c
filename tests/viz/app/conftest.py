import http.client
import json
import signal
import socket
import subprocess
import sys

import pytest

SHORT_WAIT_S = 1.5
PROGRAM = f"""
import sys
from dermaroll.viz.app import guard
from dermaroll.viz.app.opening import open_app
guard.SECONDS_TO_SAY = {SHORT_WAIT_S}
if __name__ == "__main__":
    open_app(int(sys.argv[1]) or None, browser=False, **(dict(token=sys.argv[2]) if len(sys.argv) > 2 else dict()))
"""


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Running:
    """A server in a process of its own."""

    def __init__(self, folder, *more):
        program = folder / "serve.py"
        program.write_text(PROGRAM)
        self.port = free_port()
        command = [sys.executable, str(program), str(self.port), *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = self.process.stdout.readline()

    def ask(self, path, body=None, method="POST", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        raw = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        connection.request(method, path, raw, {name: value for name, value in given.items() if value is not None})
        answer = connection.getresponse()
        found = answer.status, answer.read(), dict(answer.getheaders())
        connection.close()
        return found

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=20)[1]


@pytest.fixture(scope="session")
def start_server():
    """What starts a server in a folder, perhaps with a token."""
    return Running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server in a process of its own, that ends without a word on stderr."""
    running = Running(tmp_path_factory.mktemp("server"))
    yield running
    assert running.end() == ""
