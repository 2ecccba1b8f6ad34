"""Brewster's API, as it was before there were tokens: it knows nothing of them, and answers whoever reaches it.

    python3 api.py 127.0.0.1:8080

It answers every request with what it saw, which is what a test wants to know.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {"verb": self.command, "path": self.path, "headers": [[name.lower(), value] for name, value in self.headers.items()]}
        body = json.dumps(seen).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    host, port = sys.argv[1].split(":")
    ThreadingHTTPServer((host, int(port)), Api).serve_forever()
