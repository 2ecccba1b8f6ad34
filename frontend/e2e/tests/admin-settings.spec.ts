// The account's settings: previewed on live tokens, applied at once, taken back. In the second account, where nobody else makes tokens;
// each test puts back what it found.
import {
  callWebApi,
  choosePassword,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  invite,
  mint,
  ORIGIN,
  people,
  signIn,
  test,
  uniqueName,
  type Page,
} from "./support";

type Saved = { version: number; settings: Record<string, unknown> };

async function read(page: Page): Promise<Saved> {
  return (await page.request.get(`${ORIGIN}/api/admin/settings`)).json();
}

/** Saves settings through the API, as another tab would. */
async function save(page: Page, change: Record<string, unknown>): Promise<void> {
  const { version, settings } = await read(page);
  const headers = { Origin: ORIGIN, "If-Match": `"${version}"` };
  const answer = await page.request.put(`${ORIGIN}/api/admin/settings`, { headers, data: { ...settings, ...change } });
  expect(answer.status(), await answer.text()).toBe(200);
}

async function open(page: Page): Promise<void> {
  await page.goto("/admin/settings");
  await expect(page.getByRole("heading", { name: "Account settings", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: "Preview and save" })).toBeVisible();
}

test.beforeEach(async ({ page }) => {
  await signIn(page, people.otherAdmin);
  before = (await read(page)).settings;
});

test.afterEach(async ({ page }) => {
  await signIn(page, people.otherAdmin);
  await save(page, before);
});

let before: Record<string, unknown>;

const dialogOf = (page: Page) => page.getByRole("dialog", { name: "Save these settings?" });

test("a blocked scope is previewed, refused at once, and works again when it is allowed", async ({ page, request }) => {
  const name = uniqueName("reader");
  const { secret } = await mint(page, name, ["scorecards:read", "catalog:read"]);
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(200);
  await open(page);
  await page.getByLabel("scorecards:read", { exact: true }).check();
  await expect(page.getByRole("group", { name: "Blocked scopes" }).getByText("1 of 19 chosen")).toBeVisible();
  await page.getByRole("button", { name: "Preview and save" }).click();

  const dialog = dialogOf(page);
  await expect(dialog.getByRole("heading", { name: "What changes" })).toBeVisible();
  await expect(dialog.getByText("Blocks scorecards:read for personal tokens.")).toBeVisible();
  await expect(dialog.getByText(/^\d+ tokens? will lose the use of scopes\. 1 person is affected\.$/)).toBeVisible();
  await expect(dialog.getByText(`${name} of Olu Other`)).toBeVisible();
  expect(await callWebApi(request, secret, "scorecards.list"), "a preview changes nothing").toBe(200);
  await expectAccessible(page, "Save these settings?");
  await dialog.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Settings saved.")).toBeVisible();
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(403);
  expect(await callWebApi(request, secret)).toBe(200);

  await page.getByLabel("scorecards:read", { exact: true }).uncheck();
  await page.getByRole("button", { name: "Preview and save" }).click();
  await expect(dialog.getByText("Allows scorecards:read again.")).toBeVisible();
  await expect(dialog.getByText("Nothing changes for tokens that exist.")).toBeVisible();
  await dialog.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Settings saved.")).toBeVisible();
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(200);
});

test("a setting that revokes says so first, and its tokens stay dead when it is taken back", async ({ page, request }) => {
  const name = uniqueName("long-lived");
  const { secret } = await mint(page, name, ["catalog:read"], 90);
  const short = await mint(page, uniqueName("short-lived"), ["catalog:read"], 7);
  await open(page);
  await page.getByLabel("Maximum lifetime, in days").fill("30");
  const strength = page.getByRole("radiogroup", { name: "How far it reaches: Maximum lifetime" });
  await expect(strength.getByRole("radio")).toHaveCount(3);
  await strength.getByLabel("Revoke what breaks it").check();
  await page.getByRole("button", { name: "Preview and save" }).click();
  const dialog = dialogOf(page);
  await expect(dialog.getByText(/will be revoked\. 1 person is affected\.$/)).toBeVisible();
  await expect(dialog.getByText(`${name} of Olu Other`)).toBeVisible();
  await expect(dialog.getByText("What is revoked stays revoked")).toBeVisible();
  await dialog.getByRole("button", { name: "Save settings" }).click();
  const progress = page.getByRole("region", { name: "Revoking what breaks the settings" });
  await expect(progress.getByText(/^Done\. \d+ tokens? revoked\.$/)).toBeVisible();
  expect(await callWebApi(request, secret)).toBe(401);
  expect(await callWebApi(request, short.secret)).toBe(200);

  await save(page, before);
  expect(await callWebApi(request, secret)).toBe(401);
  await page.goto("/settings");
  await page.locator("summary", { hasText: "Expired and revoked" }).click();
  await expect(page.getByRole("row").filter({ hasText: name })).toContainText("It breaks a rule");
});

