// How heavy the settings are on a first visit (bodies as they travel), and how soon they can be used. Prints a line of JSON for each visit.
// Usage: node cold.mjs VISITS, with BASE_URL (a server with demo data) and CHROMIUM in the environment.
import { chromium } from "@playwright/test";

const baseURL = process.env.BASE_URL;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for (let visit = 0; visit < Number(process.argv[2]); visit += 1) {
  // A context has a cache of its own, which is empty.
  const context = await browser.newContext({ baseURL });
  const data = { email: "member@demo.test", password: "demo-password" };
  const answer = await context.request.post("/api/session", { headers: { origin: baseURL }, data });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()}`);
  const page = await context.newPage();
  const requests = [];
  // What the page asks the server for later on is not the page.
  page.on("requestfinished", (request) => new URL(request.url()).pathname.startsWith("/api/") || requests.push(request));
  const start = performance.now();
  await page.goto("/settings");
  await page.getByRole("link", { name: "Add personal access token" }).waitFor();
  const milliseconds = performance.now() - start;
  await page.waitForLoadState("networkidle");
  const sizes = await Promise.all(requests.map((request) => request.sizes()));
  const bytes = sizes.reduce((sum, size) => sum + size.responseBodySize, 0);
  console.log(JSON.stringify({ milliseconds, bytes, answers: requests.length }));
  await context.close();
}
await browser.close();
