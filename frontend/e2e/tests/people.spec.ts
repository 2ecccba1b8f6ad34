// People: found, invited, given roles, kept out; and the password that an old sign-in is asked for.
import {
  callWebApi,
  choosePassword,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  invite,
  mint,
  PASSWORD,
  people,
  row,
  signIn,
  test,
  uniqueName,
  type NewPerson,
  type Page,
} from "./support";

async function openPeople(page: Page, query = ""): Promise<void> {
  await page.goto(`/admin/users${query}`);
  await expect(page.getByRole("heading", { name: "People", level: 1 })).toBeVisible();
}

async function openPerson(page: Page, person: NewPerson): Promise<void> {
  await page.goto(`/admin/users/${person.id}`);
  await expect(page.getByRole("heading", { name: person.name, level: 1 })).toBeVisible();
  await expect(page.getByRole("group", { name: "Roles" })).toBeVisible();
}

/** Lets the server ask for the password once, as if the sign-in were old. */
async function makeSignInOld(page: Page, url: string): Promise<void> {
  const problem = { type: "about:blank", title: "Forbidden", status: 403, code: "fresh_sign_in_required", detail: "Confirm your password." };
  const once = { times: 1 };
  await page.route(url, (route) => route.fulfill({ status: 403, contentType: "application/problem+json", json: problem }), once);
}

test("people are found by name, role and state, and the address keeps the question", async ({ page }) => {
  await signIn(page, people.admin);
  const wanted = await invite(page, "Findable", ["interviewer"]);
  await page.goto("/settings");
  await page.getByRole("button", { name: /Account menu/ }).click();
  await page.getByRole("link", { name: "Administration" }).click();
  await expect(page.getByRole("heading", { name: "People", level: 1 })).toBeVisible();
  await expect(page).toHaveURL(/\/admin\/users$/);
  await expect(row(page, "Ada Admin")).toContainText("Workspace admin");
  await expect(row(page, "Ada Admin")).toContainText("admin@demo.test");
  await expect(row(page, "Ada Admin")).toContainText("Active");

  await page.getByLabel("Search").fill(wanted.email.toUpperCase());
  await expect(page.getByRole("status").filter({ hasText: "1 person" })).toBeVisible();
  await expect(row(page, wanted.name)).toContainText("Interviewer");
  await expect(row(page, "Ada Admin")).toHaveCount(0);
  await page.getByLabel("Role").selectOption("Interviewer");
  await page.getByLabel("State").selectOption("Invited");
  await expect(row(page, wanted.name)).toContainText("Invited");
  await expect(page).toHaveURL(/role=interviewer&state=invited/);
  await page.reload();
  await expect(row(page, wanted.name)).toBeVisible();
  await expect(page.getByLabel("Search")).toHaveValue(wanted.email.toUpperCase());
  await expect(page.getByLabel("Role")).toHaveValue("interviewer");

  await page.getByLabel("State").selectOption("Deactivated");
  await expect(page.getByRole("heading", { name: "Nobody matches" })).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(row(page, "Ada Admin")).toBeVisible();
  await expect(page.getByLabel("Search")).toHaveValue("");
  await expect(page).toHaveURL(/\/admin\/users$/);

  await page.getByLabel("Search").fill(wanted.name);
  await row(page, wanted.name).getByRole("link", { name: wanted.name }).click();
  await expect(page.getByRole("heading", { name: wanted.name, level: 1 })).toBeFocused();
  await page.goBack();
  await expect(page.getByLabel("Search")).toHaveValue(wanted.name);
  await expect(row(page, wanted.name)).toBeVisible();
});

test("people come page by page", async ({ page }) => {
  await signIn(page, people.admin);
  await page.route("**/api/admin/users?*", async (route) => {
    const url = new URL(route.request().url());
    const second = url.searchParams.get("cursor") === "second";
    const answer = await route.fetch({ url: `${url.origin}${url.pathname}?role=workspace_admin` });
    const [person] = (await answer.json()).users;
    const users = [{ ...person, name: second ? "Pia Page-Two" : "Otto Page-One" }];
    await route.fulfill({ json: { users, next_cursor: second ? null : "second" } });
  });
  await openPeople(page, "?role=workspace_admin");
  await expect(row(page, "Otto Page-One")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "The first 1 people" })).toBeVisible();
  await page.getByRole("button", { name: "Load more" }).click();
  await expect(row(page, "Pia Page-Two")).toBeVisible();
  await expect(row(page, "Otto Page-One")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "2 people" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Load more" })).toHaveCount(0);
});

