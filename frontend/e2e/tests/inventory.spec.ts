// Everyone's tokens: found, exported, revoked, paused and resumed, one or many.
import { readFileSync } from "node:fs";

import {
  callWebApi,
  choosePassword,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  invite,
  mint,
  openEnded,
  people,
  row,
  signIn,
  tabTo,
  test,
  uniqueName,
  type NewPerson,
  type Page,
} from "./support";

type Minted = { name: string; id: string; secret: string };

/** A person of this test's own, with tokens. Leaves the admin signed in. */
async function ownerOf(page: Page, count: number, scopes = ["catalog:read"]): Promise<{ owner: NewPerson; tokens: Minted[] }> {
  await signIn(page, people.admin);
  const owner = await invite(page, "Olga", ["scorecard_admin"]);
  await choosePassword(page, owner.link);
  await signIn(page, owner);
  const tokens: Minted[] = [];
  for (let made = 0; made < count; made += 1) {
    const name = uniqueName("bulk");
    tokens.push({ name, ...(await mint(page, name, scopes)) });
  }
  await signIn(page, people.admin);
  return { owner, tokens };
}

async function openTokens(page: Page, query = ""): Promise<void> {
  await page.goto(`/admin/tokens${query}`);
  await expect(page.getByRole("heading", { name: "Everyone’s tokens", level: 1 })).toBeVisible();
}

/** What a change of many says when it is through. */
const outcome = (page: Page, text: string) => page.getByRole("status").filter({ hasText: text });

test("tokens are found by owner, scope and status, and the address keeps the question", async ({ page }) => {
  const { owner, tokens } = await ownerOf(page, 2);
  const [wide, narrow] = tokens;
  await signIn(page, owner);
  const writer = uniqueName("writer");
  await mint(page, writer, ["catalog:read", "scorecards:write"]);
  await signIn(page, people.admin);

  await page.goto(`/admin/users/${owner.id}`);
  await page.getByRole("link", { name: "Their tokens" }).click();
  await expect(page.getByRole("heading", { name: "Everyone’s tokens", level: 1 })).toBeVisible();
  await expect(page.getByText(`Only tokens of ${owner.name}`)).toBeVisible();
  await expect(outcome(page, "3 tokens")).toBeVisible();
  await expect(row(page, wide.name)).toContainText(owner.email);
  await expect(row(page, narrow.name)).toContainText("Active");

  await page.getByLabel("Holds scope").selectOption("scorecards:write");
  await expect(outcome(page, "1 token")).toBeVisible();
  await expect(row(page, writer)).toBeVisible();
  await expect(row(page, wide.name)).toHaveCount(0);
  await page.getByLabel("Status").selectOption("Revoked");
  await expect(page.getByRole("heading", { name: "No token matches" })).toBeVisible();
  await expectAccessible(page, "No token matches");
  await page.reload();
  await expect(page.getByRole("heading", { name: "No token matches" })).toBeVisible();
  await expect(page.getByLabel("Holds scope")).toHaveValue("scorecards:write");
  await expect(page.getByLabel("Status")).toHaveValue("revoked");

  await page.getByLabel("Status").selectOption("Any status");
  await row(page, writer).getByRole("link", { name: writer, exact: true }).click();
  await expect(page.getByRole("heading", { name: writer, level: 1 })).toBeFocused();
  await expect(page.getByText("scorecards:write")).toBeVisible();
  await page.goBack();
  await expect(outcome(page, "1 token")).toBeVisible();
  await expect(page.getByLabel("Holds scope")).toHaveValue("scorecards:write");

  await page.getByLabel("Holds scope").selectOption("Any scope");
  await page.getByLabel("Never used").check();
  await expect(page).toHaveURL(/never_used=true/);
  await page.getByLabel("Not used since").fill("2020-01-31");
  await expect(page).toHaveURL(/not_used_since=2020-01-30T23/);
  await expect(page.getByLabel("Never used")).not.toBeChecked();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(page).toHaveURL(/\/admin\/tokens$/);
  await openTokens(page, `?owner=${owner.id}`);
  await page.getByRole("button", { name: `Show everybody’s, not only those of ${owner.name}` }).click();
  await expect(page).toHaveURL(/\/admin\/tokens$/);
});

