"""The published `getdx` package, unmodified, against our Web API.

BASE_URL is a running server with demo data, PAT_DEMO_PASSWORD its demo password:

    BASE_URL=http://127.0.0.1:3000 PAT_DEMO_PASSWORD=demo-password python -m unittest -v
"""

import os
import unittest
import uuid

import httpx
from getdx import DXClient, DXWebConfig
from getdx.errors import DXAuthError, DXPermissionError, DXResponseError

READ_SCOPES = ["snapshots:read", "catalog:read", "scorecards:read"]


def setUpModule():
    """One clear sentence instead of a dozen tracebacks."""
    for name in ("BASE_URL", "PAT_DEMO_PASSWORD"):
        if not os.environ.get(name):
            raise AssertionError(f"{name} is not set: see the top of test_getdx.py")
    try:
        httpx.get(f"{base_url()}/healthz").raise_for_status()
    except httpx.HTTPError as error:
        raise AssertionError(f"No server answers at {base_url()} ({error}). Start one: cargo xtask dev") from None


def base_url():
    return os.environ["BASE_URL"].rstrip("/")


class Console:
    """A browser's session on the Console API, where tokens are made and deleted."""

    def __init__(self, email):
        self.http = httpx.Client(base_url=base_url(), headers={"Origin": base_url()})
        credentials = {"email": email, "password": os.environ["PAT_DEMO_PASSWORD"]}
        self.http.post("/api/session", json=credentials).raise_for_status()

    def mint(self, scopes):
        """A new token's secret and id."""
        token = {"name": f"getdx {uuid.uuid4()}", "expiration": {"type": "days", "days": 7}, "scopes": scopes}
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


def dx(token):
    return DXClient(web=DXWebConfig(token=token, base_url=base_url()))


def all_pages(list_page, key, **arguments):
    """The rows of every page, by the package's own `cursor` argument."""
    pages, cursor = [], None
    while True:
        answer = list_page(cursor=cursor, **arguments)
        assert answer["ok"] is True, answer
        pages.append(answer[key])
        cursor = answer["response_metadata"]["next_cursor"]
        if cursor is None:
            return pages


class Member(unittest.TestCase):
    """Signs in as an ordinary member, who may grant the default scopes."""

    @classmethod
    def setUpClass(cls):
        cls.console = Console("member@demo.test")
        cls.addClassCleanup(cls.console.close)

    @classmethod
    def client(cls, scopes, clean_up):
        token, token_id = cls.console.mint(scopes)
        clean_up(cls.console.delete, token_id)
        client = dx(token)
        clean_up(client.close)
        return client