test("an invitation's link sets a password, and the person signs in", async ({ page }) => {
  const name = uniqueName("Nora New");
  const email = `${name.replaceAll(" ", "-").toLowerCase()}@demo.test`;
  await signIn(page, people.admin);
  await openPeople(page);
  await page.getByRole("link", { name: "Invite somebody" }).click();
  await expect(page.getByRole("heading", { name: "Invite somebody", level: 1 })).toBeFocused();
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Enter a name\.$/);
  await expect(page.getByRole("group", { name: "Roles" })).toHaveAccessibleDescription(/Choose at least one role\.$/);

  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill("admin@demo.test");
  await page.getByLabel("Scorecard admin").check();
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByLabel("Email")).toHaveAccessibleDescription(/Somebody has this email address already/);
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByRole("heading", { name: `Give ${name} this link now` })).toBeFocused();
  const link = await page.getByRole("group", { name: "One-time link" }).getByRole("code").innerText();
  expect(new URL(link).hash.length).toBeGreaterThan(20);

  await page.getByRole("link", { name: `Open ${name}` }).click();
  await expect(page.getByText("They haven’t chosen a password yet.")).toBeVisible();
  await expect(page.getByText(new URL(link).hash)).toHaveCount(0);

  await page.context().clearCookies();
  await page.goto(link);
  await page.getByLabel("New password").fill("a few random words");
  await page.getByRole("button", { name: "Set password" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("a few random words");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: `Account menu of ${name}` }).click();
  await expect(page.getByRole("link", { name: "Administration" })).toHaveCount(0);
});

test("a demotion says which scopes go from which live tokens, and takes them while the token is in use", async ({ page, request }) => {
  await signIn(page, people.admin);
  const person = await invite(page, "Demoted", ["scorecard_admin", "contributor"]);
  await choosePassword(page, person.link);
  await signIn(page, person);
  const name = uniqueName("in-use");
  const { secret } = await mint(page, name, ["scorecards:read", "scorecards:write"]);
  const write = () => request.post("/scorecards.create", { headers: { Authorization: `Bearer ${secret}` }, data: {} });
  expect((await write()).status(), "the scope is there, the arguments aren't").not.toBe(403);

  await signIn(page, people.admin);
  await openPerson(page, person);
  await page.getByLabel("Scorecard admin").uncheck();
  await page.getByRole("button", { name: "Change roles…" }).click();
  const dialog = page.getByRole("dialog", { name: `Change the roles of ${person.name}?` });
  await expect(dialog.getByText("Roles taken away")).toBeVisible();
  const struck = dialog.getByRole("listitem").filter({ hasText: name });
  await expect(struck).toContainText("scorecards:write");
  await expect(struck).not.toContainText("scorecards:read");
  expect((await write()).status(), "nothing has happened yet").not.toBe(403);
  await dialog.getByRole("button", { name: "Change roles" }).click();
  await expect(page.getByText("Roles changed.")).toBeVisible();
  await expect(dialog).toBeHidden();

  const refused = await write();
  expect(refused.status()).toBe(403);
  expect((await refused.json()).error_details.missing_scopes).toEqual(["scorecards:write"]);
  expect(await callWebApi(request, secret, "scorecards.list")).toBe(200);
});

test("roles that another admin changed meanwhile are told, and the choice stays", async ({ page }) => {
  await signIn(page, people.admin);
  const person = await invite(page, "Contested", ["contributor"]);
  await openPerson(page, person);
  const ORIGIN = new URL(page.url()).origin;
  const theirs = { from: ["contributor"], to: ["contributor", "interviewer"] };
  const answer = await page.request.put(`/api/admin/users/${person.id}/roles`, { headers: { Origin: ORIGIN }, data: theirs });
  expect(answer.status(), await answer.text()).toBe(200);

  await page.getByLabel("Finance manager").check();
  await page.getByRole("button", { name: "Change roles…" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "These roles were changed meanwhile" })).toBeVisible();
  await page.getByRole("button", { name: "Show what is saved now" }).click();
  await expect(page.getByText("Saved now: Contributor, Interviewer.")).toBeVisible();
  await expect(page.getByLabel("Finance manager")).toBeChecked();
  await page.getByRole("button", { name: "Change roles…" }).click();
  const dialog = page.getByRole("dialog", { name: /^Change the roles/ });
  await expect(dialog).toContainText("New rolesFinance manager");
  await expect(dialog).toContainText("Roles taken awayInterviewer");
  await dialog.getByRole("button", { name: "Change roles" }).click();
  await expect(page.getByText("Roles changed.")).toBeVisible();
});

