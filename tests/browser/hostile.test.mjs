// Hostile words in every place that people fill: a catalogue whose every label is hostile, a record of every type with
// hostile values in every field that takes them. Through every page of the desk and the hub, every export, every paper,
// and into no header (fault W10).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { after, before } from "node:test";
import { PASSWORD, broken, errors, eyes, newWindow, test } from "./steps.mjs";
import { cleanUp, folder, kill, launch, makeNode, startHub, startNode, tool, until } from "./world.mjs";

const HERE = path.dirname(new URL(import.meta.url).pathname);
const KEEPER = "Lan <b>&\"'=1+1";
const LONG = "Ắ<i>".repeat(682); // 4,092 bytes of UTF-8 without a blank
const VALUES = ["<script>parent.hit=1</script>", "=HYPERLINK(\"http://x\",\"y\")", "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3;\"a\",b",
  "\"><img src=x onerror=parent.hit=1>", "'; DROP TABLE person;--", "👪 họ 𠀀 \u200bẩn\u200d", "]]>&amp;&#x3c;<!--", "{{7*7}}${7*7}%s%n",
  "một\",\"hai", "\\u0000\\n%0d%0aX-Evil: 1", "＝1＋1", "javascript:parent.hit=1", LONG];
const REFUSED = ["\u202eđảo", "\u0000", "\u0007", "\ud800", "a\u2028b"];

let hub, data, node, browser, page, records;
const dialogs = [];

