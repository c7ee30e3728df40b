// A hub and a node as real processes, and a browser, for the tests of the page.
//
//   DONGBO_BIN      folder with dongbo-node and dongbo-hub
//   DONGBO_MODULES  folder whose node_modules has playwright-core and axe-core
//   DONGBO_CHROMIUM the browser (default: Debian's)
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const need = createRequire(path.join(process.env.DONGBO_MODULES, "package.json"));
export const { chromium } = need("playwright-core");
const axeSource = fs.readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");

const BIN = process.env.DONGBO_BIN;
const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** For what comes by itself, on whatever machine: a wait ends as soon as it came. */
export const WAIT_MS = Number(process.env.DONGBO_WAIT_MS || 180000);

export const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dongbo-browser-"));
const running = new Set();

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

export async function until(what, f, ms = WAIT_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const v = await f();
    if (v) return v;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await sleep(50);
  }
}

export function tool(program, verb, ...rest) {
  const args = [verb, ...rest]; // the days of the tests are long ago
  if (["put", "import"].includes(verb)) args.push("--confirm-dates");
  const r = spawnSync(path.join(BIN, program), args, { encoding: "utf8", env: { ...process.env, DONGBO_PERSON: "Kiểm thử" } });
  if (r.status !== 0) throw new Error(`${program} ${args.join(" ")}: exit ${r.status}\n${r.stdout}${r.stderr}`);
  return r.stdout;
}

/** An office's workbook (workbook.py) in the folder of this test. -> its path */
export function workbook(name, content) {
  const out = path.join(folder, name);
  const r = spawnSync("python3", ["-B", path.join(ROOT, "tests/browser/workbook.py"), out], { input: JSON.stringify(content), encoding: "utf8" });
  if (r.status !== 0) throw new Error(r.stderr);
  return out;
}

function start(program, data) {
  const p = spawn(path.join(BIN, program), ["run", "--data", data], { stdio: ["ignore", "pipe", "pipe"] });
  p.output = "";
  p.stdout.on("data", (b) => { p.output += b; });
  p.stderr.on("data", (b) => { p.output += b; });
  running.add(p);
  p.name = program;
  p.gone = new Promise((r) => p.on("exit", () => { running.delete(p); r(); }));
  return p;
}

const readJson = (file) => {
  try { return JSON.parse(fs.readFileSync(file, "utf8")); } catch { return null; }
};

/** What a daemon says it listens at; soon an error when it ended instead. */
const portsOf = (process, data) => until(`the ports of ${process.name}`, () => {
  if (!running.has(process)) throw new Error(`${process.name} did not start\n${process.output}`);
  return readJson(path.join(data, "run/ports.json"));
});

/** Run a hub's daemon, for the first time or again. -> {process, ports} */
export async function runHub(data) {
  fs.rmSync(path.join(data, "run/ports.json"), { force: true });
  const process = start("dongbo-hub", data);
  return { process, ports: await portsOf(process, data) };
}

export async function startHub({ name = "Huyện Vĩnh Cửu", catalogue = path.join(ROOT, "catalogue") } = {}) {
  const data = path.join(folder, "hub");
  tool("dongbo-hub", "init", "--data", data, "--unit", "735", "--name", name, "--catalogue", catalogue,
    "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0");
  const { process, ports } = await runHub(data);
  const port = ports.sync ?? ports.port ?? ports.node ?? Object.values(ports)[0];
  const invite = (unit, at = port) => JSON.parse(tool("dongbo-hub", "invite", "--json", "--data", data, "--unit", unit, "--address", `127.0.0.1:${at}`));
  return { process, data, invite };
}

export function makeNode(name, title = "Máy xã Thạnh Phú") {
  const data = path.join(folder, name);
  tool("dongbo-node", "init", "--data", data, "--name", title);
  fs.writeFileSync(path.join(data, "dongbo.conf"), "[desk]\nlisten = 127.0.0.1:0\n");
  return data;
}

export async function startNode(data) {
  fs.rmSync(path.join(data, "run/ports.json"), { force: true });
  const process = start("dongbo-node", data);
  const ports = await portsOf(process, data);
  return { process, url: `http://127.0.0.1:${ports.desk}/`, port: ports.desk,
    code: () => fs.readFileSync(path.join(data, "run/desk-code"), "utf8").trim() };
}

/** End a daemon. After SIGTERM it must end well. */
export async function kill(p, signal = "SIGTERM") {
  p.kill(signal);
  const timer = setTimeout(() => p.kill("SIGKILL"), WAIT_MS);
  await p.gone;
  clearTimeout(timer);
  if (signal === "SIGTERM" && p.exitCode !== 0) throw new Error(`${p.name} ended with ${p.exitCode ?? p.signalCode}\n${p.output.slice(-3000)}`);
}

export async function cleanUp() {
  const ends = await Promise.allSettled([...running].map((p) => kill(p)));
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

export const launch = () => chromium.launch({ executablePath: process.env.DONGBO_CHROMIUM || "/usr/bin/chromium", args: FLAGS, timeout: WAIT_MS });

/** A fault stands still: what is there only while the screen changes (live figures, a list that comes) is looked at again. */
async function lasting(look, page) {
  let faults = await look(page);
  for (let tries = 0; faults.length > 0 && tries < 10; tries++) {
    await sleep(500);
    faults = await look(page);
  }
  return faults;
}

export const axe = (page) => lasting(axeNow, page);
export const layoutFaults = (page) => lasting(layoutNow, page);

/** Rules of WCAG 2.0 to 2.2, A and AA, that the screen breaks; empty is right. */
async function axeNow(page) {
  await page.evaluate(axeSource);
  const r = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
}

/** Runs `act` and waits until a draft that holds `text` was kept: the words on the screen may be of the draft before. */
export async function kept(page, text, act) {
  const sent = page.waitForResponse((r) => r.url().endsWith("/api/draft") && r.request().method() === "PUT"
    && (r.request().postData() ?? "").includes(text) && r.ok());
  await act();
  await sent;
}

/** Controls lower or narrower than 40 px (links inside text aside) and text that is cut off. */
const layoutNow = (page) => page.evaluate(() => {
  const faults = [];
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push("the page scrolls sideways");
  const seen = (e) => e.offsetParent !== null && !e.closest(".skip, [hidden]");
  for (const e of document.querySelectorAll("button, .button, input:not([type=checkbox]), select, textarea, nav a, th a, td a")) {
    const r = e.getBoundingClientRect();
    if (seen(e) && r.width > 0 && (r.height < 39.5 || r.width < 39.5)) faults.push(`small: ${e.textContent || e.id} ${Math.round(r.width)}x${Math.round(r.height)}`);
  }
  for (const e of document.querySelectorAll("button, .button, h1, h2, label, th, td, dt, dd")) {
    if (seen(e) && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline") faults.push(`cut off: ${e.textContent.slice(0, 40)}`);
  }
  return faults;
});