test("the last workspace admin can be neither demoted nor deactivated, and the page says why", async ({ page }) => {
  await signIn(page, people.otherAdmin);
  await openPeople(page, "?role=workspace_admin");
  await expect(page.getByRole("status").filter({ hasText: "1 person" })).toBeVisible();
  await page.getByRole("rowheader").getByRole("link").click();
  await page.getByLabel("Workspace admin").uncheck();
  await page.getByLabel("Contributor").check();
  await page.getByRole("button", { name: "Change roles…" }).click();
  const reason = page.getByRole("alert").filter({ hasText: "This is the last workspace admin" });
  await expect(reason).toContainText("Make somebody else a workspace admin first.");
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await page.getByRole("button", { name: "Deactivate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Deactivate" }).click();
  await expect(page.getByRole("dialog").getByText("This is the last workspace admin")).toBeVisible();
  await page.keyboard.press("Escape");
  await openPeople(page, "?role=workspace_admin");
  await expect(page.getByRole("row").filter({ hasText: "admin@other.test" })).toContainText("Active");
});

test("whoever is deactivated is out, and so are their tokens, also after they come back", async ({ page, request }) => {
  await signIn(page, people.admin);
  const person = await invite(page, "Leaver", ["contributor"]);
  await choosePassword(page, person.link);
  await signIn(page, person);
  const { secret } = await mint(page, uniqueName("left-behind"));
  expect(await callWebApi(request, secret)).toBe(200);

  await signIn(page, people.admin);
  await openPerson(page, person);
  await page.getByRole("button", { name: "Deactivate" }).click();
  const dialog = page.getByRole("dialog", { name: `Deactivate ${person.name}?` });
  await expect(dialog).toContainText("Their one live token is revoked, for good");
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await expect(page.getByRole("status").filter({ hasText: `${person.name} is deactivated.` })).toBeVisible();
  await expect(page.getByRole("button", { name: "Reactivate" })).toBeFocused();
  expect(await callWebApi(request, secret)).toBe(401);
  await openPeople(page, `?search=${encodeURIComponent(person.name)}&state=deactivated`);
  await expect(row(page, person.name)).toContainText("Deactivated");

  await row(page, person.name).getByRole("link").click();
  await page.getByRole("button", { name: "Reactivate" }).click();
  await expect(page.getByRole("status").filter({ hasText: `${person.name} is active again.` })).toBeVisible();
  await expect(page.getByRole("button", { name: "Deactivate" })).toBeFocused();
  expect(await callWebApi(request, secret)).toBe(401);
  await signIn(page, person);
});

test("a new link ends the sessions, and so does the button for it", async ({ page, browser }) => {
  await signIn(page, people.admin);
  const person = await invite(page, "Forgetful", ["contributor"]);
  await choosePassword(page, person.link);
  const theirs = await (await browser.newContext({ baseURL: new URL(person.link).origin })).newPage();
  const isSignedIn = async () => (await theirs.request.get("/api/session")).status();
  await signIn(theirs, person);

  await openPerson(page, person);
  await page.getByRole("button", { name: "End sessions" }).click();
  await expect(page.getByText("All their sessions are ended.")).toBeVisible();
  expect(await isSignedIn()).toBe(401);
  await signIn(theirs, person);
  await page.getByRole("button", { name: "Make a link" }).click();
  await expect(page.getByRole("heading", { name: `Give ${person.name} this link now` })).toBeFocused();
  expect(await isSignedIn()).toBe(401);
  const link = await page.getByRole("group", { name: "One-time link" }).getByRole("code").innerText();
  await page.getByRole("button", { name: "I have passed it on, close" }).click();
  await expect(page.getByText(link)).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Make a link" })).toBeFocused();
  await choosePassword(theirs, link);
  await theirs.context().close();
});

test("an old sign-in is asked for its password, and goes on with what was typed", async ({ page }) => {
  const name = uniqueName("Fresh");
  await signIn(page, people.admin);
  await page.goto("/admin/users/new");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(`${name.toLowerCase()}@demo.test`);
  await page.getByLabel("Contributor").check();

  const submit = page.getByRole("button", { name: "Invite", exact: true });
  const dialog = page.getByRole("dialog", { name: "Enter your password to go on" });
  await makeSignInOld(page, "**/api/admin/users");
  await submit.click();
  await expect(dialog.getByLabel("Your password")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("alert").filter({ hasText: "This needs your password" })).toBeVisible();
  await expect(submit).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveValue(name);
  await expect(page.getByLabel("Contributor")).toBeChecked();

  await makeSignInOld(page, "**/api/admin/users");
  await submit.click();
  await dialog.getByLabel("Your password").fill("not my password");
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel("Your password")).toHaveAccessibleDescription("That isn’t your password.");
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: `Give ${name} this link now` })).toBeFocused();
  await expect(dialog).toBeHidden();
});

test("the settings ask for the password over their forms, too", async ({ page }) => {
  const name = uniqueName("elevated");
  await signIn(page, people.scorecards);
  await page.goto("/settings/tokens/new");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("scorecards:write", { exact: true }).check();
  await makeSignInOld(page, "**/api/personal-access-tokens");
  await page.getByRole("button", { name: "Create" }).click();
  const dialog = page.getByRole("dialog", { name: "Enter your password to go on" });
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("heading", { name: "Copy your token now" })).toBeFocused();
});

