"""`schemathesis`, unmodified, with what /api/openapi.json says: does the server answer as it is described?

What is asked and checked is in schemathesis.toml. The Web API is asked with a token of one account, the Console API with a session of
another: settings that are changed on the way don't take the token its scopes.

BASE_URL is a running server with demo data and without limits, that takes this machine for a gateway; PAT_DEMO_PASSWORD its demo password:

    PYTHONPATH=.. BASE_URL=http://127.0.0.1:3000 PAT_DEMO_PASSWORD=demo-password python -m unittest -v
"""

import os
import pathlib
import subprocess
import sys
import unittest

import httpx
from console import Console, base_url, check_server

LIMIT = 180


def setUpModule():
    check_server()


class Description(unittest.TestCase):
    def test_the_server_answers_as_it_is_described(self):
        owner, stranger = Console("admin@demo.test"), Console("admin@other.test")
        self.addCleanup(owner.close)
        self.addCleanup(stranger.close)
        scopes = [scope["name"] for scope in owner.http.get("/api/scopes").json()["scopes"]]
        token, token_id = owner.mint(scopes)
        self.addCleanup(owner.delete, token_id)
        environment = {
            **os.environ,
            "BASE_URL": base_url(),
            "PAT_TOKEN": token,
            "PAT_SESSION": stranger.http.cookies["session"],
        }
        program = str(pathlib.Path(sys.executable).with_name("schemathesis"))
        command = [program, "--no-color", "run", f"{base_url()}/api/openapi.json"]
        asked = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(asked.returncode, 0, f"\n{asked.stdout}\n{asked.stderr}".replace(token, "TOKEN"))
        # Both were good to the end: what was asked was answered, not only refused.
        self.assertEqual(stranger.http.get("/api/session").status_code, 200)
        info = httpx.get(f"{base_url()}/auth.info", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual((info.status_code, info.json()["auth"]["effective_scopes"]), (200, scopes))


if __name__ == "__main__":
    unittest.main()
