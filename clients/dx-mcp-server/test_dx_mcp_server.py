"""The published `dx-mcp-server` package, unmodified, over stdio against our Web API: every tool that calls it.

BASE_URL is a running server with demo data, PAT_DEMO_PASSWORD its demo password:

    PYTHONPATH=.. BASE_URL=http://127.0.0.1:3000 PAT_DEMO_PASSWORD=demo-password python -m unittest -v
"""

import asyncio
import json
import os
import pathlib
import sys
import unittest

from console import Console, base_url, check_server
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

SCOPES = ["snapshots:read", "catalog:read", "scorecards:read"]


def setUpModule():
    check_server()


class Program:
    """One running `dx-mcp-server` with a token, spoken to over stdio."""

    def __init__(self, token):
        program = str(pathlib.Path(sys.executable).with_name("dx-mcp-server"))
        environment = {"DX_API_HOST": base_url(), "WEB_API_TOKEN": token, "FASTMCP_CHECK_FOR_UPDATES": "off"}
        # What it logs would stand between the tests' own lines.
        transport = StdioTransport(command=program, args=["run"], env=environment, log_file=pathlib.Path(os.devnull))
        self.client = Client(transport)
        self.loop = asyncio.Runner()
        self.loop.run(self.client.__aenter__())

    def call(self, tool, **arguments):
        result = self.loop.run(self.client.call_tool(tool, arguments))
        return json.loads(result.content[0].text)

    def stop(self):
        self.loop.run(self.client.close())
        self.loop.close()


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.console = Console("member@demo.test")
        cls.addClassCleanup(cls.console.close)
        token, token_id = cls.console.mint(SCOPES)
        cls.addClassCleanup(cls.console.delete, token_id)
        cls.program = Program(token)
        cls.addClassCleanup(cls.program.stop)

    def call(self, tool, **arguments):
        answer = self.program.call(tool, **arguments)
        errors = [name for name in answer if "error" in name]
        self.assertEqual(errors, [], answer)
        return answer

    def test_list_entities(self):
        first = self.call("listEntities", type="service", limit=5)
        self.assertEqual(len(first["entities"]), 5)
        self.assertEqual({entity["type"] for entity in first["entities"]}, {"service"})
        second = self.call("listEntities", type="service", limit=5, cursor=first["next_cursor"])
        self.assertGreater(second["entities"][0]["identifier"], first["entities"][-1]["identifier"])
        found = self.call("listEntities", search_term="checkout")["entities"]
        self.assertIn("checkout-service", [entity["identifier"] for entity in found])

    def test_get_entity_details(self):
        details = self.call("getEntityDetails", identifier="checkout-service")
        self.assertEqual(details["entity"]["name"], "Checkout")
        self.assertEqual(len(details["scorecards"]), 4)
        self.assertTrue(all(task["check"]["id"] and task["initiative"]["id"] for task in details["tasks"]))

    def test_list_scorecards_and_read_one(self):
        scorecards = self.call("listScorecards", limit=2)
        self.assertEqual(len(scorecards["scorecards"]), 2)
        self.assertIsNotNone(scorecards["next_cursor"])
        one = scorecards["scorecards"][0]
        self.assertEqual(self.call("getScorecardInfo", id=one["id"])["scorecard"], one)

    def test_list_initiatives_and_read_one(self):
        initiatives = self.call("listInitiatives", published=True, priority=0, tags="reliability")["initiatives"]
        self.assertEqual([initiative["name"] for initiative in initiatives], ["Be ready for the winter sale"])
        details = self.call("getInitiativeDetails", id=initiatives[0]["id"], entity_type_identifiers="service", limit=3)
        self.assertEqual(details["initiative"], initiatives[0])
        self.assertEqual(len(details["entities"]), 3)
        self.assertIsNotNone(details["next_cursor"])

    def test_list_teams_and_read_one(self):
        teams = {team["name"]: team for team in self.call("listTeams")["teams"]}
        checkout = teams["Checkout"]
        by_id = self.call("getTeamDetails", team_id=checkout["id"])["team"]
        self.assertEqual(len(by_id["contributors"]), checkout["contributors"])
        self.assertEqual(self.call("getTeamDetails", reference_id=checkout["reference_id"])["team"], by_id)
        emails = ",".join(member["email"] for member in by_id["contributors"])
        self.assertEqual(self.call("getTeamDetails", team_emails=emails)["team"]["members"], by_id["contributors"])

    def test_a_token_without_the_scope_and_a_deleted_one_are_refused(self):
        token, token_id = self.console.mint(["scorecards:read"])
        program = Program(token)
        self.addCleanup(program.stop)
        self.assertIn("403", program.call("listEntities")["error"])
        self.assertGreaterEqual(len(program.call("listScorecards")["scorecards"]), 5)
        self.console.delete(token_id)
        self.assertIn("401", program.call("listScorecards")["error"])


if __name__ == "__main__":
    unittest.main()