test("roles are changed and somebody is deactivated by keyboard alone", async ({ page }) => {
  await signIn(page, people.admin);
  const person = await invite(page, "Keyboard", ["contributor"]);
  await openPeople(page);
  const focused = page.locator(":focus");
  const tabTo = async (name: string | RegExp) => {
    const named = page.getByRole("link", { name }).or(page.getByRole("button", { name })).or(page.getByLabel(name));
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await focused.and(named).count()) > 0) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab never came to ${name}`);
  };
  await tabTo("Search");
  await page.keyboard.type(person.name);
  await expect(page.getByRole("status").filter({ hasText: "1 person" })).toBeVisible();
  await tabTo(person.name);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: person.name, level: 1 })).toBeFocused();
  await tabTo("Interviewer");
  await page.keyboard.press("Space");
  await tabTo("Change roles…");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Change the roles/ });
  await expect(dialog).toBeVisible();
  await tabTo("Change roles");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Roles changed.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Change roles…" })).toBeFocused();
  await tabTo("Deactivate");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: /^Deactivate/ }).getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Deactivate" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Reactivate" })).toBeFocused();
});

test("long and hostile names are text, and wrap; nobody’s address says so", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  await signIn(page, people.admin);
  for (const name of ["<img src=x onerror=alert(1)>", "W".repeat(60)]) {
    const person = await invite(page, name, ["contributor"]);
    await openPeople(page, `?search=${encodeURIComponent(person.name)}`);
    await expect(row(page, person.name)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await openPerson(page, person);
    await expectNoSidewaysScroll(page);
  }
  for (const id of ["01930000-0000-7000-8000-000000000000", "nonsense", "..%2f..%2fsession"]) {
    await page.goto(`/admin/users/${id}`);
    await expect(page.getByRole("heading", { name: "No such person" })).toBeVisible();
  }
});

type State = { name: string; heading: string | RegExp; open: (page: Page) => Promise<void> };

const states: State[] = [
  {
    name: "people",
    heading: "People",
    open: async (page) => {
      await openPeople(page);
      await expect(row(page, "Ada Admin")).toBeVisible();
    },
  },
  {
    name: "people, nobody matches",
    heading: "Nobody matches",
    open: async (page) => {
      await openPeople(page, "?search=no-such-person");
      await expect(page.getByRole("button", { name: "Show all" })).toBeVisible();
    },
  },
  {
    name: "invitation with errors",
    heading: "Invite somebody",
    open: async (page) => {
      await page.goto("/admin/users/new");
      await page.getByRole("button", { name: "Invite", exact: true }).click();
      await expect(page.getByText("Choose at least one role.")).toBeVisible();
    },
  },
  {
    name: "person, with a link",
    heading: /^Give Linked.* this link now$/,
    open: async (page) => {
      await openPerson(page, await invite(page, "Linked", ["contributor"]));
      await page.getByText("Adds 1 scope").first().click();
      await page.getByRole("button", { name: "Make a link" }).click();
    },
  },
  {
    name: "roles dialog",
    heading: /^Change the roles of Struck/,
    open: async (page) => {
      const person = await invite(page, "Struck", ["scorecard_admin"]);
      await choosePassword(page, person.link);
      await signIn(page, person);
      await mint(page, uniqueName("struck"), ["scorecards:write"]);
      await signIn(page, people.admin);
      await openPerson(page, person);
      await page.getByLabel("Scorecard admin").uncheck();
      await page.getByLabel("Interviewer").check();
      await page.getByRole("button", { name: "Change roles…" }).click();
      await expect(page.getByRole("dialog").getByText("Live tokens that lose scopes at once")).toBeVisible();
    },
  },
  {
    name: "deactivate dialog",
    heading: /^Deactivate Leaving.*\?$/,
    open: async (page) => {
      await openPerson(page, await invite(page, "Leaving", ["contributor"]));
      await page.getByRole("button", { name: "Deactivate" }).click();
    },
  },
  {
    name: "password dialog",
    heading: "Enter your password to go on",
    open: async (page) => {
      await openPerson(page, await invite(page, "Widened", ["contributor"]));
      await makeSignInOld(page, "**/password-link");
      await page.getByRole("button", { name: "Make a link" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
      await expect(page.getByLabel("Your password", { exact: true })).toHaveAttribute("aria-invalid", "true");
    },
  },
];

for (const state of states) {
  test(`accessible: ${state.name}`, async ({ page }) => {
    await signIn(page, people.admin);
    await state.open(page);
    await expectAccessible(page, state.heading);
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page, state.heading);
    await page.setViewportSize({ width: 320, height: 800 });
    await expectAccessible(page, state.heading);
    await expectNoSidewaysScroll(page);
  });
}
