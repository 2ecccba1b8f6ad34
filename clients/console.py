"""A browser's session on the Console API, where the tests of clients make and delete tokens.

BASE_URL is a running server with demo data, PAT_DEMO_PASSWORD its demo password.
"""

import os
import uuid

import httpx


def base_url():
    return os.environ["BASE_URL"].rstrip("/")


def check_server():
    """One clear sentence instead of a dozen tracebacks."""
    for name in ("BASE_URL", "PAT_DEMO_PASSWORD"):
        if not os.environ.get(name):
            raise AssertionError(f"{name} is not set: see the top of clients/console.py")
    try:
        httpx.get(f"{base_url()}/healthz").raise_for_status()
    except httpx.HTTPError as error:
        raise AssertionError(f"No server answers at {base_url()} ({error}). Start one: cargo xtask dev") from None


class Console:
    """Signs in; leave with `close`."""

    def __init__(self, email):
        self.http = httpx.Client(base_url=base_url(), headers={"Origin": base_url()})
        credentials = {"email": email, "password": os.environ["PAT_DEMO_PASSWORD"]}
        self.http.post("/api/session", json=credentials).raise_for_status()

    def mint(self, scopes):
        """A new token's secret and id."""
        token = {"name": f"client {uuid.uuid4()}", "expiration": {"type": "days", "days": 7}, "scopes": scopes}
        answer = self.http.post("/api/personal-access-tokens", json=token)
        assert answer.status_code == 201, f"mint: {answer.status_code} {answer.text}"
        created = answer.json()
        return created["token"], created["personal_access_token"]["id"]

    def delete(self, token_id):
        answer = self.http.delete(f"/api/personal-access-tokens/{token_id}")
        assert answer.status_code == 204, f"delete: {answer.status_code} {answer.text}"

    def close(self):
        self.http.delete("/api/session").raise_for_status()
        self.http.close()
