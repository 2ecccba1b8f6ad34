// Errors stand at their fields, are announced, and lose nothing.
import { expect, fillForm, mint, people, rename, row, signIn, test, uniqueName } from "./support";

test("each refused field says what to do, and the first has the focus", async ({ page }) => {
  await signIn(page, people.database);
  await page.goto("/settings/tokens/new");
  await page.getByLabel("Custom date").check();
  await page.getByLabel("Last day").fill("2020-01-31");
  await page.getByRole("button", { name: "Create" }).click();

  await expect(page.getByRole("alert")).toContainText("Some fields need another look");
  await expect(page.getByLabel("Name")).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Enter a name\.$/);
  await expect(page.getByLabel("Last day")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Last day")).toHaveAccessibleDescription("That day is over. Choose today or a later day.");
  await expect(page.getByRole("group", { name: "Scopes" })).toHaveAccessibleDescription(/Choose at least one scope\.$/);
  await expect(page.getByLabel("Last day")).toHaveValue("2020-01-31");
});

test("a custom date says until when the token works, in the reader’s zone", async ({ page }) => {
  const name = uniqueName("dated");
  await signIn(page, people.database);
  await page.goto("/settings/tokens/new");
  await fillForm(page, name, ["catalog:read"]);
  await page.getByLabel("Custom date").check();
  await expect(page.getByText("Choose the last day")).toBeVisible();
  await page.getByLabel("Last day").fill("2099-01-31");
  await expect(page.getByText(/^Works through Saturday,? 31 January 2099, Europe\/Paris time\.$/)).toBeVisible();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "I have stored it, close" }).click();
  // Midnight in Paris is 23:00 in UTC.
  await expect(row(page, name).locator("time[datetime^='2099-01-31T23:00:00']")).toBeVisible();
});

test("a name that is taken", async ({ page }) => {
  const name = uniqueName("twice");
  await signIn(page, people.database);
  await mint(page, name);
  await page.goto("/settings/tokens/new");
  await fillForm(page, name.toUpperCase(), ["catalog:read"]);
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Another of your live tokens has this name/);
  await expect(page.getByLabel("Name")).toBeFocused();
});

test("when the answer to a create got lost, one button makes the token again", async ({ page }) => {
  const name = uniqueName("lost");
  await signIn(page, people.database);
  await page.goto("/settings/tokens/new");
  await fillForm(page, name, ["catalog:read"]);
  // The server makes the token, and the connection breaks before its answer arrives.
  await page.route("**/api/personal-access-tokens", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("alert")).toContainText("The server can’t be reached");
  await expect(page.getByLabel("Name")).toHaveValue(name);
  await expect(page.getByLabel("catalog:read", { exact: true })).toBeChecked();
  await page.unroute("**/api/personal-access-tokens");

  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText(/A token with this name was made .* and was never used/)).toBeVisible();
  await page.getByRole("button", { name: "Delete that one and create again" }).click();
  await expect(page.getByRole("heading", { name: "Copy your token now" })).toBeVisible();
});

test("a second click while the first is under way makes no second token", async ({ page }) => {
  const name = uniqueName("double");
  await signIn(page, people.database);
  await page.goto("/settings/tokens/new");
  await fillForm(page, name, ["catalog:read"]);
  let requests = 0;
  let answer = () => {};
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/api/personal-access-tokens", async (route) => {
    requests += 1;
    await mayAnswer;
    await route.continue();
  });
  await page.getByRole("button", { name: "Create" }).click();
  const busy = page.getByRole("button", { name: "Creating…" });
  await expect(busy).toHaveAttribute("aria-disabled", "true");
  await busy.click({ force: true });
  await busy.press("Enter");
  answer();
  await expect(page.getByRole("heading", { name: "Copy your token now" })).toBeVisible();
  expect(requests).toBe(1);
});

test("an edit that somebody else overtook is told, and nothing typed is lost", async ({ page }) => {
  const name = uniqueName("stale");
  await signIn(page, people.database);
  const { id } = await mint(page, name);
  await page.goto(`/settings/tokens/${id}`);
  await page.getByLabel("Name").fill(`${name}-mine`);

  await rename(page, id, `${name}-theirs`, 1);

  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("This token was changed meanwhile");
  await page.getByRole("button", { name: "Show what is saved now" }).click();
  await expect(page.getByText(`Saved now: the name ${name}-theirs`)).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue(`${name}-mine`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Changes saved.")).toBeVisible();
  await expect(page.getByRole("heading", { name: `${name}-mine`, level: 1 })).toBeVisible();
});

test("when the session has ended the page asks to sign in, and comes back", async ({ page }) => {
  await signIn(page, people.database);
  await page.goto("/settings/tokens/new");
  await expect(page.getByRole("button", { name: "Create" })).toBeVisible();
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByLabel("Email").fill(people.database.email);
  await page.getByLabel("Password").fill("demo-password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/settings/tokens/new");
});

test("scopes that the account hides for now stay ticked, and say that they have no effect", async ({ page }) => {
  const name = uniqueName("masked");
  await signIn(page, people.database);
  const { id } = await mint(page, name, ["catalog:read", "datacloud:query"]);
  // As if the account had lost a feature: the scope can't be granted now, and is still on the token.
  await page.route("**/api/scopes", async (route) => {
    const answer = await route.fetch();
    const choices = await answer.json();
    choices.scopes = choices.scopes.filter((scope: { name: string }) => scope.name !== "datacloud:query");
    await route.fulfill({ response: answer, json: choices });
  });
  await page.goto(`/settings/tokens/${id}`);
  const masked = page.getByRole("group", { name: "Not in effect now" });
  await expect(masked.getByLabel("datacloud:query")).toBeChecked();
  await page.getByLabel("Name").fill(`${name}-renamed`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Changes saved.")).toBeVisible();
  await expect(masked.getByLabel("datacloud:query")).toBeChecked();
});
