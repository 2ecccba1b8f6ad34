// What owners do with their tokens beside editing them: look at the activity, pause, drop scopes that nothing needs, revoke all.
import {
  callWebApi,
  choosePassword,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  invite,
  mint,
  openEnded,
  ORIGIN,
  people,
  row,
  signIn,
  test,
  uniqueName,
  type Page,
} from "./support";

const rows = (page: Page) => page.getByRole("listitem").filter({ has: page.getByRole("time") });

test("owners read what happened to a token and what was done with it", async ({ page, request }) => {
  const name = uniqueName("watched");
  await signIn(page, people.database);
  const { id, secret } = await mint(page, name);
  const headers = { Authorization: `Bearer ${secret}`, "User-Agent": "dx-cli/1.2.3 (linux)", "X-DX-Agent-Name": "Claude Code" };
  expect((await request.get("/scorecards.list", { headers })).status()).toBe(403);
  await page.goto(`/settings/tokens/${id}`);
  await page.getByRole("link", { name: "What it did, and what it never needed" }).click();
  await expect(page.getByRole("heading", { name: `Activity of ${name}`, level: 1 })).toBeVisible();
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText(
    `Dana Database called scorecards.list with ‘${name}’ through Claude Code (agent). Refused: it lacks scorecards:read.`,
  );
  await expect(rows(page).first()).toContainText("dx-cli/1.2.3");
  await expect(rows(page).last()).toContainText(`Dana Database made ‘${name}’ with catalog:read.`);
  await expectAccessible(page, /^Activity of /);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, /^Activity of /);
  await page.setViewportSize({ width: 320, height: 800 });
  await expectNoSidewaysScroll(page);
  await page.getByRole("link", { name: "The token" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
});

test("a pause refuses the token until it is ended", async ({ page, request }) => {
  const name = uniqueName("paused");
  await signIn(page, people.database);
  const { id, secret } = await mint(page, name);
  await page.goto(`/settings/tokens/${id}`);
  await expect(page.getByRole("heading", { name: "Pause this token" })).toBeVisible();
  await page.getByLabel("7 days").check();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("heading", { name: "This token is paused" })).toBeVisible();
  await expect(page.getByText(/^It is refused until .*, and works again then\.$/)).toBeVisible();
  expect(await callWebApi(request, secret)).toBe(401);
  await expectAccessible(page, "This token is paused");

  await page.getByRole("button", { name: "Resume now" }).click();
  await expect(page.getByText("It works again.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Pause this token" })).toBeVisible();
  expect(await callWebApi(request, secret)).toBe(200);
});

test("a pause by an admin names them, and can’t be ended by the owner", async ({ page, request }) => {
  const name = uniqueName("paused-by-admin");
  await signIn(page, people.database);
  const { id, secret } = await mint(page, name);
  await signIn(page, people.admin);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const answer = await page.request.post(`${ORIGIN}/api/admin/tokens/${id}/pause`, { headers: { Origin: ORIGIN }, data: { until } });
  expect(answer.status(), await answer.text()).toBe(200);
  expect(await callWebApi(request, secret)).toBe(401);

  await signIn(page, people.database);
  await page.goto(`/settings/tokens/${id}`);
  await expect(page.getByRole("heading", { name: "This token is paused" })).toBeVisible();
  await expect(page.getByText(/^Ada Admin paused it\. It is refused until /)).toBeVisible();
  await expect(page.getByText("only an admin can end the pause earlier")).toBeVisible();
  await expect(page.getByRole("button", { name: "Resume now" })).toHaveCount(0);
});

test("scopes that nothing needed are named and taken off with one click", async ({ page, request }) => {
  const name = uniqueName("wide");
  await signIn(page, people.database);
  const { id, secret } = await mint(page, name, ["catalog:read", "scorecards:read", "workflows:read"]);
  // Only a month could make the server say this.
  const scopes = ["scorecards:read", "workflows:read"].map((scope) => ({ scope, granted_at: "2026-01-01T00:00:00Z" }));
  await page.route(`**/api/personal-access-tokens/${id}/unused-scopes`, (route) => route.fulfill({ json: { scopes, days: 30 } }));
  await page.goto(`/settings/tokens/${id}/activity`);
  await expect(page.getByRole("heading", { name: `Activity of ${name}`, level: 1 })).toBeVisible();
  await expect(page.getByText("Not needed for 30 days: scorecards:read, workflows:read.")).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await expectAccessible(page, /^Activity of /);
  await page.getByRole("button", { name: "Remove them" }).click();
  await expect(page.getByText("Removed scorecards:read, workflows:read.", { exact: true })).toBeVisible();
  await expect(rows(page).first()).toContainText(`Dana Database narrowed ‘${name}’: removed scorecards:read, workflows:read.`);
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(403);
  expect(await callWebApi(request, secret)).toBe(200);
});

test("all tokens are revoked at once, after the words were typed", async ({ page, request }) => {
  await signIn(page, people.admin);
  const person = await invite(page, "Careful", ["contributor"]);
  await choosePassword(page, person.link);
  await signIn(page, person);
  await page.goto("/settings");
  await expect(page.getByRole("heading", { name: "No tokens yet" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Revoke all…" })).toHaveCount(0);
  const name = uniqueName("first");
  const secrets = [(await mint(page, name)).secret, (await mint(page, uniqueName("second"))).secret];
  await page.reload();
  await expect(row(page, name)).toBeVisible();
  await page.getByRole("button", { name: "Revoke all…" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke all your tokens?" });
  await expectAccessible(page, "Revoke all your tokens?");
  await dialog.getByLabel("Type “revoke all” to confirm").fill("revoke");
  await dialog.getByRole("button", { name: "Revoke all" }).click();
  await expect(dialog.getByLabel("Type “revoke all” to confirm")).toBeFocused();
  await expect(dialog.getByLabel("Type “revoke all” to confirm")).toHaveAccessibleDescription(/Type the words/);
  for (const secret of secrets) expect(await callWebApi(request, secret)).toBe(200);
  await dialog.getByLabel("Type “revoke all” to confirm").fill("revoke all");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "2 tokens were revoked." })).toBeVisible();
  await expect(dialog).toBeHidden();
  for (const secret of secrets) expect(await callWebApi(request, secret)).toBe(401);
  await expect(page.getByText("None of your tokens works now.")).toBeVisible();
  await openEnded(page);
  await expect(row(page, name)).toContainText("Revoked");
});
