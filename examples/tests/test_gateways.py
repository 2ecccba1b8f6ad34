"""nginx and Caddy, with the ready files, in front of an API that knows nothing of tokens; and the attacks on paths and headers."""

import json
import os
import subprocess
import unittest
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from support import API, CLIENTS, EXAMPLES, PAT_SERVER, Place, Upstream, ask, free_address, moved, send, wait_for, wait_until_ready

PASSWORD = "a password for this test"
IDENTITY = ["x-auth-user", "x-auth-user-id", "x-auth-token-id", "x-auth-token-name", "x-auth-scopes"]
OVERRIDES = ["x-original-url", "x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override"]

NGINX = """
daemon off;
pid nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include gateway.conf;
}}
"""


class Console:
    """A signed-in browser."""

    def __init__(self, server, email):
        self.server = server
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.call("/api/session", {"email": email, "password": PASSWORD})

    def call(self, path, body):
        headers = {"Origin": self.server, "Content-Type": "application/json"}
        request = urllib.request.Request(self.server + path, json.dumps(body).encode(), headers)
        with self.opener.open(request) as answer:
            return json.loads(answer.read() or b"null")

    def mint(self, name, scopes, path="/api/personal-access-tokens"):
        return self.call(path, {"name": name, "expiration": {"type": "days", "days": 7}, "scopes": scopes})


def set_password(server, link):
    body = json.dumps({"link": link.split("#")[1], "password": PASSWORD}).encode()
    headers = {"Origin": server, "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{server}/api/password", body, headers)).close()


class World:
    """pat-server with Brewster's policy, the API, and an admin with tokens; shared by all tests."""

    def __init__(self):
        self.place, self.upstream = Place(), Upstream()
        self.address = free_address()
        self.server = f"http://{self.address}"
        binary, policy = os.environ["PAT_SERVER"], str(EXAMPLES / "second-company/policy.toml")
        settings = {"POLICY": policy, "PUBLIC_URL": self.server}
        self.place.start(binary, "serve", "--migrate", "--listen", self.address, "--gateways", "127.0.0.1/32", **settings)
        wait_until_ready(self.server)
        who = ["--name", "Brewster's Tea", "--email", "bess@brewster.example", "--admin-name", "Bess"]
        created = subprocess.run([binary, "account", "create", *who], env={**os.environ, **settings}, check=True, capture_output=True)
        set_password(self.server, created.stdout.decode().strip())
        self.admin = Console(self.server, "bess@brewster.example")
        made = self.admin.mint("Bess’s laptop", ["stock:read"])
        self.token, self.token_id = made["token"], made["personal_access_token"]["id"]
        self.strong = self.admin.mint("everything", ["stock:read", "stock:write", "orders:read", "orders:write", "orders:cancel"])["token"]
        self.job = self.admin.mint("night job", ["stock:read"], "/api/admin/organization-tokens")["token"]

    def nginx(self, pat_server):
        address, folder = free_address(), self.place.path / f"nginx-{len(self.place.processes)}"
        folder.mkdir()
        text = (EXAMPLES / "gateways/nginx.conf").read_text()
        (folder / "gateway.conf").write_text(moved(text, {PAT_SERVER: pat_server, API: self.upstream.address, CLIENTS: address}))
        (folder / "nginx.conf").write_text(NGINX.format(user="user root;" if os.geteuid() == 0 else ""))
        wait_for(address, self.place.start("nginx", "-e", "stderr", "-p", f"{folder}/", "-c", f"{folder}/nginx.conf"))
        return address

    def caddy(self, pat_server):
        address, file = free_address(), self.place.path / f"Caddyfile-{len(self.place.processes)}"
        text = (EXAMPLES / "gateways/Caddyfile").read_text()
        file.write_text(moved(text, {PAT_SERVER: pat_server, API: self.upstream.address, CLIENTS: address}))
        command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
        wait_for(address, self.place.start(*command, CADDY_ADMIN=free_address()))
        return address