class Reading(Member):
    """What the package can read agrees with the reference."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.web = cls.client(READ_SCOPES, cls.addClassCleanup).web

    def test_pages_through_all_entities(self):
        pages = all_pages(self.web.entities.list, "entities", limit=15)
        identifiers = [entity["identifier"] for page in pages for entity in page]
        self.assertGreaterEqual(len(identifiers), 40)
        self.assertEqual(len(identifiers), len(set(identifiers)), "no entity comes twice")
        self.assertTrue(all(len(page) == 15 for page in pages[:-1]), "every page but the last is full")
        for known in ("checkout-service", "payments-service", "product-api", "design-system", "orders-db", "commerce"):
            self.assertIn(known, identifiers)

    def test_lists_entities_without_arguments(self):
        answer = self.web.entities.list()
        self.assertGreaterEqual(len(answer["entities"]), 40)
        self.assertLessEqual(len(answer["entities"]), 50, "the default page")

    def test_lists_entities_of_a_type(self):
        pages = all_pages(self.web.entities.list, "entities", type="library", limit=4)
        libraries = [entity for page in pages for entity in page]
        self.assertEqual({entity["type"] for entity in libraries}, {"library"})
        self.assertLessEqual({"money", "service-kit", "design-system"}, {entity["identifier"] for entity in libraries})

    def test_searches_entities(self):
        found = self.web.entities.list(search_term="CHECKOUT")["entities"]
        identifiers = {entity["identifier"] for entity in found}
        self.assertLessEqual({"checkout-service", "checkout-api"}, identifiers, "by name, in any case")
        self.assertIn("money", identifiers, "by owner team")
        self.assertNotIn("data-lake", identifiers)

    def test_reads_an_entity(self):
        answer = self.web.entities.info("checkout-service")
        entity = answer["entity"]
        self.assertTrue(answer["ok"])
        self.assertEqual((entity["name"], entity["type"]), ("Checkout", "service"))
        self.assertEqual(entity["properties"]["tier"], "tier-1")
        self.assertEqual([team["name"] for team in entity["owner_teams"]], ["Checkout"])
        self.assertEqual(entity["aliases"]["github_repo"][0]["name"], "harbourline/checkout-service")

    def test_an_entity_that_is_not_there_is_an_error(self):
        with self.assertRaises(DXResponseError) as raised:
            self.web.entities.info("no-such-service")
        self.assertFalse(raised.exception.response_json["ok"])
        self.assertEqual(raised.exception.response_json["error"], "not_found")

    def test_lists_scorecards(self):
        pages = all_pages(self.web.scorecards.list, "scorecards", limit=2)
        scorecards = {scorecard["name"]: scorecard for page in pages for scorecard in page}
        self.assertGreaterEqual(len(scorecards), 5)
        readiness = scorecards["Production readiness"]
        self.assertEqual(readiness["type"], "LEVEL")
        self.assertEqual([level["name"] for level in readiness["levels"]], ["Bronze", "Silver", "Gold"])
        quality = scorecards["API quality"]
        self.assertEqual(quality["type"], "POINTS")
        self.assertEqual(sum(check["points"] for check in quality["checks"]), quality["max_entity_points"])

    def test_lists_teams(self):
        teams = {team["name"]: team for team in self.web.teams.list()["teams"]}
        self.assertGreaterEqual(len(teams), 8)
        self.assertEqual(teams["Engineering"]["ancestors"], ["LTE"])
        self.assertEqual(teams["Checkout"]["parent_id"], teams["Commerce"]["id"])
        self.assertIsInstance(teams["Checkout"]["contributors"], int)

    def test_lists_snapshots(self):
        snapshots = {snapshot["scheduled_for"]: snapshot for snapshot in self.web.snapshots.list()["snapshots"]}
        self.assertGreaterEqual(len(snapshots), 6)
        self.assertEqual((snapshots["2026-07-06"]["completed_count"], snapshots["2026-07-06"]["total_count"]), (45, 49))


class Refusals(Member):
    """The package tells refusals apart by their status."""

    def test_a_missing_scope_is_a_permission_error_that_names_it(self):
        web = self.client(["scorecards:read"], self.addCleanup).web
        with self.assertRaises(DXPermissionError) as raised:
            web.entities.list()
        refusal = raised.exception.response_json
        self.assertEqual((refusal["ok"], refusal["error"]), (False, "not_authorized"))
        self.assertIn("catalog:read", refusal["error_details"]["message"])
        self.assertGreaterEqual(len(web.scorecards.list()["scorecards"]), 5, "what it was granted still works")

    def test_reading_does_not_allow_deleting(self):
        web = self.client(["catalog:read"], self.addCleanup).web
        with self.assertRaises(DXPermissionError):
            web.entities.delete("checkout-service")
        self.assertEqual(web.entities.info("checkout-service")["entity"]["identifier"], "checkout-service")

    def test_the_very_next_call_after_a_delete_is_refused(self):
        token, token_id = self.console.mint(["catalog:read"])
        with dx(token) as client:
            self.assertTrue(client.web.entities.list(limit=1)["ok"])
            self.console.delete(token_id)
            with self.assertRaises(DXAuthError) as raised:
                client.web.entities.list(limit=1)
        self.assertEqual(raised.exception.status_code, 401)
        self.assertEqual(raised.exception.response_json["error"], "invalid_auth")
        self.assertNotIn(token, raised.exception.response_text)

    def test_a_mistyped_token_is_refused(self):
        token, token_id = self.console.mint(["catalog:read"])
        self.addCleanup(self.console.delete, token_id)
        mistyped = token[:-1] + ("0" if token[-1] != "0" else "1")
        with dx(mistyped) as client, self.assertRaises(DXAuthError) as raised:
            client.web.entities.list()
        self.assertEqual(raised.exception.response_json["error"], "invalid_auth")


if __name__ == "__main__":
    unittest.main()
