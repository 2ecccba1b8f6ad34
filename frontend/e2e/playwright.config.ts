import { defineConfig } from "@playwright/test";

// BASE_URL: a server with fresh demo data. CHROMIUM: the browser; it is the system's, as Playwright's own is not downloaded.
export default defineConfig({
  testDir: "tests",
  // The tests share the server, and each uses tokens and people of its own.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 30_000,
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:3000",
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    // Colours are measured as they are, not on their way there.
    contextOptions: { reducedMotion: "reduce" },
    video: "off",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
