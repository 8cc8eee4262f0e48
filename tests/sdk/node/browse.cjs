// Opens a page in headless Chromium and waits for its story: node browse.cjs <chromium> <url> <flags...>
const { chromium } = require("playwright-core");
const [, , executablePath, url, ...args] = process.argv;

(async () => {
  const browser = await chromium.launch({ executablePath, args, headless: true });
  try {
    const page = await browser.newPage();
    page.on("console", (message) => console.log(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => console.log(`page error: ${error}`));
    page.on("requestfailed", (request) => console.log(`failed: ${request.url()} ${request.failure().errorText}`));
    await page.goto(url, { waitUntil: "load" });
    await page.waitForFunction(() => window.story !== undefined, null, { timeout: 20000 });
    const told = page.evaluate(() => window.story);
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error("the story never ended")), 30000));
    await Promise.race([told, late]);
  } finally {
    await browser.close();
  }
})().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
