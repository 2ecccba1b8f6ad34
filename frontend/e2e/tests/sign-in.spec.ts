import { expect, people, signIn, test } from "./support";

test("a wrong password is refused at once, in words, and what was typed stays", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill("nobody@demo.test");
  await page.getByLabel("Password").fill("not-the-password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("Check the email address and the password");
  await expect(page.getByLabel("Email")).toHaveValue("nobody@demo.test");
  await expect(page).toHaveURL("/sign-in");
});

test("signing in leads back to the page that was asked for", async ({ page }) => {
  await page.goto("/settings/tokens/new");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page).toHaveTitle("Sign in · Access tokens");
  await page.getByLabel("Email").fill(people.member.email);
  await page.getByLabel("Password").fill("demo-password");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/settings/tokens/new");
  await expect(page.getByRole("heading", { name: "New personal access token" })).toBeFocused();
  await expect(page).toHaveTitle("New personal access token · Access tokens");
});

test("signing in never leads to another site", async ({ page }) => {
  for (const next of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await page.getByLabel("Email").fill(people.member.email);
    await page.getByLabel("Password").fill("demo-password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
    await expect(page).toHaveURL("/settings");
  }
});

test("the account menu leads to the settings, and out", async ({ page }) => {
  await signIn(page, people.member);
  await page.goto("/settings/tokens/new");
  await page.getByRole("button", { name: "Account menu of Max Member" }).click();
  const menu = page.getByRole("navigation", { name: "Account menu of Max Member" });
  await expect(menu.getByText("member@demo.test")).toBeVisible();
  await expect(menu.getByRole("link", { name: "Everyone’s tokens" })).toHaveCount(0);
  await menu.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  await expect(menu).toBeHidden();

  await page.getByRole("button", { name: "Account menu of Max Member" }).click();
  await menu.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/settings");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("when the server is down the page says so and goes on once it is back", async ({ page }) => {
  await page.route("**/api/**", (route) => route.abort());
  await page.goto("/settings");
  await expect(page.getByRole("alert")).toContainText("The server can’t be reached");
  await page.unroute("**/api/**");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("an unknown address is a page of its own", async ({ page }) => {
  await page.goto("/nowhere");
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await expect(page).toHaveTitle("Page not found · Access tokens");
});

test("a one-time link is taken out of the address bar, and a dead one is refused in words", async ({ page }) => {
  await page.goto("/set-password#no-such-link");
  await expect(page.getByRole("heading", { name: "Choose a password" })).toBeVisible();
  await expect(page).toHaveURL("/set-password");
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByLabel("New password")).toHaveAccessibleDescription(/at least 12 characters\.$/i);
  await page.getByLabel("New password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByRole("alert")).toContainText("This link no longer works");
});