WORLD = None


def setUpModule():
    global WORLD
    for name in ("PAT_SERVER", "DATABASE_URL"):
        if not os.environ.get(name):
            raise AssertionError(f"{name} is not set: run cargo xtask test gateways")
    WORLD = World()


def tearDownModule():
    if WORLD is not None:
        WORLD.upstream.close()
        WORLD.place.close()


# Another spelling, or something that one server cuts and another doesn't. With the token of somebody who may do everything.
ATTACKS = [
    "/v1/orders/7%2Fcancel",
    "/v1/orders/7%2fcancel",
    "/v1/orders%2f7",
    "/v1/stock/..%2Forders",
    "/v1/stock/..%5Corders",
    "/v1/stock/../orders",
    "/v1/stock/./1",
    "/v1/stock/%2e%2e/orders",
    "/v1/stock/%2E%2E/orders",
    "/v1/stock/.%2e/orders",
    "/v1/stock/..",
    "/v1/stock/..;/orders",
    "/v1/stock;a=b",
    "/v1/stock/1;/../2",
    "//v1/stock",
    "/v1//stock",
    "/v1/stock//",
    "/v1/stock/",
    "/v1\\stock",
    "/v1/stock\\..\\orders",
    "/v1/stock/%00",
    "/v1/stock/1%00/../2",
    "/v1/stock/%0d%0aX-Auth-User:%20root",
    "/v1/stock/%0D%0AX-Auth-User:%20root",
    "/v1/stock%3f/../orders",
    "/v1/stock%3Fx",
    "/v1/stock%23",
    "/v1/stock/a%252Fb",
    "/v1/stock/%252e%252e/orders",
    "/v1/%73tock",
    "/%761/stock",
    "/v1/stock/%C0%AF",
    "/v1/stock/%ff",
    "/v1/stock/%u002e",
    "/v1/stock/%",
    "/v1/stock/%zz",
    "/v1/stock#/../orders",
    "/v1/stock?a#b",
    "/V1/stock",
    "/v1/STOCK",
    "/v1/Orders/7/cancel",
    "/v1/stock\u00e9",
    "/_authorize",
    "/gateway/authorize",
    "/v1/secret",
    "/",
    "/.",
    "/../v1/stock",
    "*",
    "v1/stock",
]


