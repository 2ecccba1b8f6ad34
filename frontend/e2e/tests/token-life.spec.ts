// A token's life: made, used, edited, deleted; and the secret, which is shown once and kept nowhere.
import { callWebApi, expect, expectNoSidewaysScroll, fillForm, mint, openEnded, openSettings, people, row, signIn, tabTo, test, uniqueName } from "./support";

test("the form offers what the roles allow, and no more", async ({ page }) => {
  await signIn(page, people.member);
  await page.goto("/settings/tokens/new");
  await expect(page.getByLabel("scorecards:read", { exact: true })).toBeVisible();
  await expect(page.getByLabel("scorecards:write", { exact: true })).toHaveCount(0);
  await signIn(page, people.scorecards);
  await page.goto("/settings/tokens/new");
  await expect(page.getByLabel("scorecards:write", { exact: true })).toHaveAccessibleDescription("Create, update and delete scorecards");
  await expect(page.getByLabel("users:write", { exact: true })).toHaveCount(0);
});

test("made, used, edited, deleted, refused", async ({ page, request }) => {
  const name = uniqueName("laptop");
  await openSettings(page, people.scorecards);
  await page.getByRole("link", { name: "Add personal access token" }).click();
  await fillForm(page, name, ["catalog:read"]);
  await page.getByLabel("7 days").check();
  await expect(page.getByText(/^Ends on /)).toBeVisible();
  await page.getByRole("button", { name: "Create" }).click();

  await expect(page.getByRole("heading", { name: "Copy your token now" })).toBeFocused();
  const secret = await page.getByRole("group", { name: "Token", exact: true }).getByRole("code").innerText();
  expect(secret).toMatch(/^dxp_[0-9A-Za-z]{36}$/);
  expect(await callWebApi(request, secret)).toBe(200);
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(403);

  await page.getByRole("button", { name: "I have stored it, close" }).click();
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeFocused();
  await expect(row(page, name)).toContainText("Active");
  await expect(row(page, name)).toContainText("catalog:read");

  await row(page, name).getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeFocused();
  await page.getByLabel("Name").fill(`${name}-renamed`);
  await page.getByLabel("scorecards:read", { exact: true }).check();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Changes saved.")).toBeVisible();
  await expect(page.getByRole("heading", { name: `${name}-renamed`, level: 1 })).toBeVisible();
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(200);

  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog", { name: `Delete ${name}-renamed?` });
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("status").filter({ hasText: `${name}-renamed was deleted` })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeFocused();
  expect(await callWebApi(request, secret)).toBe(401);

  await openEnded(page);
  await row(page, name).getByRole("link", { name: `${name}-renamed` }).click();
  await expect(page.getByText("It was revoked by Sofia Scorecards")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save changes" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Delete" })).toHaveCount(0);
});

test("where a token was last used stands on its page", async ({ page, request }) => {
  const name = uniqueName("used");
  await signIn(page, people.scorecards);
  const { id, secret } = await mint(page, name);
  const answer = await request.get("/auth.info", { headers: { Authorization: `Bearer ${secret}`, "User-Agent": "dx-cli/1.2.3 <b>bold</b>" } });
  expect(answer.status()).toBe(200);
  // The record of the last use is written a moment after the answer.
  await expect(async () => {
    await page.goto(`/settings/tokens/${id}`);
    await expect(page.getByText("dx-cli/1.2.3 <b>bold</b>")).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(page.getByText("from 127.0.0.1")).toBeVisible();
});

test("the secret is gone once its panel closes, and was never anywhere else", async ({ page, consoleTexts }) => {
  const name = uniqueName("secret");
  await signIn(page, people.scorecards);
  await page.goto("/settings/tokens/new");
  await fillForm(page, name, ["catalog:read"]);
  await page.getByRole("button", { name: "Create" }).click();
  const token = page.getByRole("group", { name: "Token", exact: true }).getByRole("code");
  const secret = await token.innerText();
  const origin = new URL(page.url()).origin;
  await expect(page.getByRole("group", { name: "Try it with curl" }).getByRole("code")).toHaveText(
    `curl ${origin}/auth.info --header 'Authorization: Bearer ${secret}'`,
  );
  await expect(page.getByRole("group", { name: /DX CLI/ }).getByRole("code")).toHaveText(
    `DX_BASE_URL=${origin} DX_API_BASE_URL=${origin} DX_WEB_BASE_URL=${origin} dx auth login --token ${secret}`,
  );
  expect(page.url()).not.toContain(secret);
  await page.getByRole("button", { name: "I have stored it, close" }).click();
  await expect(row(page, name)).toBeVisible();

  const places = await page.evaluate(() => ({
    dom: document.documentElement.outerHTML,
    url: location.href,
    local: JSON.stringify(localStorage),
    session: JSON.stringify(sessionStorage),
    history: JSON.stringify(history.state),
    cookies: document.cookie,
  }));
  for (const [place, text] of Object.entries(places)) expect(text ?? "", place).not.toContain(secret);
  for (const text of consoleTexts) expect(text).not.toContain(secret);
  await page.goBack();
  await expect(page.getByText(secret)).toHaveCount(0);
});

test("copying says that it worked", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, people.scorecards);
  await page.goto("/settings/tokens/new");
  await fillForm(page, uniqueName("copied"), ["catalog:read"]);
  await page.getByRole("button", { name: "Create" }).click();
  const group = page.getByRole("group", { name: "Token", exact: true });
  await group.getByRole("button", { name: "Copy" }).click();
  await expect(group.getByRole("status")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await group.getByRole("code").innerText());
});

