// Signing in a command line: the consent page that it opens, and the page where the code of a device is typed.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import {
  callWebApi,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  ORIGIN,
  PASSWORD,
  people,
  signIn,
  tabTo,
  test,
  uniqueName,
  type APIRequestContext,
  type Page,
} from "./support";

// The test vector of DX's command line.
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "MTNkMzFlOTYxYTFhZDhlYzJmMTZiMTBjNGM5ODJlMDg3NmE4NzhhZDZkZjE0NDU2NmVlMTg5NGFjYjcwZjljMw";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

type Program = { callback: string; answered: Promise<URLSearchParams>; token: () => string };

/** What a command line does: it listens on loopback, takes one request, exchanges the code, and sends the browser on. */
async function listen(): Promise<Program> {
  let token = "";
  let told: (query: URLSearchParams) => void = () => undefined;
  const answered = new Promise<URLSearchParams>((resolve) => (told = resolve));
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? "/", "http://127.0.0.1").searchParams;
    const code = query.get("code");
    let next: string | undefined;
    if (code !== null) {
      const body = new URLSearchParams({ code, code_verifier: VERIFIER });
      const answer = await (await fetch(`${ORIGIN}/cli/token`, { method: "POST", body })).json();
      token = answer.access_token;
      next = answer.redirect_uri;
    }
    if (next) response.writeHead(302, { Location: next });
    response.end(next ? "" : "You can close this page.");
    server.close();
    told(query);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { callback: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answered, token: () => token };
}

function address(callback: string): string {
  const query = new URLSearchParams({ callback_uri: callback, state: "a state", code_challenge: CHALLENGE, code_challenge_method: "S256" });
  return `/cli/auth?${query}`;
}

/** Light and dark, wide and narrow. */
async function expectAccessibleEverywhere(page: Page, heading: string): Promise<void> {
  await expectAccessible(page, heading);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, heading);
  await page.setViewportSize({ width: 320, height: 800 });
  await expectAccessible(page, heading);
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.emulateMedia({ colorScheme: "light" });
}

test("a command line gets a token with the keyboard alone, from sign-in to the end", async ({ page, request }) => {
  const program = await listen();
  const name = uniqueName("dx-cli");
  await page.goto(address(program.callback));
  await expect(page.getByRole("heading", { name: "Sign in", exact: true })).toBeVisible();
  await page.getByLabel("Email").fill(people.database.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");

  // Another program of the page, so an ordinary page load: the focus begins at the top, as on any page.
  await expect(page.getByRole("heading", { name: "Sign in a command line" })).toBeVisible();
  await expect(page.getByText(program.callback, { exact: true })).toBeVisible();
  await expect(page.getByText("Dana Database (database@demo.test)")).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue(/^dx-cli \d{4}-\d\d-\d\d \d\d:\d\d$/);
  await expect(page.getByLabel("catalog:read", { exact: true })).toBeChecked();
  await expect(page.getByLabel("catalog:write:entities", { exact: true })).not.toBeChecked();
  await tabTo(page, "Name");
  await page.keyboard.press("Control+A");
  await page.keyboard.type(name);
  await tabTo(page, "30 days");
  await page.keyboard.press("ArrowUp");
  await tabTo(page, "snapshots:read");
  await page.keyboard.press("Space");
  await tabTo(page, "Allow");
  await page.keyboard.press("Enter");

  const answer = await program.answered;
  expect(answer.get("state")).toBe("a state");
  await expect(page).toHaveURL("/cli/done");
  await expect(page.getByRole("heading", { name: "Signed in" })).toBeVisible();
  await expectAccessibleEverywhere(page, "Signed in");
  expect(await callWebApi(request, program.token())).toBe(200);
  expect(await callWebApi(request, program.token(), "teams.list")).toBe(403);
  const tokens = await (await page.request.get(`${ORIGIN}/api/personal-access-tokens?status=active`)).json();
  const made = tokens.personal_access_tokens.find((token: { name: string }) => token.name === name);
  expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBe(7 * 24 * 3_600_000);
});

test("a refusal is told to the program, and no token is made", async ({ page }) => {
  const program = await listen();
  await signIn(page, people.database);
  await page.goto(address(program.callback));
  await expectAccessibleEverywhere(page, "Sign in a command line");
  await page.getByRole("button", { name: "Refuse" }).click();
  const answer = await program.answered;
  expect([...answer]).toEqual([
    ["error", "access_denied"],
    ["state", "a state"],
  ]);
  await expect(page.getByText("You can close this page.")).toBeVisible();
});

test("mistakes are shown at their fields, and nothing is sent to the program", async ({ page }) => {
  await signIn(page, people.database);
  await page.goto(address("http://127.0.0.1:9"));
  await page.getByLabel("Name").fill("");
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Enter a name\./);
  await expect(page).toHaveURL(/\/cli\/auth\?/);
});