test("the selected are revoked with a reason, which the owner reads", async ({ page, request }) => {
  const { owner, tokens } = await ownerOf(page, 3);
  const [first, second, kept] = tokens;
  const note = "The laptop was lost. Make new ones.";
  await openTokens(page, `?owner=${owner.id}`);
  await expect(row(page, first.name)).toBeVisible();
  for (const token of [first, second]) await page.getByRole("checkbox", { name: `Select ${token.name} of ${owner.name}` }).check();
  await expect(outcome(page, "2 selected")).toBeVisible();
  await expectAccessible(page, "Everyone’s tokens");
  await page.getByRole("button", { name: "Revoke what is selected" }).click();

  const dialog = page.getByRole("dialog", { name: "Revoke the selected tokens?" });
  await expect(dialog.getByText("2 tokens will stop working at once, for good. 1 person is affected.")).toBeVisible();
  await expect(dialog.getByRole("listitem").filter({ hasText: `${first.name} of ${owner.name}` })).toBeVisible();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(dialog.getByRole("radiogroup", { name: "Reason" })).toHaveAccessibleDescription(/Choose a reason/);
  await expectAccessible(page, "Revoke the selected tokens?");
  await dialog.getByLabel("Its secret is known to others").check();
  await dialog.getByLabel("Note").fill(note);
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("heading", { name: "Revoking tokens" })).toBeFocused();
  await expect(outcome(page, "Done. 2 tokens revoked.")).toBeVisible();
  await expect(row(page, first.name)).toContainText(`Its secret is known to others. ${note}`);
  await expect(row(page, kept.name)).toContainText("Active");
  expect(await callWebApi(request, second.secret)).toBe(401);
  expect(await callWebApi(request, kept.secret)).toBe(200);

  await page.getByRole("link", { name: "Recent bulk changes" }).click();
  await expect(page.getByRole("heading", { name: "Recent bulk changes", level: 1 })).toBeFocused();
  const change = page.getByRole("row").filter({ hasText: note }).first();
  await expect(change).toContainText("Done. 2 tokens revoked.");
  await expect(change).toContainText("Ada Admin");
  await expectAccessible(page, "Recent bulk changes");

  await signIn(page, owner);
  await page.goto("/settings");
  await openEnded(page);
  await expect(row(page, first.name)).toContainText("by Ada Admin");
  await expect(row(page, first.name)).toContainText(`Its secret is known to others. ${note}`);
});

test("all that match are revoked, with their progress, which a reload finds again", async ({ page, request }) => {
  const { owner, tokens } = await ownerOf(page, 4);
  await openTokens(page, `?owner=${owner.id}`);
  await expect(outcome(page, "4 tokens")).toBeVisible();
  // As if it took long: the page hears of the end only once it may.
  let mayEnd = false;
  await page.route("**/api/admin/tokens/changes**", async (route) => {
    if (route.request().method() !== "GET") return route.fallback();
    const answer = await route.fetch();
    const body = await answer.json();
    const slow = (change: object) => ({ ...change, state: "running", done: 1, ended_at: null });
    const isList = Array.isArray(body.changes);
    if (!mayEnd) await route.fulfill({ json: isList ? { changes: body.changes.slice(0, 1).map(slow) } : slow(body) });
    else await route.fulfill({ response: answer, json: body });
  });
  await page.getByRole("button", { name: "Select all that match" }).click();
  await expect(outcome(page, "All that match are selected, shown or not")).toBeVisible();
  await page.getByRole("button", { name: "Revoke what is selected" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke all tokens that match?" });
  await expect(dialog.getByText("4 tokens will stop working at once, for good. 1 person is affected.")).toBeVisible();
  await dialog.getByLabel("Nobody uses it").check();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("1 of 4 tokens so far.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await expectAccessible(page, "Revoking tokens");
  await page.reload();
  await expect(page.getByText("1 of 4 tokens so far.")).toBeVisible();
  mayEnd = true;
  await expect(outcome(page, "Done. 4 tokens revoked.")).toBeVisible();
  for (const token of tokens) {
    await expect(row(page, token.name)).toContainText("Nobody uses it");
    expect(await callWebApi(request, token.secret)).toBe(401);
  }
});

test("a pause is felt by the next call, and so is its end", async ({ page, request }) => {
  const { owner, tokens } = await ownerOf(page, 2);
  const [one, other] = tokens;
  await openTokens(page, `?owner=${owner.id}`);
  await row(page, one.name).getByRole("button", { name: `Pause ${one.name} of ${owner.name}` }).click();
  let dialog = page.getByRole("dialog", { name: `Pause ${one.name} of ${owner.name}?` });
  await dialog.getByLabel("Until…").check();
  await expect(dialog.getByText("Choose a date and time within the next 30 days.")).toBeVisible();
  await dialog.getByRole("button", { name: "Pause" }).click();
  await expect(dialog.getByLabel("Date and time")).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page, `Pause ${one.name} of ${owner.name}?`);
  await dialog.getByLabel("7 days").check();
  await expect(dialog.getByText(/^Refused until /)).toBeVisible();
  await dialog.getByRole("button", { name: "Pause" }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, one.name)).toContainText("Paused");
  await expect(row(page, one.name)).toBeFocused();
  expect(await callWebApi(request, one.secret)).toBe(401);
  expect(await callWebApi(request, other.secret)).toBe(200);

  await page.getByLabel("Select all shown").check();
  await page.getByRole("button", { name: "Pause what is selected" }).click();
  await page.getByRole("dialog").getByLabel("1 hour").check();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(outcome(page, "Done. 2 tokens paused.")).toBeVisible();
  expect(await callWebApi(request, other.secret)).toBe(401);

  await row(page, one.name).getByRole("button", { name: `Resume ${one.name} of ${owner.name}` }).click();
  dialog = page.getByRole("dialog", { name: `Resume ${one.name} of ${owner.name}?` });
  await dialog.getByRole("button", { name: "Resume" }).click();
  await expect(row(page, one.name)).toContainText("Active");
  expect(await callWebApi(request, one.secret)).toBe(200);
  await page.getByRole("button", { name: "Select all that match" }).click();
  await page.getByRole("button", { name: "Resume what is selected" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await expect(row(page, other.name)).toContainText("Active");
  expect(await callWebApi(request, other.secret)).toBe(200);
});

test("what is shown can be downloaded", async ({ page }) => {
  const { owner, tokens } = await ownerOf(page, 2);
  await openTokens(page, `?owner=${owner.id}`);
  await expect(outcome(page, "2 tokens")).toBeVisible();
  const contents: string[] = [];
  for (const format of ["CSV", "JSON Lines"]) {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: `Export as ${format}` }).click();
    contents.push(readFileSync(await (await download).path(), "utf8"));
  }
  for (const content of contents) for (const token of tokens) expect(content).toContain(token.name);
  const [csv, lines] = contents;
  expect(csv.trimEnd().split("\n")).toHaveLength(3);
  expect(lines.trimEnd().split("\n").map((line) => JSON.parse(line))).toHaveLength(2);
});

test("a token’s page tells what it is, and what it never needed", async ({ page }) => {
  const { owner, tokens } = await ownerOf(page, 1, ["catalog:read", "scorecards:write"]);
  const [token] = tokens;
  const unused = { scopes: [{ scope: "scorecards:write", granted_at: "2026-01-31T12:00:00Z" }], days: 30 };
  await page.route(`**/api/admin/tokens/${token.id}/unused-scopes`, (route) => route.fulfill({ json: unused }));
  await page.goto(`/admin/tokens/${token.id}`);
  await expect(page.getByRole("heading", { name: token.name, level: 1 })).toBeVisible();
  await expect(page.getByText(owner.email)).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "granted" })).toContainText("scorecards:write");
  await expect(page.getByRole("link", { name: "Activity" })).toHaveAttribute("href", `/admin/audit?token=${token.id}`);
  await expectAccessible(page, token.name);
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByLabel("Its owner left").check();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText(/It was revoked by Ada Admin .*: Its owner left/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Revoke" })).toHaveCount(0);
  await page.goto("/admin/tokens/nonsense");
  await expect(page.getByRole("heading", { name: "No such token" })).toBeVisible();
});