class Gateway:
    """What holds behind each gateway."""

    def setUp(self):
        WORLD.upstream.seen.clear()

    def seen(self):
        return list(WORLD.upstream.seen)

    def ask(self, target, token=None, **more):
        return ask(self.address, target, token, **more)

    def reached(self, answer):
        """What the API saw, of one answer."""
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def header(self, saw, name):
        return [value for other, value in saw["headers"] if other.replace("_", "-") == name]

    def test_a_request_goes_on_as_it_came_with_who_calls(self):
        for target in ["/v1/stock", "/v1/stock/oolong-7", "/v1/stock/caf%C3%A9%20noir?full=1&x=%2F..", "/v1/orders?"]:
            token = WORLD.strong if "orders" in target else WORLD.token
            saw = self.reached(self.ask(target, token))
            self.assertEqual((saw["verb"], saw["path"]), ("GET", target))
        saw = self.reached(self.ask("/v1/stock", WORLD.token))
        self.assertEqual(self.header(saw, "x-auth-user"), ["bess@brewster.example"])
        self.assertEqual(self.header(saw, "x-auth-token-id"), [WORLD.token_id])
        self.assertEqual(self.header(saw, "x-auth-token-name"), ["Bess%E2%80%99s laptop"])
        self.assertEqual(self.header(saw, "x-auth-scopes"), ["stock:read"])
        self.assertEqual(self.header(saw, "authorization"), [], "the API never gets the token")

    def test_verbs_and_bodies_arrive(self):
        body = b'{"count": 5}'
        saw = self.reached(self.ask("/v1/stock/oolong", WORLD.strong, verb="PUT", body=body, headers=[("Content-Type", "application/json")]))
        self.assertEqual((saw["verb"], self.header(saw, "content-length")), ("PUT", [str(len(body))]))
        self.assertEqual(self.ask("/v1/stock/oolong", WORLD.strong, verb="HEAD").status, 200)
        self.assertEqual(self.reached(self.ask("/v1/orders/7/cancel", WORLD.strong, verb="POST"))["path"], "/v1/orders/7/cancel")

    def test_without_a_token_that_may_nothing_goes_on(self):
        nobody = self.ask("/v1/stock")
        self.assertEqual((nobody.status, nobody.all("www-authenticate")), (401, ["Bearer"]))
        unknown = self.ask("/v1/stock", "nonsense")
        self.assertEqual((unknown.status, unknown.all("www-authenticate")), (401, ['Bearer error="invalid_token"']))
        for verb, target, scopes in [
            ("PUT", "/v1/stock/oolong", "stock:read stock:write"),
            ("GET", "/v1/orders", "orders:read"),
            ("POST", "/v1/orders/7/cancel", "orders:cancel"),
        ]:
            lacking = self.ask(target, WORLD.token, verb=verb)
            challenge = [f'Bearer error="insufficient_scope", scope="{scopes}"']
            self.assertEqual((lacking.status, lacking.all("www-authenticate")), (403, challenge), lacking)
        for verb, target in [("DELETE", "/v1/stock/oolong"), ("OPTIONS", "/v1/stock"), ("POST", "/v1/stock"), ("TRACE", "/v1/stock")]:
            self.assertIn(self.ask(target, WORLD.strong, verb=verb).status, (403, 405), f"{verb} {target}")
        self.assertEqual(self.seen(), [])

    def test_no_other_spelling_of_a_path_gets_past_its_pattern(self):
        for target in ATTACKS:
            answer = self.ask(target, WORLD.strong)
            self.assertFalse(200 <= answer.status < 300, f"{target}: {answer}")
        self.assertEqual(self.seen(), [], "the API saw none of them")

    def test_an_absolute_target_is_its_path(self):
        lacking = self.ask(f"http://{self.address}/v1/orders", WORLD.token)
        self.assertIn(lacking.status, (400, 403))
        allowed = self.ask(f"http://{self.address}/v1/orders", WORLD.strong)
        self.assertTrue(allowed.status in (400, 403) or self.reached(allowed)["path"] == "/v1/orders", allowed)
        self.assertLessEqual(set(self.seen()), {("GET", "/v1/orders")})

    def test_who_calls_can_t_be_forged(self):
        forged = []
        for name in IDENTITY:
            for spelt in {name, name.title(), name.upper(), name.replace("-", "_"), name.replace("-", "_", 1), name[::-1].replace("-", "_", 1)[::-1]}:
                forged += [(spelt, "root"), (spelt, "root2")]
        for token, user in [(WORLD.token, "bess@brewster.example"), (WORLD.job, "")]:
            saw = self.reached(self.ask("/v1/stock", token, headers=forged))
            self.assertNotIn("root", json.dumps(saw))
            self.assertEqual("".join(self.header(saw, "x-auth-user")), user)
        self.assertEqual(self.header(saw, "x-auth-token-name"), ["night job"])
        self.assertEqual("".join(self.header(saw, "x-auth-user-id")), "", "a job is nobody")

    def test_what_was_asked_can_t_be_forged(self):
        asked = [
            ("X-Original-Method", "GET"),
            ("X-Original-URI", "/v1/stock"),
            ("X-Forwarded-Method", "GET"),
            ("X-Forwarded-Uri", "/v1/stock"),
        ]
        for headers in [asked, asked[:2], asked[2:], [("x_original_uri", "/v1/stock"), ("x_forwarded_uri", "/v1/stock")]]:
            for verb, target in [("GET", "/v1/orders"), ("PUT", "/v1/stock/oolong"), ("GET", "/v1/secret")]:
                answer = self.ask(target, WORLD.token, verb=verb, headers=headers)
                self.assertEqual(answer.status, 403, f"{verb} {target} {headers}: {answer}")
        self.assertEqual(self.seen(), [])

    def test_the_api_is_not_asked_to_take_it_for_another_request(self):
        for name in OVERRIDES:
            answer = self.ask("/v1/stock", WORLD.token, headers=[(name, "/v1/orders/7/cancel" if "url" in name else "DELETE")])
            if answer.status == 200:
                self.assertEqual(self.header(json.loads(answer.body), name), [], name)
            else:
                self.assertEqual(answer.status, 403, answer)

    def test_two_credentials_are_refused(self):
        for second in ["Bearer " + WORLD.strong, "Basic cm9vdDpyb290", "nonsense"]:
            answer = self.ask("/v1/orders", WORLD.token, headers=[("Authorization", second)])
            self.assertIn(answer.status, (400, 401, 403), answer)
        self.assertEqual(self.seen(), [])

    def test_a_second_request_in_the_first_one_s_body_is_asked_about_itself(self):
        hidden = f"GET /v1/orders HTTP/1.1\r\nHost: {self.address}\r\nX-Auth-User: root\r\n\r\n".encode()
        for framing in [
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n",
            b"\r\n",
        ]:
            head = f"POST /v1/stock HTTP/1.1\r\nHost: {self.address}\r\nAuthorization: Bearer {WORLD.token}\r\n".encode()
            read = head.replace(b"POST", b"GET")
            for start in (head, read):
                send(self.address, start + framing + hidden.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        self.assertNotIn(("GET", "/v1/orders"), self.seen())

    def test_a_token_that_was_ended_is_ended_here_at_once(self):
        token = WORLD.admin.mint(f"short-lived {self.address}", ["stock:read"])["token"]
        self.assertEqual(self.ask("/v1/stock", token).status, 200)
        form = urllib.parse.urlencode({"token": token}).encode()
        with urllib.request.urlopen(f"{WORLD.server}/oauth/revoke", form) as answer:
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.ask("/v1/stock", token).status, 401)
        self.assertEqual(self.seen(), [("GET", "/v1/stock")])

    def test_while_nobody_answers_for_tokens_nothing_goes_on(self):
        address = self.start(free_address())
        answer = ask(address, "/v1/stock", WORLD.strong)
        self.assertGreaterEqual(answer.status, 500, answer)
        self.assertEqual(self.seen(), [])


class Nginx(Gateway, unittest.TestCase):
    start = staticmethod(lambda pat_server: WORLD.nginx(pat_server))

    @classmethod
    def setUpClass(cls):
        cls.address = WORLD.nginx(WORLD.address)


class Caddy(Gateway, unittest.TestCase):
    start = staticmethod(lambda pat_server: WORLD.caddy(pat_server))

    @classmethod
    def setUpClass(cls):
        cls.address = WORLD.caddy(WORLD.address)


class ReadyFiles(unittest.TestCase):
    """The two that can't be run here say the same as the two that can."""

    def test_each_names_all_headers_that_it_sets_and_all_that_it_removes(self):
        for name in ["nginx.conf", "Caddyfile", "traefik.yaml", "envoy.yaml"]:
            text = (EXAMPLES / "gateways" / name).read_text()
            moved(text, {PAT_SERVER: "x", CLIENTS: "x"} if name in ("nginx.conf", "Caddyfile") else {})
            for header in IDENTITY + OVERRIDES:
                self.assertIn(header, text.lower(), name)
            self.assertIn("/gateway/envoy" if name == "envoy.yaml" else "/gateway/authorize", text, name)


if __name__ == "__main__":
    unittest.main()