test("without a clipboard the text is selected, and the page says so", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await signIn(page, people.scorecards);
  await page.goto("/settings/tokens/new");
  await fillForm(page, uniqueName("selected"), ["catalog:read"]);
  await page.getByRole("button", { name: "Create" }).click();
  const group = page.getByRole("group", { name: "Token", exact: true });
  await group.getByRole("button", { name: "Copy" }).click();
  await expect(group.getByRole("status")).toContainText("The text is selected");
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(await group.getByRole("code").innerText());
});

test("a token is made and deleted by keyboard alone", async ({ page }) => {
  const name = uniqueName("keyboard");
  await openSettings(page, people.selfservice);
  await tabTo(page, "Add personal access token");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "New personal access token" })).toBeFocused();
  await tabTo(page, "Name");
  await page.keyboard.type(name);
  await tabTo(page, "30 days");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByLabel("60 days")).toBeChecked();
  await tabTo(page, "catalog:read");
  await page.keyboard.press("Space");
  await tabTo(page, "Create");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Copy your token now" })).toBeFocused();
  await tabTo(page, "I have stored it, close");
  await page.keyboard.press("Enter");

  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeFocused();
  await tabTo(page, name);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name, level: 1 })).toBeFocused();
  await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: `${name} was deleted` })).toBeVisible();
});

test("a dialog that is asked for again the moment it closes stays open", async ({ page }) => {
  const name = uniqueName("again");
  await openSettings(page, people.selfservice);
  const { id } = await mint(page, name);
  await page.goto(`/settings/tokens/${id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  // Closed as Escape does it; the browser's word of that comes after the next press of the button.
  await dialog.evaluate((element: HTMLDialogElement) => {
    const button = [...document.querySelectorAll("main button")].find((other) => other.textContent === "Delete" && !element.contains(other));
    const told = new Promise((resolve) => element.addEventListener("close", resolve, { once: true }));
    element.close();
    (button as HTMLButtonElement).click();
    return told.then(() => undefined);
  });
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeVisible();
});

test("the skip link leads past the header", async ({ page }) => {
  await openSettings(page, people.member);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("long and hostile names are text, and wrap", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  await signIn(page, people.snapshots);
  const hostile = uniqueName("<img src=x onerror=alert(1)>");
  const long = uniqueName("W".repeat(60));
  await mint(page, hostile);
  const { id } = await mint(page, long);
  await page.goto("/settings");
  await expect(page.getByRole("link", { name: hostile })).toBeVisible();
  await expectNoSidewaysScroll(page);
  await page.goto(`/settings/tokens/${id}`);
  await expect(page.getByRole("heading", { name: long, level: 1 })).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test("somebody else’s token, a made-up one and nonsense look alike", async ({ page }) => {
  await signIn(page, people.member);
  for (const id of ["01930000-0000-7000-8000-000000000000", "nonsense", "..%2f..%2fsession"]) {
    await page.goto(`/settings/tokens/${id}`);
    await expect(page.getByRole("heading", { name: "No such token" })).toBeVisible();
  }
});
