// One scenario in one headless Chromium: node scenarios.mjs NAME FOLDER. Prints nothing and ends with 0 if all is well.
//
// In every scenario a page may neither write to the console, nor throw, nor ask for anything outside its folder.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , name, folder] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const url = (file) => pathToFileURL(join(folder, file.split("#")[0])).href + (file.includes("#") ? `#${file.split("#")[1]}` : "");
const cases = () => readdirSync(join(folder, "cases")).map((file) => `cases/${file}`);
const tutorial = () => cases().find((file) => file.includes("2025-11-25-tutorials-security-authorization-typescript"));
const flips = () => readdirSync(join(folder, "flips")).map((file) => `flips/${file}`);
const flip = () => flips().filter((file) => file.includes("2025-11-25-tutorials-security-authorization-typescript")).at(-1);
const PAGES = ["index.html", "changes.html", "trends.html", "drift.html", "coverage.html"];
const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };

const browser = await chromium.launch({
  executablePath: process.env.DOCPROBE_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

async function open(file, { size = "desk", scheme = "light", script = true } = {}) {
  const context = await browser.newContext({
    viewport: SIZES[size], colorScheme: scheme, javaScriptEnabled: script, reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.heard = [];
  page.on("console", (message) => page.heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => page.heard.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { page.heard.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    const asked = request.url();
    if (!asked.startsWith(pathToFileURL(folder).href) && !asked.startsWith("data:")) page.heard.push(`request: ${asked}`);
  });
  await page.goto(url(file));
  return page;
}
async function done(page, what) {
  assert.deepEqual(page.heard, [], what);
  await page.context().close();
}
const scenarios = {
  async quiet() {
    for (const file of [...PAGES, ...cases(), ...flips().slice(-4)]) {
      for (const size of Object.keys(SIZES)) {
        const page = await open(file, { size });
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        await page.waitForLoadState("networkidle");
        await done(page, `${file} on a ${size}`);
      }
    }
  },

  async accessible() {
    for (const file of [...PAGES, tutorial(), flip()]) {
      for (const [size, scheme] of [["desk", "light"], ["desk", "dark"], ["phone", "light"]]) {
        const page = await open(file, { size, scheme });
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false }));
        const told = violations.map((one) => `${one.id} (${one.impact}): ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
        assert.deepEqual(told, [], `${file} ${size} ${scheme}`);
        await done(page, file);
      }
    }
  },

  async phone() {
    for (const file of [...PAGES, ...cases(), ...flips().slice(-4)]) {
      const page = await open(file, { size: "phone" });
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= view, `${file} is ${wide} wide on a screen of ${view}`);
      await done(page, file);
    }
  },

  async filter() {
    const page = await open("index.html");
    const rows = () => page.locator("section.sheet:not([hidden]) tbody tr:not([hidden])").count();
    assert.equal(await rows(), 3);
    await page.fill("#q", "python");
    assert.equal(await rows(), 1);
    assert.match(await page.textContent("#shown"), /^1 of \d+ examples$/);
    assert.match(page.url(), /#rev=2025-11-25&q=python$/);
    await page.fill("#q", "terminated");
    assert.equal(await rows(), 3, "a requirement's name keeps the rows and dims the other columns");
    assert.equal(await page.locator("section.sheet:not([hidden]) thead .turned:not(.dim)").count(), 1);
    await page.fill("#q", "");
    const chip = (show) => page.locator(`.chips [data-show="${show}"]`);
    assert.match(await chip("blocking").innerText(), /violated, blocking 1$/, "a chip counts the rows that it shows");
    await chip("blocking").click();
    assert.equal(await rows(), 1);
    assert.equal(await chip("blocking").getAttribute("aria-pressed"), "true");
    assert.match(page.url(), /show=blocking/);
    await page.check("#others");
    assert.equal(await rows(), 1, "by the text of another revision nothing is blocking");
    await chip("").click();
    assert.equal(await rows(), 4);
    await page.click("role=tab[name=/^2025-06-18/]");
    assert.equal(await page.locator("section.sheet:not([hidden])").getAttribute("data-revision"), "2025-06-18");
    const kept = page.url();
    await done(page, "filter");
    const again = await open(`index.html#${kept.split("#")[1]}`);
    assert.equal(await again.locator("section.sheet:not([hidden])").getAttribute("data-revision"), "2025-06-18");
    assert.ok(await again.isChecked("#others"), "a link to a filtered overview shows it filtered");
    await done(again, "filtered link");
  },

  async keyboard() {
    const page = await open("index.html");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.focus("role=tab[name=/^2025-11-25/]");
    await page.keyboard.press("ArrowRight");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^2025-06-18/);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const where = () => page.evaluate(() => document.activeElement.closest("tr").dataset.example + " " + (document.activeElement.dataset.requirement ?? ""));
    assert.match(await where(), /build-server#typescript $/, "one Tab into the matrix");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    assert.match(await where(), /authorization#typescript session.terminated-404$/);
    for (let up = 0; up < 3; up += 1) await page.keyboard.press("ArrowUp");
    assert.match(await page.evaluate(() => document.activeElement.href), /coverage\.html#session\.terminated-404@2025-11-25$/,
      "above the first row stands the requirement");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("End");
    await page.keyboard.press("Home");
    assert.match(await where(), /build-server#typescript $/);
    await page.keyboard.press("Tab");
    assert.ok(!(await page.evaluate(() => document.activeElement.closest(".matrix"))), "one Tab out of the matrix");
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "q", "the slash goes to the search");
    await done(page, "keyboard");
  },

  async links() {
    const page = await open("index.html");
    await page.click("section.sheet:not([hidden]) a[data-requirement='session.terminated-404'].blocking");
    await page.waitForLoadState();
    assert.match(page.url(), /#session\.terminated-404@2025-11-25$/);
    const finding = page.locator("[id='session.terminated-404@2025-11-25']");
    assert.ok(await finding.isVisible());
    assert.match(await finding.innerText(), /DELETE was answered 200/);
    await finding.locator("a[href='#x-15']").click();
    const exchange = page.locator("#x-15");
    assert.ok(await exchange.evaluate((one) => one.open), "a link into something folded opens it");
    assert.match(await exchange.innerText(), /HTTP\/1\.1 400 Bad Request/);
    assert.match(await exchange.innerText(), /curl -i -N -X POST/);
    await done(page, "links");
    const deep = await open(`${tutorial()}#x-17`);
    assert.ok(await deep.locator("#x-17").evaluate((one) => one.open));
    assert.ok(await deep.locator("details.step:has(#x-17)").evaluate((one) => one.open), "with the part that it is in");
    await deep.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await deep.locator("[id='session.terminated-404@2025-11-25'] a.self").first().click();
    assert.match(await deep.evaluate(() => navigator.clipboard.readText()), /#session\.terminated-404@2025-11-25$/);
    await deep.click("text=next example");
    await deep.waitForLoadState();
    assert.notEqual(deep.url().split("#")[0], url(tutorial()));
    await deep.click("text=previous example");
    await deep.waitForURL(`${url(tutorial())}`);
    await done(deep, "deep link");
  },

  async conversation() {
    for (const scheme of ["light", "dark"]) {
      const page = await open(tutorial(), { scheme });
      const talk = page.locator("[id='session.terminated-404@2025-11-25'] .talk");
      const text = (await talk.innerText()).replace(/\s+/g, " ");
      for (const part of ["docprobe", "example server", "#15 POST / tools/list", "400 Bad Request"]) assert.ok(text.includes(part), part);
      const [control, wrong] = [talk.locator("li.control").first(), talk.locator("li.wrong").first()];
      assert.match(await wrong.innerText(), /expected 404[^]*400 Bad Request/, "the expected reply stands beside the wrong one");
      const colour = (one) => one.evaluate((node) => getComputedStyle(node).color);
      assert.notEqual(await colour(control.locator(".got b")), await colour(wrong.locator(".got b")));
      const tops = await page.locator(".talk li", { has: page.locator(".who") }).evaluateAll((all) => all
        .filter((one) => one.querySelector(".ask")).map((one) =>
          one.querySelector(".who").getBoundingClientRect().bottom - one.querySelector(".ask").getBoundingClientRect().top));
      assert.ok(tops.length && tops.every((gap) => gap <= 0), "a session's note stands before its request");
      await done(page, "conversation");
    }
  },

  async opens() {
    const page = await open("index.html");
    const shown = page.locator("section.sheet:not([hidden])");
    assert.equal(await shown.getAttribute("data-revision"), "2025-11-25");
    assert.ok(+(await shown.getAttribute("data-blocking")), "the sheet with the blocking findings");
    for (const [width, columns] of [[360, 2], [768, 2], [1280, 4], [1920, 8]]) {
      await page.setViewportSize({ width, height: 800 });
      const tiles = await page.locator(".tiles li").evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ top, right }) => [Math.round(top), Math.round(right)]));
      const rows = new Map();
      for (const [top, right] of tiles) rows.set(top, [...(rows.get(top) ?? []), right]);
      const edge = await page.locator(".tiles").evaluate((one) => Math.round(one.getBoundingClientRect().right));
      for (const rights of rows.values()) {
        assert.equal(rights.length, columns, `tiles of a row at ${width}`);
        assert.ok(Math.abs(rights.at(-1) - edge) <= 1, `a row is not filled at ${width}`);
      }
    }
    await done(page, "opens");
  },

  async moved() {
    const old = cases().find((file) => readFileSync(join(folder, file), "utf8").includes("data-moved"));
    const page = await open(`${old}#session.terminated-404@2025-11-25`);
    await page.waitForURL(/authorization-typescript.*#session\.terminated-404@2025-11-25$/);
    assert.ok(await page.locator("[id='session.terminated-404@2025-11-25']").isVisible());
    await done(page, "moved");
  },

  async charts() {
    const page = await open("trends.html");
    assert.equal(await page.locator(".canvas canvas").count(), 5);
    const ink = () => page.evaluate(() => [...document.querySelectorAll(".canvas canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    }));
    assert.deepEqual(await ink(), Array(5).fill(true));
    const legend = (await page.locator(".u-legend").first().innerText()).replace(/\s+/g, " ");
    assert.match(legend, /^night ?2026-11-22 ?MUST ?\d+ ?SHOULD ?\d+/, "the newest night's figures, without a pointer");
    await page.click("text=30 nights");
    assert.equal(await page.getAttribute("text=30 nights", "aria-pressed"), "true");
    assert.deepEqual(await ink(), Array(5).fill(true));
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 500, height: 800 });
    await page.waitForTimeout(400);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 500);
    await done(page, "charts");
  },

  async gaps() {
    const page = await open("trends.html");
    const axis = await page.evaluate(() => JSON.parse(document.getElementById("trends").textContent).times.length);
    assert.equal(axis, 1, "one night");
    const ink = await page.evaluate(() => [...document.querySelectorAll(".canvas canvas")].slice(0, 4).map((canvas) => {
      const context = canvas.getContext("2d");
      const { width, height } = canvas;
      // the middle third holds the night's points, and neither axis
      const { data } = context.getImageData(width / 3, 0, width / 3, height * 0.8);
      const colours = new Set();
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
      return colours.size;
    }));
    assert.ok(ink.every((colours) => colours > 1), `a single night is drawn in the middle: ${ink}`);
    await done(page, "gaps");
  },

  async scriptless() {
    for (const file of [...PAGES, tutorial(), flip()]) {
      const page = await open(file, { script: false });
      assert.ok(await page.locator("h1").isVisible());
      await done(page, file);
    }
    const page = await open("index.html", { script: false });
    assert.equal(await page.locator("section.sheet:visible").count(), 3, "without a script every sheet is shown");
    await done(page, "sheets");
    const single = await open(tutorial(), { script: false });
    assert.ok(await single.locator(".talk").first().isVisible(), "without a script conversations are shown");
    await done(single, "tables");
  },

  async hostile() {
    for (const file of [...PAGES, ...cases()]) {
      const page = await open(file);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      const found = await page.evaluate(() => ({
        images: document.querySelectorAll("img").length,
        inline: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((a) => a.name.startsWith("on"))).length,
        away: [...document.querySelectorAll("a[href]")].filter((one) => !one.href.startsWith("file:")).length,
        scripts: [...document.scripts].filter((one) => !one.src && one.type !== "application/json").length,
        raw: /[\u0000-\u0008\u001b\u009b\u202e]/.test(document.body.innerText),
      }));
      assert.deepEqual(found, { images: 0, inline: 0, away: 0, scripts: 0, raw: false }, file);
      await done(page, file);
    }
  },

  async single() {
    for (const size of Object.keys(SIZES)) {
      const page = await open("single.html", { size });
      const blocking = page.locator("a[data-requirement='session.terminated-404'].blocking").first();
      await blocking.click();
      assert.ok(await page.locator(`[id="${decodeURIComponent(page.url().split("#")[1])}"]`).isVisible());
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      const [wide, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= view, `${wide} wide on a screen of ${view}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { preload: false }));
      assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`), []);
      await done(page, size);
    }
  },

  async fast() {
    const page = await open("trends.html");
    await page.click("text=all");
    const timing = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
    assert.ok(timing < 3000, `a thousand nights took ${timing} ms to load`);
    await done(page, "fast");
  },
};

try {
  if (!(name in scenarios)) throw new Error(`no scenario ${name}`);
  await scenarios[name]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
}
