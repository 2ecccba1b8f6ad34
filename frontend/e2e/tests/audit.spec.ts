// The audit log: what people, their tokens and agents really did, in sentences; filtered by what stands in the address.
import {
  callWebApi,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  mint,
  ORIGIN,
  people,
  remove,
  signIn,
  test,
  uniqueName,
  type APIRequestContext,
  type Page,
} from "./support";

/** Ada opens the log. */
async function open(page: Page, query = ""): Promise<void> {
  await signIn(page, people.admin);
  await page.goto(`/admin/audit${query}`);
  await expect(page.getByRole("heading", { name: "Audit log", level: 1 })).toBeVisible();
}

const rows = (page: Page) => page.getByRole("listitem").filter({ has: page.getByRole("time") });

async function callByAgent(request: APIRequestContext, secret: string, method: string): Promise<number> {
  const headers = { Authorization: `Bearer ${secret}`, "X-Client-Type": "dx-cli", "X-DX-Agent-Name": "Claude Code", "X-DX-Agent-Model": "opus" };
  return (await request.get(`/${method}`, { headers })).status();
}

/** A token that was made, used by an agent, refused, narrowed and deleted. */
async function live(page: Page, request: APIRequestContext): Promise<{ id: string; name: string }> {
  const name = uniqueName("ci-laptop");
  await signIn(page, people.selfservice);
  const { id, secret } = await mint(page, name, ["catalog:read", "workflows:read"]);
  expect(await callByAgent(request, secret, "catalog.entities.list")).toBe(200);
  expect(await callByAgent(request, secret, "scorecards.list")).toBe(403);
  const headers = { Origin: ORIGIN, "If-Match": '"1"' };
  const edit = await page.request.patch(`${ORIGIN}/api/personal-access-tokens/${id}`, { headers, data: { scopes: ["catalog:read"] } });
  expect(edit.status(), await edit.text()).toBe(200);
  await remove(page, id);
  expect(await callWebApi(request, secret)).toBe(401);
  return { id, name };
}

test("what happened to a token reads as sentences, newest first", async ({ page, request }) => {
  const { id, name } = await live(page, request);
  await open(page, `?token=${id}`);
  await expect(page.getByText(`Token: ${name}`)).toBeVisible();
  await expect(rows(page)).toHaveCount(6);
  const sentences = [
    `Sam Selfservice called catalog.entities.list with ‘${name}’. Refused: it was revoked.`,
    `Sam Selfservice deleted ‘${name}’.`,
    `Sam Selfservice narrowed ‘${name}’: removed workflows:read.`,
    `Sam Selfservice called scorecards.list with ‘${name}’ through Claude Code (agent). Refused: it lacks scorecards:read.`,
    `Sam Selfservice called catalog.entities.list with ‘${name}’ through Claude Code (agent).`,
    `Sam Selfservice made ‘${name}’ with catalog:read, workflows:read.`,
  ];
  for (const [index, sentence] of sentences.entries()) await expect(rows(page).nth(index)).toContainText(sentence);
  await expect(rows(page).nth(3)).toContainText("dx-cli");
  await expect(page.getByRole("status").filter({ hasText: "6 events" })).toBeVisible();

  await rows(page).nth(3).getByText("Details").click();
  await expect(rows(page).nth(3).getByText("opus", { exact: true })).toBeVisible();
  await expect(rows(page).nth(3).getByText('"missing_scopes"')).toBeVisible();
  await expect(rows(page).nth(3).getByText(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)).toBeVisible();
});

