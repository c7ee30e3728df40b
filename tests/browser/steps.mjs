// What every test of a page begins with: steps in order, windows that note what went wrong, and a person's eyes, who
// finds what stands on the screen by its text. One file of tests is one process, so the notes are of that file.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test as nodeTest } from "node:test";
import { WAIT_MS, axe, layoutFaults } from "./world.mjs";

export const SCREENS = process.env.DONGBO_SCREENS; // where pictures go; none when not set
export const PASSWORD = "mật khẩu đủ dài";

/** A day, so many from today in Vietnam, as the tools write it. */
export const day = (n) => new Date(Date.now() + n * 86400000 + 7 * 3600000).toISOString().slice(0, 10);

/** Steps build on each other: behind one that failed the others say nothing new. */
let failed = false;
export const test = (name, f) => nodeTest(name, async (c) => {
  if (failed) { c.skip("a step before failed"); return; }
  failed = true;
  await f();
  failed = false;
});
export const broken = () => failed;

/** What browsers complained of, in all windows. An answer that a page expects is no complaint: `expected`; nor is that of
 * a program that stops, or is asked too much at once: pages ask again. */
export const errors = [];
const ASKED_AGAIN = /status of 503/;
const EXPECTED = /status of (401|403|409|422|429)|ERR_/;

/** A new person at a PC of their own. */
export async function newWindow(browser, { expected = EXPECTED, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, locale: "vi-VN", colorScheme: "light", ignoreHTTPSErrors: true,
    acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error" && !expected.test(m.text()) && !ASKED_AGAIN.test(m.text())) errors.push(m.text()); });
  page.on("pageerror", (e) => errors.push(String(e)));
  page.setDefaultTimeout(WAIT_MS);
  return page;
}

/** Names of words that have no words: `t()` shows the name itself. A file's name is none. */
const WORDS = ["vi", "both-vi", "hub-vi"].flatMap((n) => Object.keys(JSON.parse(fs.readFileSync(new URL(`../../web/i18n/${n}.json`, import.meta.url), "utf8"))));
const FAMILIES = [...new Set(WORDS.filter((w) => w.includes(".")).map((w) => w.split(".")[0]))].join("|");
const BARE = new RegExp(`(?<![\\w./@:-])(?:${FAMILIES})(?:\\.[a-z_]+)+(?![\\w.-])`, "g");
const FILE = /\.(?:csv|xlsx|pdf|docx|json|ndjson|xml|db|dongbo|minisig|sql|pem|key|conf|txt|zip|png|jpg)$/;
const known = (w) => WORDS.some((k) => k.startsWith(w.slice(0, w.lastIndexOf(".") + 1)));
const bareWords = async (page) => ((await page.locator("body").innerText()).match(BARE) ?? []).filter((w) => known(w) && !FILE.test(w));

/** The screen as a strict reader sees it, and its picture PREFIX-NAME.png where pictures are wanted. */
export async function look(page, prefix, name, whole = true) {
  assert.deepEqual(await axe(page), [], `axe on ${name}`);
  assert.deepEqual(await layoutFaults(page), [], `layout of ${name}`);
  assert.deepEqual(await bareWords(page), [], `words without words on ${name}`);
  await picture(page, `${prefix}-${name}`, { fullPage: whole });
}

/** Of a page, or a part of it. */
export async function picture(of, name, options = {}) {
  if (SCREENS) await of.screenshot({ path: path.join(SCREENS, `${name}.png`), ...options });
}

/** How often the page sent something there from now on: a function that says it. */
export function sent(page, path) {
  let n = 0;
  page.on("request", (r) => { if (r.method() === "POST" && new URL(r.url()).pathname === path) n += 1; });
  return () => n;
}

/** What a person finds on one screen. `at`: a page, or what says which page it is now. */
export function eyes(at) {
  const now = () => (typeof at === "function" ? at() : at);
  return {
    get page() { return now(); },
    field: (label) => now().getByLabel(label, { exact: false }).first(),
    button: (name) => now().getByRole("button", { name, exact: true }),
    link: (name) => now().getByRole("link", { name, exact: true }),
    heading: (name) => now().getByRole("heading", { level: 1, name }),
    section: (name) => now().locator("section").filter({ has: now().getByRole("heading", { level: 2, name }) }),
    text: (words) => now().getByText(words),
  };
}