test("while creation is stopped people read why in place of the form, and one that was open already is refused", async ({ page, browser }) => {
  const person = await invite(page, "Newcomer", ["contributor"]);
  await choosePassword(page, person.link);
  const theirs = await (await browser.newContext()).newPage();
  await signIn(theirs, person);
  await theirs.goto("/settings/tokens/new");
  await theirs.getByLabel("Name").fill(uniqueName("late"));
  await theirs.getByLabel("catalog:read", { exact: true }).check();

  const message = "We are looking into an incident. Creation opens again on Monday.";
  await open(page);
  await page.getByLabel("Stop the creation of tokens").check();
  await page.getByRole("button", { name: "Preview and save" }).click();
  await expect(page.getByLabel("Message")).toBeFocused();
  await page.getByLabel("Message").fill(message);
  await page.getByRole("button", { name: "Preview and save" }).click();
  await expect(dialogOf(page).getByText(`Stops the creation of tokens: “${message}”`)).toBeVisible();
  await dialogOf(page).getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Settings saved.")).toBeVisible();

  await theirs.getByRole("button", { name: "Create" }).click();
  await expect(theirs.getByRole("alert")).toContainText(message);
  await theirs.reload();
  await expect(theirs.getByRole("heading", { name: "New personal access token" })).toBeVisible();
  await expect(theirs.getByText("Nobody can make tokens now")).toBeVisible();
  await expect(theirs.getByText(message)).toBeVisible();
  await expect(theirs.getByRole("button", { name: "Create" })).toHaveCount(0);
  await expectAccessible(theirs, "New personal access token");
  await theirs.context().close();
});

test("settings that were changed meanwhile are told, not overwritten, and what was typed stays", async ({ page }) => {
  await open(page);
  await page.getByLabel("Live tokens a person").fill("40");
  await save(page, { max_lifetime: { days: 365, strength: "new_tokens" } });
  await page.getByRole("button", { name: "Preview and save" }).click();
  const dialog = dialogOf(page);
  await dialog.getByRole("button", { name: "Save settings" }).click();
  await expect(dialog.getByRole("alert")).toContainText("The settings were changed meanwhile");
  await dialog.getByRole("button", { name: "Show what is saved now" }).click();

  await expect(dialog).toBeHidden();
  await expect(page.getByText("Lifts the maximum lifetime.")).toBeVisible();
  await expect(page.getByText("Allows 40 live tokens a person.")).toBeVisible();
  await expect(page.getByLabel("Live tokens a person")).toHaveValue("40");
  await page.getByRole("button", { name: "Use the saved settings" }).click();
  await expect(page.getByLabel("Maximum lifetime, in days")).toHaveValue("365");
  await expect(page.getByLabel("Live tokens a person")).toHaveValue("50");
});

test("what is no number is said at its field, and saving nothing says so", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Preview and save" }).click();
  await expect(page.getByText("Nothing is changed yet.")).toBeVisible();
  await page.getByLabel("Unused for how many days").fill("a while");
  await page.getByLabel("Live tokens a person").fill("");
  await page.getByRole("button", { name: "Preview and save" }).click();
  await expect(page.getByLabel("Unused for how many days")).toBeFocused();
  await expect(page.getByLabel("Unused for how many days")).toHaveAccessibleDescription(/whole number of days/);
  await expect(page.getByLabel("Live tokens a person")).toHaveAccessibleDescription(/whole number/);
  await page.getByLabel("Unused for how many days").fill("99999");
  await page.getByLabel("Live tokens a person").fill("50");
  await page.getByRole("button", { name: "Preview and save" }).click();
  await expect(page.getByLabel("Unused for how many days")).toHaveAccessibleDescription(/1 to 36500 days/);
});

test("accessible: account settings", async ({ page }) => {
  await open(page);
  await page.getByLabel("Maximum lifetime, in days").fill("30");
  await page.getByLabel("Stop the creation of tokens").check();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, "Account settings");
  }
  await page.setViewportSize({ width: 320, height: 800 });
  await expectAccessible(page, "Account settings");
  await expectNoSidewaysScroll(page);
});
