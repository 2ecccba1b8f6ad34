// The pictures of the README. Taken only with PICTURES=1, as they would make the working tree dirty.
import path from "node:path";

import { callWebApi, deleteAll, expect, mint, people, row, signIn, test } from "./support";

const FOLDER = path.join(__dirname, "../../../docs");

const register = process.env.PICTURES === "1" ? test : () => {};

register("the settings page, for the README", async ({ page, request }) => {
  await page.setViewportSize({ width: 1280, height: 520 });
  await signIn(page, people.member);
  await deleteAll(page);
  await mint(page, "quarterly-report", ["snapshots:read", "studio:reports:read"], 7);
  const pipeline = await mint(page, "agent-experience-pipeline", ["catalog:read", "scorecards:read", "workflows:read", "workflowRuns:trigger"], 90);
  const laptop = await mint(page, "dx-cli-laptop", ["catalog:read", "scorecards:read"], 30);
  for (const { secret } of [pipeline, laptop]) expect(await callWebApi(request, secret)).toBe(200);
  await expect(async () => {
    await page.goto("/settings");
    await expect(row(page, "dx-cli-laptop")).toContainText("from 127.0.0.1", { timeout: 500 });
  }).toPass();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(FOLDER, `settings-${colorScheme}.png`) });
  }
});

register("everyone's tokens, for the README", async ({ page, request }) => {
  await page.setViewportSize({ width: 1280, height: 960 });
  const made: [typeof people.admin, string, string[], number][] = [
    [people.member, "dx-cli-laptop", ["catalog:read", "scorecards:read"], 30],
    [people.scorecards, "scorecard-sync", ["scorecards:read", "scorecards:write"], 90],
    [people.database, "warehouse-export", ["catalog:read", "datacloud:query"], 60],
    [people.snapshots, "snapshot-report", ["snapshots:read", "snapshots:admin"], 7],
    [people.admin, "terraform", ["catalog:read", "catalog:write:entities"], 60],
  ];
  for (const [person, name, scopes, days] of made) {
    await signIn(page, person);
    await deleteAll(page);
    const { secret } = await mint(page, name, scopes, days);
    expect([200, 403]).toContain(await callWebApi(request, secret));
  }
  await page.goto("/admin/tokens?status=active");
  await row(page, "scorecard-sync").getByRole("checkbox").check();
  await row(page, "warehouse-export").getByRole("checkbox").check();
  await page.evaluate(() => scrollTo(0, 0));
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(FOLDER, `admin-${colorScheme}.png`) });
  }
});