test("the filter lives in the address, and a reload keeps it", async ({ page, request }) => {
  const { id, name } = await live(page, request);
  await open(page, `?token=${id}`);
  await expect(rows(page)).toHaveCount(6);
  await page.getByLabel("What happened").selectOption("Web API called");
  await expect(rows(page)).toHaveCount(3);
  await page.getByLabel("Outcome").selectOption("Succeeded");
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(`/admin/audit?token=${id}&event_type=web_api.called&outcome=succeeded`);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByLabel("Outcome")).toHaveValue("succeeded");

  await page.getByLabel("From").fill("2020-01-01T10:00");
  await page.getByLabel("Until").fill("2020-01-02T10:00");
  await page.getByLabel("Until").blur();
  await expect(page.getByRole("heading", { name: "No events" })).toBeVisible();
  await expect(page).toHaveURL(/from=2020-01-01T09%3A00%3A00Z&until=2020-01-02T09%3A00%3A00Z$/);
  await expect(page.getByLabel("From")).toHaveValue("2020-01-01T10:00");
  await expectAccessible(page, "No events");
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(page).toHaveURL("/admin/audit");
  await expect(rows(page).first()).toBeVisible();

  await page.goto(`/admin/audit?token=${id}&outcome=refused`);
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole("button", { name: `Don’t filter by Token: ${name}` }).click();
  await expect(page).toHaveURL("/admin/audit?outcome=refused");
});

test("a row leads to all that its person did", async ({ page, request }) => {
  const { id, name } = await live(page, request);
  await open(page, `?token=${id}&event_type=personal_access_tokens.created`);
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().getByText("Details").click();
  await rows(page).first().getByRole("link", { name: "Only this person" }).click();
  await expect(page).toHaveURL(/\/admin\/audit\?user=[0-9a-f-]{36}$/);
  await expect(page.getByText("Person: Sam Selfservice")).toBeVisible();
  await expect(rows(page).filter({ hasText: `deleted ‘${name}’` })).toBeVisible();
});

test("an address that is none is said at its field", async ({ page }) => {
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  await page.getByLabel("IP address").fill("somewhere");
  await page.getByLabel("IP address").press("Enter");
  await expect(page.getByLabel("IP address")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("IP address").fill("127.0.0.1");
  await page.getByLabel("IP address").press("Enter");
  await expect(page.getByLabel("IP address")).not.toHaveAttribute("aria-invalid");
  await expect(rows(page).first()).toContainText("From 127.0.0.1");
});

test("older rows come page by page, none twice", async ({ page, request }) => {
  await signIn(page, people.selfservice);
  const { id, secret } = await mint(page, uniqueName("busy"), ["catalog:read"]);
  for (let calls = 0; calls < 55; calls += 1) expect(await callWebApi(request, secret)).toBe(200);
  await open(page, `?token=${id}`);
  await expect(rows(page)).toHaveCount(50);
  await expect(page.getByRole("status").filter({ hasText: "The newest 50 events" })).toBeVisible();
  await rows(page).first().getByText("Details").click();
  await page.getByRole("button", { name: "Load more" }).click();
  await expect(rows(page)).toHaveCount(56);
  await expect(rows(page).last()).toContainText("made ‘busy-");
  await expect(page.getByRole("button", { name: "Load more" })).toHaveCount(0);
  await expect(rows(page).first().getByText("Request id"), "what was unfolded stays so").toBeVisible();
});

test("the rows that are shown can be downloaded", async ({ page, request }) => {
  const { id } = await live(page, request);
  await open(page, `?token=${id}&outcome=refused`);
  await expect(rows(page)).toHaveCount(2);
  const started = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export as JSON Lines" }).click();
  const download = await started;
  expect(download.suggestedFilename()).toBe("audit-events.jsonl");
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString().trim().split("\n").map((line) => JSON.parse(line));
  expect(lines.map((line) => [line.token.id, line.outcome])).toEqual([[id, "refused"], [id, "refused"]]);
});

test("accessible: audit log", async ({ page, request }) => {
  const { id } = await live(page, request);
  await open(page, `?token=${id}`);
  await expect(rows(page)).toHaveCount(6);
  await rows(page).nth(3).getByText("Details").click();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, "Audit log");
  }
  await page.setViewportSize({ width: 320, height: 800 });
  await expectAccessible(page, "Audit log");
  await expectNoSidewaysScroll(page);
});