test("an answer to another computer is never sent, and the page says what to do", async ({ page }) => {
  await signIn(page, people.database);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address("https://evil.example/callback"));
  await expect(page.getByText("This can’t be decided here")).toBeVisible();
  await expect(page.getByText("The program wants the answer sent to https://evil.example/callback.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Allow" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Refuse" })).toHaveCount(0);
  await expectAccessibleEverywhere(page, "Sign in a command line");
  expect(requests.filter((url) => !url.startsWith(ORIGIN))).toEqual([]);

  await page.goto("/cli/auth?callback_uri=http://127.0.0.1:4321&code_challenge=x&code_challenge_method=plain");
  await expect(page.getByText("The address of this page is incomplete")).toBeVisible();
});

async function begin(request: APIRequestContext): Promise<{ device_code: string; user_code: string; verification_uri_complete: string }> {
  const answer = await request.post(`${ORIGIN}/cli/device`, { form: { client_id: "dx-cli" }, headers: { "User-Agent": "dx-cli/0.2.0" } });
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.json();
}

async function poll(request: APIRequestContext, code: string): Promise<{ access_token?: string; error?: string }> {
  return (await request.post(`${ORIGIN}/cli/token`, { form: { grant_type: DEVICE_GRANT, device_code: code } })).json();
}

test("a device gets a token by the code that it shows, with the keyboard alone", async ({ page, request }) => {
  const device = await begin(request);
  await signIn(page, people.database);
  await page.goto("/cli/device");
  await expectAccessibleEverywhere(page, "Sign in a device");
  await tabTo(page, "Code");
  await page.keyboard.type("bbbb bbbb");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("No program waits with this code");
  await page.getByLabel("Code").fill("");
  await page.keyboard.type(device.user_code.toLowerCase());
  await page.keyboard.press("Enter");

  await expect(page.getByText("A program that calls itself dx-cli/0.2.0")).toBeVisible();
  await expect(page.getByText(device.user_code, { exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Sign in a device" })).toBeFocused();
  await expectAccessibleEverywhere(page, "Sign in a device");
  expect((await poll(request, device.device_code)).error).toBe("authorization_pending");
  await page.getByLabel("Name").fill(uniqueName("build-box"));
  await tabTo(page, "Allow");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Go back to the device")).toBeVisible();
  await expectAccessibleEverywhere(page, "Sign in a device");
  const { access_token: token } = await poll(request, device.device_code);
  expect(await callWebApi(request, token ?? "")).toBe(200);
});

test("a link fills the code in but decides nothing, and the device is told of a refusal", async ({ page, request }) => {
  const device = await begin(request);
  await signIn(page, people.database);
  await page.goto(new URL(device.verification_uri_complete).pathname + new URL(device.verification_uri_complete).search);
  await expect(page.getByLabel("Code")).toHaveValue(device.user_code);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.getByText("Refused. The device gets no token.")).toBeVisible();
  expect((await poll(request, device.device_code)).error).toBe("access_denied");
});