test("a token is found and revoked by keyboard alone", async ({ page, request }) => {
  const { owner, tokens } = await ownerOf(page, 1);
  const [token] = tokens;
  await openTokens(page, `?owner=${owner.id}`);
  await expect(row(page, token.name)).toBeVisible();
  await tabTo(page, `Select ${token.name} of ${owner.name}`);
  await page.keyboard.press("Space");
  await expect(outcome(page, "1 selected")).toBeVisible();
  await page.keyboard.press("Space");
  await tabTo(page, `Revoke ${token.name} of ${owner.name}`);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: `Revoke ${token.name} of ${owner.name}?` });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: `Revoke ${token.name} of ${owner.name}` })).toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, "Its secret is known to others");
  await page.keyboard.press("Space");
  await tabTo(page, "Revoke");
  await page.keyboard.press("Enter");
  await expect(row(page, token.name)).toBeFocused();
  await expect(row(page, token.name)).toContainText("Revoked");
  expect(await callWebApi(request, token.secret)).toBe(401);
});

test("the inventory is accessible in light and dark, wide and narrow", async ({ page }) => {
  const { owner, tokens } = await ownerOf(page, 2, ["catalog:read", "scorecards:read", "scorecards:write", "workflowRuns:trigger"]);
  await openTokens(page, `?owner=${owner.id}`);
  await expect(outcome(page, "2 tokens")).toBeVisible();
  // The widest there is: who revoked it, why and when.
  await row(page, tokens[0].name).getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByLabel("Its secret is known to others").check();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row(page, tokens[0].name)).toContainText("Its secret is known to others");
  await page.getByLabel("Select all shown").check();
  await expectAccessible(page, "Everyone’s tokens");
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, "Everyone’s tokens");
  for (const width of [320, 768, 900, 1000, 1220, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await expectNoSidewaysScroll(page);
  }
  await page.setViewportSize({ width: 320, height: 800 });
  await expectAccessible(page, "Everyone’s tokens");
});