function python(...args) {
  const r = spawnSync("python3", ["-B", path.join(HERE, "hostile.py"), ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(r.status, 0, r.stdout + r.stderr);
  return r.stdout;
}

const { field, button } = eyes(() => page);

/** A request of the page's own, as its scripts make it. */
const api = (method, to, body) => page.evaluate(async ([m, p, b]) => {
  const { csrf } = await (await fetch("/api/session")).json();
  const query = b && m === "GET" ? `?${new URLSearchParams(b)}` : "";
  const reply = await fetch(p + query, { method: m, headers: m === "GET" ? {} : { "X-Dongbo-Csrf": csrf, "Content-Type": "application/json" },
    body: b && m !== "GET" ? JSON.stringify(b) : undefined });
  return { status: reply.status, body: await reply.json() };
}, [method, to, body]);

async function apiFile(to, body, name) {
  const bytes = await page.evaluate(async ([p, b]) => {
    const { csrf } = await (await fetch("/api/session")).json();
    const reply = await fetch(p, { method: "POST", headers: { "X-Dongbo-Csrf": csrf, "Content-Type": "application/json" }, body: JSON.stringify(b) });
    if (!reply.ok) throw new Error(await reply.text());
    let text = "";
    for (const c of new Uint8Array(await reply.arrayBuffer())) text += String.fromCharCode(c);
    return btoa(text);
  }, [to, body]);
  const file = path.join(folder, name);
  fs.writeFileSync(file, Buffer.from(bytes, "base64"));
  return file;
}

/** Nothing ran, nothing was built from a text, nothing hangs over the edge. */
const harmless = (at) => at.evaluate(() => {
  const faults = [];
  if (window.hit || parent.hit) faults.push("a script ran");
  if (document.querySelector("script:not([src]), iframe, object, embed, base, form[action], a[href^='javascript'], [onerror], [onclick]")) faults.push("markup out of a text");
  for (const i of document.querySelectorAll("main img")) if (!/^(data:image\/svg|\/)/.test(i.getAttribute("src"))) faults.push("a picture out of a text");
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push("the page scrolls sideways");
  for (const e of document.querySelectorAll("h1, h2, label, td, th, dt, dd, legend, p, li, button")) {
    if (e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline" && !e.closest(".tablewrap")) faults.push(`cut off: ${e.tagName} ${e.textContent.slice(0, 30)}`);
  }
  return faults.slice(0, 5);
});

/** Go there and wait until the screen is there and shows what it asked for. */
async function visit(hash) {
  await page.evaluate((h) => { location.hash = h; }, hash);
  await page.waitForFunction((h) => location.hash.slice(1) === h && document.querySelector("main h1") && !/^(Đang tải|Đang mở)/.test(document.querySelector("main").textContent.trim()), hash);
  assert.deepEqual(await harmless(page), [], `on ${hash}`);
}

before(async () => {
  const hostile = path.join(folder, "catalogue");
  python("catalogue", path.join(HERE, "../../catalogue"), hostile);
  hub = await startHub({ name: "Huyện \"Vĩnh\" <b>&", catalogue: hostile });
  data = makeNode("node", "=Máy</td>\"'<b>");
  node = await startNode(data);
  browser = await launch();
  page = await newWindow(browser, { expected: /status of (400|401|403|409|422|429)/ });
  page.on("dialog", (d) => { dialogs.push(d.message()); d.dismiss(); });
  await page.goto(node.url);
  await field("Mã một lần").fill(node.code());
  await field("Họ và tên").fill(KEEPER);
  await field("Mật khẩu").fill(PASSWORD);
  await field("Nhập lại mật khẩu").fill(PASSWORD);
  await button("Tạo và đăng nhập").click();
  await field("Lời mời").fill(Object.values(hub.invite("26170")).find((v) => String(v).startsWith("dongbo1:")));
  await button("Ghi danh").click();
  await button("Hai bên giống nhau, tiếp tục").click();
  await page.getByRole("heading", { level: 1, name: "Trang đầu" }).waitFor();
});

after(async () => {
  if (broken()) console.error(node.process.output.slice(-3000));
  await browser?.close();
  await cleanUp();
});

test("a record of every type, hostile wherever a text may stand", async () => {
  await until("the catalogue", async () => (await api("GET", "/api/catalogue")).status === 200);
  const made = await page.evaluate(async ([texts]) => {
    const { csrf } = await (await fetch("/api/session")).json();
    const post = async (p, b) => {
      const r = await fetch(p, { method: "POST", headers: { "X-Dongbo-Csrf": csrf, "Content-Type": "application/json" }, body: JSON.stringify(b) });
      const text = await r.text();
      if (text === "") throw new Error(`${p} ${r.status} has no answer: ${JSON.stringify(b)}`);
      return { status: r.status, body: JSON.parse(text) };
    };
    const catalogue = await (await fetch("/api/catalogue")).json();
    const ids = {}, out = [], failed = [];
    let n = 0;
    const valueOf = (f, type) => {
      switch (f.kind) {
        case "text": return texts[n++ % texts.length];
        case "choice": return catalogue.choices[f.list][n++ % catalogue.choices[f.list].length].value;
        case "choices": return catalogue.choices[f.list].slice(0, 2).map((c) => c.value);
        case "date": case "pdate": return "2023-05-10";
        case "int": case "money": return f.name.startsWith("year") ? "2023" : "1";
        case "decimal": return "1.5";
        case "bool": return "1";
        case "unit": return "26170";
        default: return f.list === type.name ? undefined : ids[f.list];
      }
    };
    const own = catalogue.types.filter((x) => x.scope === "own" && x.name !== "report"); // a report is drafted, not typed: desk.test
    let left = own.filter((x) => !x.fields.some((f) => f.kind === "ref" && f.required && !own.some((y) => y.name === f.list))); // the district's are not here
    for (let round = 0; left.length > 0 && round < 6; round++) {
      const again = [];
      for (const type of left) {
        const waits = round < 5 && type.fields.some((f) => f.kind === "ref" && f.list !== type.name && f.required && !ids[f.list] && left.some((t) => t.name === f.list));
        if (waits) { again.push(type); continue; }
        const values = {};
        for (const f of type.fields) values[f.name] = valueOf(f, type);
        const fixed = { national_id: "075085000001", id_no_old: "123456789", month: "2023-05", received_time: "08:30", at_time: "08:30" };
        for (const k of Object.keys(fixed)) if (k in values) values[k] = fixed[k];
        let answer;
        for (let tries = 0; tries < 80; tries++) {
          for (const k of Object.keys(values)) if (values[k] === undefined) delete values[k];
          answer = await post("/api/put", { type: type.name, values, confirm_dates: true });
          if (answer.status === 200) break;
          const check = (await post("/api/check", { type: type.name, values })).body;
          for (const k of check.hidden || []) delete values[k];
          const bad = [...Object.keys(check.errors || {}), answer.body.field].filter((k) => k && k in values);
          if (bad.length === 0 && (check.hidden || []).length === 0) break;
          if (bad.length === 0) continue;
          const f = type.fields.find((x) => x.name === bad[0]);
          const others = f.kind === "choice" ? catalogue.choices[f.list].map((c) => c.value) : [];
          if (others.length > 1 && !f.tried) { f.tried = 1; values[bad[0]] = others[0]; } else if (f.required && f.kind === "choice" && (f.tried = (f.tried || 0) + 1) < others.length) values[bad[0]] = others[f.tried];
          else delete values[bad[0]];
        }
        if (answer.status !== 200) { failed.push([type.name, answer.body.field, answer.body.vi]); continue; }
        ids[type.name] = answer.body.id;
        out.push({ type: type.name, id: answer.body.id, values });
      }
      left = again;
    }
    return { out, failed, left: left.map((x) => x.name) };
  }, [VALUES]);
  assert.deepEqual([made.failed, made.left], [[], []]);
  records = made.out;
  assert.ok(records.length >= 60, `${records.length} records`);
  const texts = records.flatMap((r) => Object.values(r.values)).filter((v) => VALUES.includes(v));
  for (const v of VALUES) assert.ok(texts.includes(v), `nowhere: ${v.slice(0, 30)}`);
});

test("what could deceive the eye or break a line is refused with words", async () => {
  for (const bad of REFUSED) {
    const r = await api("POST", "/api/put", { type: "person", values: { full_name: `Tên ${bad}`, sex: "female" } });
    assert.ok([400, 422].includes(r.status), `${JSON.stringify(bad)}: ${r.status}`);
    assert.ok(r.body.vi.length > 10);
  }
  const over = await api("POST", "/api/put", { type: "person", values: { full_name: "a".repeat(4097), sex: "female" } });
  assert.equal(over.status, 422, over.body.vi);
});

test("every value comes back as it was typed", async () => {
  for (const r of records) {
    const got = (await api("GET", "/api/record", { id: r.id })).body;
    assert.equal(got.values.file_key, undefined); // the key of a file is shown to nobody
    for (const [k, v] of Object.entries(r.values)) if (VALUES.includes(v) && k !== "file_key") assert.equal(got.values[k], v, `${r.type}.${k}`);
  }
});

test("every list, record and form shows it as text", async () => {
  for (const [i, r] of records.entries()) {
    await visit(`/record/${r.id}`);
    if (i % 4 === 0) await visit(`/list/${r.type}`);
    if (i % 12 === 0) await visit(`/edit/${r.id}`);
  }
  for (const at of ["/", "/conflicts", "/pending", "/reports", "/moves", "/usb", "/settings", "/access"]) await visit(at);
  await page.setViewportSize({ width: 390, height: 844 });
  for (const r of records.slice(0, 3)) {
    await visit(`/record/${r.id}`);
    await visit(`/list/${r.type}`);
  }
  await page.setViewportSize({ width: 1024, height: 768 });
  assert.deepEqual([dialogs, errors], [[], []]);
});

test("a list as workbook and CSV has the same texts, and no live cell", async () => {
  const found = new Set();
  for (const r of records.filter((x, i) => i % 10 === 0 || x.type === "person")) {
    const columns = Object.keys(r.values).slice(0, 40).join(",");
    const [book, text] = [await apiFile("/api/export", { type: r.type, format: "xlsx", names: true, columns }, "list.xlsx"),
      await apiFile("/api/export", { type: r.type, format: "csv", names: true, columns }, "list.csv")];
    const { xlsx, csv } = JSON.parse(python("list", book, text));
    for (const v of VALUES.filter((x) => Object.values(r.values).includes(x))) {
      found.add(v);
      assert.ok(xlsx.flat().includes(v), `workbook of ${r.type}: ${v.slice(0, 40)}`);
      assert.ok(csv.flat().some((c) => c === v || c === `'${v}`), `CSV of ${r.type}: ${v.slice(0, 40)}`);
    }
  }
  assert.ok(found.size >= 6, `${found.size} kinds of text in the exports`);
});

test("reports carry it on paper and to other systems as text", async () => {
  const out = path.join(folder, "issue");
  const text = `Không <b>có</b> vướng mắc.\n${VALUES.slice(0, 5).join("\n")}`;
  const { report, period } = (await api("GET", "/api/reports", { from: "2023-05-01", to: "2023-08-01" })).body.rows[0];
  assert.equal((await api("POST", "/api/report/draft", { report, period, values: { narrative: text } })).status, 200);
  await visit(`/report/${report}/${period}`);
  tool("dongbo-node", "sync", "--data", data);
  tool("dongbo-hub", "ask", "--data", hub.data, "--unit", "26170", "--report", "RP18", "--period", "2023-05-01_2023-05-31", "--due", "2030-01-01",
    "--person", "P", "--text", "Báo cáo;a,b\\n\r\nBEGIN:VTODO\r\nX-EVIL:1\r\nEND:VTODO");
  tool("dongbo-hub", "close", "--data", hub.data, "--report", "RP04", "--period", "2023-6M");
  tool("dongbo-hub", "export", "--data", hub.data, "--issue", "1", "--out", out);
  python("issue", out);
  tool("dongbo-node", "sync", "--data", data);
  const shown = await api("GET", "/api/report", { report, period });
  assert.equal(shown.body.narrative.narrative, text);
  const ics = path.join(folder, "desk.ics");
  fs.writeFileSync(ics, (await api("GET", "/api/calendar", { from: "2023-01-01", to: "2030-12-31" })).body.ics);
  python("calendar", ics);
  fs.writeFileSync(ics, JSON.parse(tool("dongbo-hub", "calendar", "--json", "--data", hub.data)).ics ?? "");
  python("calendar", ics);
});

/** Heads of the answers to these bytes, lower case. */
function raw(port, bytes) {
  return new Promise((done, failed) => {
    let text = "";
    const s = net.connect(port, "127.0.0.1", () => s.write(bytes));
    s.on("data", (b) => { text += b; });
    s.on("end", () => done(text.toLowerCase()));
    s.on("error", (e) => (e.code === "ECONNRESET" ? done(text.toLowerCase()) : failed(e))); // closed before it read all of it
  });
}

const get = (module, options) => new Promise((done, failed) => {
  const q = module.request({ host: "127.0.0.1", rejectUnauthorized: false, ...options }, (r) => { r.resume(); r.on("end", () => done(r)); });
  q.on("error", failed);
  q.end(options.body);
});

test("no line break of a request gets into a header of the answer (W10)", async () => {
  const evil = "%0d%0aX-Evil:%201%0d%0a%0d%0a<script>";
  const paths = (await api("GET", "/api/openapi.json")).body.paths;
  const cookie = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join("; ");
  const web = JSON.parse(fs.readFileSync(path.join(hub.data, "run/ports.json"), "utf8")).web;
  let looked = 0;
  for (const [module, port] of [[http, node.port], [https, web]]) {
    const own = module === http ? Object.keys(paths) : ["/", "/tinh", "/v1/issues", "/api/session", "/api/openapi.json", "/v1/issues/1"];
    for (const p of own.filter((x) => x !== "/api/events")) {
      for (const to of [`${p}?id=${evil}&type=${evil}&name=${evil}&report=${evil}&file=${evil}`, `${p}${evil}`, `${p}/..%2f${evil}`]) {
        const r = await get(module, { port, path: to, headers: { Cookie: cookie, "If-None-Match": "\"x\"", Range: "bytes=0-" } });
        looked++;
        assert.equal(r.headers["x-evil"], undefined, to);
        assert.ok(!r.rawHeaders.some((h) => /evil|<script/i.test(h)), to);
        assert.equal(r.headers.location, undefined, `no door redirects: ${to}`);
      }
    }
  }
  for (const head of ["Cookie: a=b\rX-Evil: 1", "Cookie: a=b\nX-Evil: 1", "Range: bytes=0-\r X-Evil: 1", "If-None-Match: \"a\"\x0bX-Evil: 1", "Origin: http://x\r\n\tX-Evil: 1"]) {
    const answer = await raw(node.port, `GET /api/session HTTP/1.1\r\nHost: 127.0.0.1:${node.port}\r\n${head}\r\nConnection: close\r\n\r\n`);
    assert.ok(!answer.split("\r\n\r\n")[0].includes("x-evil"), head);
    assert.ok((answer.match(/http\/1\.1 /g) || []).length <= 1, `one answer: ${head}`);
  }
  assert.ok(looked > 100, `${looked} requests`);
});

test("nothing ran, ever", async () => {
  await visit("/");
  assert.deepEqual([dialogs, errors], [[], []]);
  await kill(node.process);
});
