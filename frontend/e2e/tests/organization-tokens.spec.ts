// The organization's own tokens: made, used, edited, revoked.
import { callWebApi, expect, expectAccessible, expectNoSidewaysScroll, fillForm, openEnded, people, row, signIn, test, uniqueName } from "./support";

test("made, used, edited, paused, revoked", async ({ page, request }) => {
  const name = uniqueName("warehouse");
  await signIn(page, people.admin);
  await page.goto("/admin/tokens");
  await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "Organization tokens" }).click();
  await expect(page.getByRole("heading", { name: "Organization tokens", level: 1 })).toBeFocused();
  await page.getByRole("link", { name: "Add organization token" }).click();
  await expect(page.getByRole("heading", { name: "New organization token", level: 1 })).toBeFocused();
  await expectAccessible(page, "New organization token");
  await fillForm(page, name, ["catalog:read", "users:read"]);
  await page.getByLabel("7 days").check();
  await page.getByRole("button", { name: "Create" }).click();

  await expect(page.getByRole("heading", { name: "Copy your token now" })).toBeFocused();
  await expect(page.getByText("Whoever has it can act for the organization")).toBeVisible();
  await expectAccessible(page, "Copy your token now");
  const secret = await page.getByRole("group", { name: "Token", exact: true }).getByRole("code").innerText();
  expect(secret).toMatch(/^dxo_[0-9A-Za-z]{36}$/);
  const info = await request.get("/auth.info", { headers: { Authorization: `Bearer ${secret}` } });
  expect(info.status()).toBe(200);
  expect(JSON.stringify(await info.json())).toContain("account_web_api_token");
  await page.getByRole("button", { name: "I have stored it, close" }).click();

  await expect(page.getByRole("heading", { name: "Organization tokens", level: 1 })).toBeFocused();
  await expect(row(page, name)).toContainText("users:read");
  await expectAccessible(page, "Organization tokens");
  await row(page, name).getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeFocused();
  await page.getByLabel("Name").fill(`${name}-renamed`);
  await page.getByLabel("scorecards:read", { exact: true }).check();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Changes saved.")).toBeVisible();
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(200);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText(/^It is refused until \d/)).toBeVisible();
  expect(await callWebApi(request, secret)).toBe(401);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  expect(await callWebApi(request, secret)).toBe(200);

  await page.getByRole("button", { name: "Revoke" }).click();
  const dialog = page.getByRole("dialog", { name: `Revoke ${name}-renamed of the organization?` });
  await dialog.getByLabel("Nobody uses it").check();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText(/It was revoked by Ada Admin/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Save changes" })).toHaveCount(0);
  expect(await callWebApi(request, secret)).toBe(401);
  await page.goto("/admin/organization-tokens");
  await openEnded(page);
  await expect(row(page, `${name}-renamed`)).toContainText("Nobody uses it");
});

test("an edit that somebody else overtook is told, and nothing typed is lost", async ({ page }) => {
  const name = uniqueName("overtaken");
  await signIn(page, people.admin);
  const origin = process.env.BASE_URL ?? "http://127.0.0.1:3000";
  const path = `${origin}/api/admin/organization-tokens`;
  const expiration = { type: "days", days: 7 };
  const made = await page.request.post(path, { headers: { Origin: origin }, data: { name, scopes: ["catalog:read"], expiration } });
  expect(made.status(), await made.text()).toBe(201);
  const { id, version } = (await made.json()).organization_token;
  await page.goto(`/admin/organization-tokens/${id}`);
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await page.getByLabel("Name").fill(`${name}-mine`);

  const headers = { Origin: origin, "If-Match": `"${version}"` };
  const theirs = await page.request.patch(`${path}/${id}`, { headers, data: { name: `${name}-theirs` } });
  expect(theirs.status(), await theirs.text()).toBe(200);

  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("This token was changed meanwhile");
  await page.getByRole("button", { name: "Show what is saved now" }).click();
  await expect(page.getByText(`Saved now: the name ${name}-theirs`)).toBeVisible();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { name: `${name}-mine`, level: 1 })).toBeVisible();
  await expectAccessible(page, `${name}-mine`);
  await page.setViewportSize({ width: 320, height: 800 });
  await expectNoSidewaysScroll(page);
});

test("everybody else is told whom it is for", async ({ page }) => {
  await signIn(page, people.member);
  await page.goto("/admin/organization-tokens");
  await expect(page.getByRole("heading", { name: "Only for workspace admins" })).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
});
