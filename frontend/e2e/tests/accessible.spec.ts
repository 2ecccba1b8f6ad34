// axe finds nothing in any state of the page, in light and dark, wide and narrow; and nothing scrolls sideways at 320 pixels.
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  fillForm,
  mint,
  openEnded,
  openSettings,
  people,
  remove,
  signIn,
  test,
  uniqueName,
  type Page,
} from "./support";

type State = { name: string; heading: string | RegExp; open: (page: Page) => Promise<void> };

const states: State[] = [
  { name: "sign-in", heading: "Sign in", open: async (page) => void (await page.goto("/sign-in")) },
  {
    name: "sign-in refused",
    heading: "Sign in",
    open: async (page) => {
      await page.goto("/sign-in");
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("alert")).not.toBeEmpty();
    },
  },
  {
    name: "list, empty",
    heading: "No tokens yet",
    open: async (page) => {
      await page.route("**/api/personal-access-tokens", (route) => route.fulfill({ json: { personal_access_tokens: [] } }));
      await openSettings(page, people.snapshots);
    },
  },
  {
    name: "list, with rows",
    heading: "Settings",
    open: async (page) => {
      await signIn(page, people.snapshots);
      const { id } = await mint(page, uniqueName("ended"), ["catalog:read", "scorecards:read", "workflows:read", "snapshots:read"]);
      await remove(page, id);
      await mint(page, uniqueName("live"), ["catalog:read", "scorecards:read", "workflows:read", "snapshots:read"], 7);
      await page.goto("/settings");
      await openEnded(page);
      await expect(page.getByRole("table")).toHaveCount(2);
      await page.getByText("1 more").first().click();
    },
  },
  {
    name: "account menu",
    heading: "Settings",
    open: async (page) => {
      await openSettings(page, people.admin);
      await page.getByRole("button", { name: /Account menu/ }).click();
      await expect(page.getByRole("link", { name: "Administration" })).toBeVisible();
    },
  },
  {
    name: "form",
    heading: "New personal access token",
    open: async (page) => {
      await signIn(page, people.admin);
      await page.goto("/settings/tokens/new");
      await expect(page.getByRole("button", { name: "Create" })).toBeVisible();
    },
  },
  {
    name: "form with errors",
    heading: "New personal access token",
    open: async (page) => {
      await signIn(page, people.snapshots);
      await page.goto("/settings/tokens/new");
      await page.getByLabel("Custom date").check();
      await page.getByRole("button", { name: "Create" }).click();
      await expect(page.getByText("Choose at least one scope.")).toBeVisible();
    },
  },
  {
    name: "secret",
    heading: "Copy your token now",
    open: async (page) => {
      await signIn(page, people.snapshots);
      await page.goto("/settings/tokens/new");
      await fillForm(page, uniqueName("secret"), ["catalog:read"]);
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByRole("button", { name: "Copy: Token" }).click();
    },
  },
  {
    name: "edit",
    heading: /^edited/,
    open: async (page) => {
      await signIn(page, people.snapshots);
      const { id } = await mint(page, uniqueName("edited"));
      await page.goto(`/settings/tokens/${id}`);
    },
  },
  {
    name: "delete dialog",
    heading: /^Delete doomed.*\?$/,
    open: async (page) => {
      await signIn(page, people.snapshots);
      const { id } = await mint(page, uniqueName("doomed"));
      await page.goto(`/settings/tokens/${id}`);
      await page.getByRole("button", { name: "Delete" }).click();
    },
  },
  {
    name: "dead token",
    heading: /^dead/,
    open: async (page) => {
      await signIn(page, people.snapshots);
      const { id } = await mint(page, uniqueName("dead"));
      await remove(page, id);
      await page.goto(`/settings/tokens/${id}`);
      await expect(page.getByText("It was revoked by")).toBeVisible();
    },
  },
  {
    name: "admin page",
    heading: "Everyone’s tokens",
    open: async (page) => {
      await signIn(page, people.admin);
      await mint(page, uniqueName("seen"));
      await page.goto("/admin/tokens");
      await expect(page.getByRole("button", { name: /^Revoke / }).first()).toBeVisible();
    },
  },
  {
    name: "revoke dialog with an error",
    heading: /^Revoke .*\?$/,
    open: async (page) => {
      await signIn(page, people.admin);
      await mint(page, uniqueName("target"));
      await page.goto("/admin/tokens");
      await page.getByRole("button", { name: /^Revoke / }).first().click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await expect(page.getByText("Choose a reason. The owner will want to know.")).toBeVisible();
    },
  },
  {
    name: "admin page, forbidden",
    heading: "Only for workspace admins",
    open: async (page) => {
      await signIn(page, people.snapshots);
      await page.goto("/admin/tokens");
    },
  },
  { name: "not found", heading: "Page not found", open: async (page) => void (await page.goto("/nowhere")) },
  {
    name: "documentation",
    heading: "API",
    open: async (page) => {
      // It has every operation, and axe looks at each of its elements three times.
      test.setTimeout(180_000);
      await page.goto("/docs");
    },
  },
  { name: "documentation of scopes", heading: "Scopes", open: async (page) => void (await page.goto("/docs/scopes")) },
  { name: "choose a password", heading: "Choose a password", open: async (page) => void (await page.goto("/set-password#link")) },
  {
    name: "server down",
    heading: "Settings",
    open: async (page) => {
      await signIn(page, people.snapshots);
      await page.route("**/api/personal-access-tokens", (route) => route.abort());
      await page.goto("/settings");
      await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
    },
  },
];

for (const state of states) {
  test(`accessible: ${state.name}`, async ({ page }) => {
    await state.open(page);
    await expectAccessible(page, state.heading);
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page, state.heading);
    await page.setViewportSize({ width: 320, height: 800 });
    await expectAccessible(page, state.heading);
    await expectNoSidewaysScroll(page);
  });
}
