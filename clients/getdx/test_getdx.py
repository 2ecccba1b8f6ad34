"""The published `getdx` package, unmodified, against our Web API.

BASE_URL is a running server with demo data, PAT_DEMO_PASSWORD its demo password:

    PYTHONPATH=.. BASE_URL=http://127.0.0.1:3000 PAT_DEMO_PASSWORD=demo-password python -m unittest -v
"""

import unittest
import uuid

from console import Console, base_url, check_server
from getdx import DXClient, DXWebConfig
from getdx.errors import DXAuthError, DXPermissionError, DXResponseError

READ_SCOPES = ["snapshots:read", "catalog:read", "scorecards:read"]


def setUpModule():
    check_server()


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

    email = "member@demo.test"

    @classmethod
    def setUpClass(cls):
        cls.console = Console(cls.email)
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


class ReadingOne(Member):
    """Single resources, and what hangs on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.web = cls.client(READ_SCOPES, cls.addClassCleanup).web

    def test_an_entity_s_overview_has_its_scorecards_and_tasks(self):
        overview = self.web.aggregates.entity_overview("checkout-service")
        self.assertEqual(overview.entity["entity"]["identifier"], "checkout-service")
        self.assertEqual(len(overview.scorecards["scorecards"]), 4)
        self.assertTrue(all(task["owner"]["id"] for task in overview.tasks["tasks"]))

    def test_entity_types(self):
        pages = all_pages(self.web.entity_types.list, "entity_types", limit=4)
        types = {one["identifier"]: one for page in pages for one in page}
        self.assertEqual(len(types), 6)
        self.assertEqual(self.web.entity_types.info("service")["entity_type"], types["service"])

    def test_a_scorecard(self):
        listed = self.web.scorecards.list()["scorecards"][0]
        self.assertEqual(self.web.scorecards.info(listed["id"])["scorecard"], listed)

    def test_initiatives(self):
        pages = all_pages(self.web.initiatives.list, "initiatives", limit=2, published="true")
        initiatives = [one for page in pages for one in page]
        self.assertEqual(len(initiatives), 3)
        self.assertEqual(self.web.initiatives.info(initiatives[0]["id"])["initiative"], initiatives[0])
        report = self.web.initiatives.progress_report(initiatives[0]["id"])
        self.assertTrue(all(one["completed_tasks"] <= one["total_tasks"] for one in report["entities"]))

    def test_a_team_and_who_is_in_it(self):
        team = self.web.teams.info(team_id="NTAxMDM")["team"]
        self.assertEqual(team["name"], "Checkout")
        found = self.web.teams.find_by_members(team_emails=team["contributors"][-1]["email"])["team"]
        self.assertEqual(found["members"], team["contributors"])


class Writing(Member):
    """What the package can change agrees with the reference."""

    email = "admin@demo.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.web = cls.client(["catalog:read", "catalog:write:entities", "scorecards:read", "scorecards:write"], cls.addClassCleanup).web

    def test_an_entity_is_upserted_updated_and_deleted(self):
        identifier = f"getdx-{uuid.uuid4()}"
        made = self.web.entities.upsert(identifier=identifier, type="service", name="Made", properties={"tier": "tier-2"})
        self.assertEqual(made["result"], "created_new_entity")
        again = self.web.entities.upsert(identifier=identifier, type="service", owner_user_emails=["member@demo.test"])
        self.assertEqual((again["result"], again["entity"]["name"]), ("updated_existing_entity", "Made"))
        changed = self.web.entities.update(identifier=identifier, description="Changed", properties={"tier": "tier-1"})["entity"]
        self.assertEqual((changed["description"], changed["properties"]), ("Changed", {"tier": "tier-1"}))
        self.assertEqual(self.web.entities.info(identifier)["entity"], changed)
        self.assertEqual(self.web.entities.delete(identifier)["entity"]["identifier"], identifier)
        with self.assertRaises(DXResponseError) as raised:
            self.web.entities.info(identifier)
        self.assertEqual(raised.exception.status_code, 404)

    def test_an_entity_type_is_made_changed_and_deleted(self):
        identifier = f"getdx_{uuid.uuid4().hex}"
        properties = [{"identifier": "tier", "name": "Tier", "type": "text"}]
        made = self.web.entity_types.create(identifier=identifier, name="Made", properties=properties)["entity_type"]
        self.assertEqual([one["identifier"] for one in made["properties"]], ["tier"])
        changed = self.web.entity_types.update(identifier=identifier, name="Changed", properties=[])["entity_type"]
        self.assertEqual((changed["name"], changed["properties"]), ("Changed", []))
        self.assertEqual(self.web.entity_types.delete(identifier=identifier)["entity_type"]["identifier"], identifier)

    def test_a_type_in_use_is_not_deleted(self):
        with self.assertRaises(DXResponseError) as raised:
            self.web.entity_types.delete(identifier="service")
        self.assertEqual((raised.exception.status_code, raised.exception.response_json["error"]), (409, "conflict"))

    def test_a_scorecard_is_renamed(self):
        listed = self.web.scorecards.list()["scorecards"][-1]
        changed = self.web.scorecards.update(id=listed["id"], name="For a moment")["scorecard"]
        self.assertEqual((changed["name"], changed["checks"]), ("For a moment", listed["checks"]))
        self.web.scorecards.update(id=listed["id"], name=listed["name"])
        with self.assertRaises(DXResponseError):
            self.web.scorecards.delete(id="nope")


class Differing(Member):
    """The package is generated from a guess. Where it differs from the reference, the refusal names what is wrong."""

    email = "admin@demo.test"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scopes = ["catalog:read", "catalog:write:entities", "scorecards:read", "scorecards:write", "snapshots:read"]
        cls.web = cls.client(scopes + ["workflows:read", "workflowRuns:trigger", "workflowRuns:writeEvents"], cls.addClassCleanup).web

    def refused(self, call, *arguments, **named):
        with self.assertRaises(DXResponseError) as raised:
            call(*arguments, **named)
        answer = raised.exception.response_json
        return raised.exception.status_code, [one["argument"] for one in answer["error_details"].get("arguments", [])] or answer["error"]

    def test_arguments_of_other_names(self):
        web = self.web
        made = self.refused(web.entities.create, entity_type_identifier="service", identifier="x", name="x")
        self.assertEqual(made, (422, ["type"]))
        self.assertEqual(self.refused(web.scorecards.create, name="x"), (422, ["type", "entity_filter_type"]))
        self.assertEqual(self.refused(web.snapshots.info, "MjE3MjU"), (422, ["snapshot_id"]))
        runs = web.workflow_runs
        self.assertEqual(self.refused(runs.info, "x"), (422, ["id"]))
        self.assertEqual(self.refused(runs.trigger, workflow_id="new-service"), (422, ["workflow_identifier"]))
        self.assertEqual(self.refused(runs.post_message, run_id="x", message="x"), (422, ["workflow_run_id"]))
        self.assertEqual(self.refused(runs.change_status, run_id="x", status="FAILED"), (422, ["workflow_run_id"]))
        self.assertEqual(self.refused(runs.add_link, run_id="x", url="https://x.test"), (422, ["workflow_run_id"]))

    def test_methods_that_do_not_exist(self):
        self.assertEqual(self.refused(self.web.entity_relations.list), (404, "unknown_method"))
        self.assertEqual(self.refused(self.web.snapshots.comments_list, "MjE3MjU"), (404, "unknown_method"))
        self.assertEqual(self.refused(self.web.events.track, event_type="x", timestamp="2026-11-25"), (404, "unknown_method"))

    def test_methods_that_no_public_client_of_dx_calls(self):
        self.assertEqual(self.refused(self.web.teams.audit_trail, "NTAxMDM"), (501, "not_implemented"))
        self.assertEqual(self.refused(self.web.users.find_by_github_username, "x"), (501, "not_implemented"))


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
