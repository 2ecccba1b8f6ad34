import { callWebApi, expect, mint, openEnded, openSettings, people, row, signIn, test, uniqueName } from "./support";

test("an admin revokes with a reason, and the owner reads it", async ({ page, request }) => {
  const name = uniqueName("leaked");
  const note = "Found in a public repository. Please make a new one.";
  await signIn(page, people.selfservice);
  const { secret } = await mint(page, name);

  await openSettings(page, people.admin);
  await page.getByRole("button", { name: /Account menu/ }).click();
  await page.getByRole("link", { name: "Administration" }).click();
  await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "Tokens", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Everyone’s tokens", level: 1 })).toBeFocused();
  const token = row(page, name);
  await expect(token).toContainText("Sam Selfservice");
  await token.getByRole("button", { name: `Revoke ${name} of Sam Selfservice` }).click();

  const dialog = page.getByRole("dialog", { name: `Revoke ${name} of Sam Selfservice?` });
  await expect(dialog.getByLabel("Its secret is known to others")).toBeFocused();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(dialog.getByRole("radiogroup", { name: "Reason" })).toHaveAccessibleDescription(/Choose a reason/);
  await dialog.getByLabel("Other", { exact: true }).check();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(dialog.getByLabel("Note")).toHaveAccessibleDescription(/Write the reason/);
  await dialog.getByLabel("Its secret is known to others").check();
  await dialog.getByLabel("Note").fill(note);
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(dialog).toBeHidden();
  await expect(token).toContainText("Revoked");
  await expect(token).toContainText(`Its secret is known to others. ${note}`);
  await expect(token).toBeFocused();
  await expect(page.getByRole("status").filter({ hasText: `${name} of Sam Selfservice was revoked` })).toBeVisible();
  expect(await callWebApi(request, secret)).toBe(401);

  await openSettings(page, people.selfservice);
  await openEnded(page);
  await expect(row(page, name)).toContainText("by Ada Admin");
  await expect(row(page, name)).toContainText(`Its secret is known to others. ${note}`);
});

test("everyone’s tokens come page by page", async ({ page }) => {
  await signIn(page, people.admin);
  await page.route("**/api/admin/tokens*", async (route) => {
    const url = new URL(route.request().url());
    const second = url.searchParams.get("cursor") === "second";
    const answer = await route.fetch({ url: url.origin + url.pathname });
    const list = await answer.json();
    const tokens = list.tokens.slice(0, 1).map((row: { token: object }) => ({
      ...row,
      token: {
        ...row.token,
        id: second ? "01930000-0000-7000-8000-000000000002" : "01930000-0000-7000-8000-000000000001",
        name: second ? "on-page-two" : "on-page-one",
      },
    }));
    await route.fulfill({ json: { tokens, next_cursor: second ? null : "second" } });
  });
  await mint(page, uniqueName("paged"));
  await page.goto("/admin/tokens");
  await expect(row(page, "on-page-one")).toBeVisible();
  await page.getByRole("button", { name: "Load more" }).click();
  await expect(row(page, "on-page-two")).toBeVisible();
  await expect(row(page, "on-page-one")).toBeVisible();
  await expect(page.getByRole("button", { name: "Load more" })).toHaveCount(0);
});

test("everybody else is told that the page is for workspace admins", async ({ page }) => {
  await signIn(page, people.member);
  await page.goto("/admin/tokens");
  await expect(page.getByRole("heading", { name: "Only for workspace admins" })).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
});
