// What the tests share: people, a page that fails the test on any complaint of the browser, and the API as a short cut.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";

export { expect };
export type { APIRequestContext, Page };

export const PASSWORD = "demo-password";

export const people = {
  admin: { email: "admin@demo.test" },
  member: { email: "member@demo.test" },
  scorecards: { email: "scorecards@demo.test" },
  selfservice: { email: "selfservice@demo.test" },
  snapshots: { email: "snapshots@demo.test" },
  database: { email: "database@demo.test" },
  /** The only workspace admin of the second account. */
  otherAdmin: { email: "admin@other.test" },
};

export type Person = { email: string };

type Fixtures = {
  /** Texts that the browser's console showed. */
  consoleTexts: string[];
};

/** Every page fails its test if anything throws, is logged as an error or violates the Content-Security-Policy. */
export const test = base.extend<Fixtures>({
  consoleTexts: [
    async ({ page }, use) => {
      const texts: string[] = [];
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        texts.push(message.text());
        // The browser itself logs each answer of 4xx and 5xx; what the page makes of those is what the tests look at.
        const isAnswer = message.text().startsWith("Failed to load resource");
        if (message.type() === "error" && !isAnswer) complaints.push(message.text());
      });
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      await use(texts);
      expect(complaints, "the browser complained").toEqual([]);
    },
    { auto: true },
  ],
});

let made = 0;

/** A name that no other test uses. */
export function uniqueName(word: string): string {
  made += 1;
  return `${word}-${process.pid}-${Date.now().toString(36)}-${made}`;
}

export const ORIGIN = process.env.BASE_URL ?? "http://127.0.0.1:3000";

/** Signs in behind the scenes, in place of whoever was signed in. The form has tests of its own. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.context().clearCookies();
  const answer = await page.request.post(`${ORIGIN}/api/session`, { headers: { Origin: ORIGIN }, data: { email: person.email, password: PASSWORD } });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Signs in and opens the settings. */
export async function openSettings(page: Page, person: Person): Promise<void> {
  await signIn(page, person);
  await page.goto("/settings");
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
}

/** Makes a token through the API, in the page's own session. */
export async function mint(page: Page, name: string, scopes = ["catalog:read"], days = 30): Promise<{ id: string; secret: string }> {
  const answer = await page.request.post(`${ORIGIN}/api/personal-access-tokens`, {
    headers: { Origin: ORIGIN },
    data: { name, scopes, expiration: { type: "days", days } },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const body = await answer.json();
  return { id: body.personal_access_token.id, secret: body.token };
}

/** Deletes a token through the API, in the page's own session. */
export async function remove(page: Page, id: string): Promise<void> {
  const answer = await page.request.delete(`${ORIGIN}/api/personal-access-tokens/${id}`, { headers: { Origin: ORIGIN } });
  expect(answer.status(), await answer.text()).toBe(204);
}

/** Renames a token through the API, as another tab would. */
export async function rename(page: Page, id: string, name: string, version: number): Promise<void> {
  const headers = { Origin: ORIGIN, "If-Match": `"${version}"` };
  const answer = await page.request.patch(`${ORIGIN}/api/personal-access-tokens/${id}`, { headers, data: { name } });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Deletes a person's live tokens. Not for tests that run beside others of that person. */
export async function deleteAll(page: Page): Promise<void> {
  const answer = await page.request.get(`${ORIGIN}/api/personal-access-tokens?status=active`);
  for (const token of (await answer.json()).personal_access_tokens) await remove(page, token.id);
}

/** Calls the Web API as a program would: no cookies, only the token. */
export async function callWebApi(request: APIRequestContext, secret: string, method = "catalog.entities.list"): Promise<number> {
  const answer = await request.get(`/${method}`, { headers: { Authorization: `Bearer ${secret}` } });
  return answer.status();
}

/** Somebody that a test added for itself. */
export type NewPerson = Person & { id: string; name: string; link: string };

/** Adds a person through the API; the page's own session is an admin's. */
export async function invite(page: Page, word: string, roles: string[]): Promise<NewPerson> {
  const name = uniqueName(word);
  const email = `${uniqueName("person")}@demo.test`;
  const answer = await page.request.post(`${ORIGIN}/api/admin/users`, { headers: { Origin: ORIGIN }, data: { name, email, roles } });
  expect(answer.status(), await answer.text()).toBe(201);
  const { user, link } = await answer.json();
  return { id: user.id, name, email, link: link.url };
}

/** Chooses the password that all demo people have, as the owner of the link would. */
export async function choosePassword(page: Page, link: string): Promise<void> {
  const secret = new URL(link).hash.slice(1);
  const answer = await page.request.post(`${ORIGIN}/api/password`, { headers: { Origin: ORIGIN }, data: { link: secret, password: PASSWORD } });
  expect(answer.status(), await answer.text()).toBe(204);
}

/** The row of a token, or of a person, in a table. */
export function row(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
}

/** Unfolds the tokens that no longer work. */
export async function openEnded(page: Page): Promise<void> {
  await page.locator("summary", { hasText: "Expired and revoked" }).click();
}

/** Fills the form for a new token. */
export async function fillForm(page: Page, name: string, scopes: string[]): Promise<void> {
  await page.getByLabel("Name").fill(name);
  for (const scope of scopes) await page.getByLabel(scope, { exact: true }).check();
}

/** Presses Tab until what has this name has the focus. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const focused = page.locator(":focus");
  const named = page.getByRole("link", { name }).or(page.getByRole("button", { name })).or(page.getByLabel(name));
  for (let presses = 0; presses < 60; presses += 1) {
    if ((await focused.and(named).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never came to ${name}`);
}

/** axe finds nothing on the page as it stands. The heading proves that the state meant is the one looked at. */
export async function expectAccessible(page: Page, heading: string | RegExp): Promise<void> {
  await expect(page.getByRole("heading", { name: heading }).first()).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  expect(found).toEqual([]);
}

/** Nothing has to be scrolled sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  expect(content).toBeLessThanOrEqual(window);
}
