// A list as offices have it: the program reads the file, a person looks at what came of it and says which column is what;
// then it is sent in pieces, every bad row named.
import { html, t, say, api, fold, number, useState, useRef } from "./base.js";
import { aboutRow, findAlike, sameAs } from "./form.js";
import { Note, Wrong, Title, typeOf, show, catalogue } from "./parts.js";

const FILE_MAX = 7 * 1024 * 1024; // bytes; as OFFICE_JSON_FILE_BYTES
const ROWS_MAX = 50000;
const PIECE = 200; // rows of one request
const PIECE_CHARS = 300000; // of one request: a request to the hub has at most 1 MiB
const FONTS = ["unicode", "tcvn3", "vni"];
const ALIKE_MAX = 1000; // new rows that are looked for one by one
const SHOWN = 5; // rows of the preview

/** CSV as spreadsheets write it: "," ";" or tab, quotes, LF or CRLF. Rows with the line they begin at. */
export function readCsv(text) {
  const head = /^.*\S.*$/m.exec(text)?.[0] ?? ""; // rows above the names came as empty lines
  const mark = [",", ";", "\t"].sort((a, b) => head.split(b).length - head.split(a).length)[0];
  const rows = [];
  let cells = [], cell = "", quoted = false, line = 1, begun = 1;
  const end = () => {
    cells.push(cell);
    if (cells.some((c) => c.trim() !== "")) rows.push({ line: begun, cells });
    cells = [];
    cell = "";
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\n") line++;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') { cell += c; i++; } else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === mark) { cells.push(cell); cell = ""; }
    else if (c === "\n") { end(); begun = line; }
    else if (c !== "\r") cell += c;
  }
  if (cell !== "" || cells.length > 0) end();
  return rows;
}

/** Case, tone, signs and what stands in brackets say nothing. */
const bare = (text) => fold(text.replace(/\([^)]*\)/g, "")).replace(/[^a-z0-9]+/g, " ").trim();
/** What offices write above a column of this field: the catalogue's list `import_heading` (value: the field; label: headings, ";" between). */
const headings = (f) => [f.vi, f.en, ...(catalogue.choices.import_heading || []).filter((c) => c.value === f.name).flatMap((c) => c.vi.split(";"))].map(bare).filter(Boolean);

/** Names of fields, their labels, or what offices call them, as names. null: no such field, or more than one. */
const column = (type, text) => {
  const name = text.trim();
  if (name === "id") return "id";
  const exact = type.fields.find((f) => f.name === name || fold(f.vi) === fold(name) || fold(f.en) === fold(name));
  const like = exact ? [exact] : bare(name) ? type.fields.filter((f) => headings(f).includes(bare(name))) : [];
  return like.length === 1 ? like[0].name : null;
};

/** Two columns of one field: a person says which. */
const once = (map) => map.map((m, i) => (m && map.indexOf(m) !== i ? null : m));

/** A table: its columns as fields of the type, null where the header names none. */
function fromCsv(text, type) {
  const [head, ...rows] = readCsv(text);
  if (!head || rows.length === 0) throw new Error(t("import.empty"));
  return { header: head.cells, cells: rows, map: once(head.cells.map((c) => column(type, c))) };
}

/** Rows of a table as they are sent; "" leaves a column out. */
function rowsOf({ cells, map }, type) {
  return cells.map((r) => {
    const values = {};
    let id;
    r.cells.forEach((c, i) => {
      const v = c.trim().replace(/^'(?=[=+\-@\t])/, "");
      if (v === "" || !map[i]) return;
      if (map[i] === "id") id = v; else values[map[i]] = v;
    });
    return { line: r.line, type: type.name, values, ...(id && { id }), raw: r.cells };
  });
}

function fromLines(text, type) {
  const rows = text.replace(/^\uFEFF/, "").split("\n").map((s, i) => [s.trim(), i + 1]).filter(([s]) => s !== "");
  return { header: ["json"], rows: rows.map(([s, line]) => {
    const { type: name, id, ...values } = JSON.parse(s);
    return { line, type: name || type.name, values, ...(id && { id }), raw: [s] };
  }) };
}

function utf8(bytes) {
  try { return new TextDecoder("utf-8", { fatal: true }).decode(bytes); } catch { throw new Error(t("import.utf8")); }
}

const csvCell = (s) => `"${String(s).replace(/"/g, '""')}"`;

function badFile(file, result) {
  const lines = [[...file.header, t("import.reason")], ...result.bad.map((b) => [...b.raw, say(b)])];
  return URL.createObjectURL(new Blob(["\uFEFF" + lines.map((l) => l.map(csvCell).join(",")).join("\r\n") + "\r\n"], { type: "text/csv" }));
}

/** New rows that look like a record that is here, or like a row above. A number that is here is an edit, and no double.
 * `known`: what there was before the look; rows that are sent with it are taken as long as nobody added another. */
async function doubles(rows, type, tell) {
  const { known } = await api("GET", "/api/search", { type: type.name, max: 1 });
  return { ...(await doublesNow(rows, type, tell)), rows, known };
}

/** Rows of which the program, asked to try them only, says that records here have all of their values. */
async function twinsOf(rows, type, tell) {
  const found = [], by = new Map(rows.map((r) => [r.line, r]));
  const parts = rows.length > 0 ? pieces(rows) : [];
  let all = true, sent = 0, id;
  for (const [i, part] of parts.entries()) {
    const answer = await api("POST", "/api/import", { rows: part.map(({ raw, ...r }) => r), last: i === parts.length - 1, dry: true, confirm_dates: true, confirm_same: true,
      ...(id ? { import: id } : { type: type.name }) });
    id = answer.import;
    all = all && answer.twins_all;
    found.push(...answer.twins.map((w) => ({ row: by.get(w.line), here: w.records.map((r) => ({ ...r, values: {} })) })));
    tell(sent += part.length);
  }
  return { found, all };
}

async function doublesNow(rows, type, tell) {
  const id = type.fields.find((f) => f.identity)?.name;
  const fresh = rows.filter((r) => !r.id && !(id && r.values[id]) && Object.keys(r.values).length > 0);
  const named = new Set(fresh.filter((r) => type.named && r.values[type.title]));
  const seen = new Map(), found = [];
  for (const r of fresh) { // by the name, else by all that the row says
    const mark = named.has(r) ? `${fold(String(r.values[type.title]))}|${r.values.dob || ""}` : JSON.stringify(Object.entries(r.values).sort());
    if (seen.has(mark)) found.push({ row: r, above: seen.get(mark) }); else seen.set(mark, r.line);
  }
  const told = new Set(found.map((d) => d.row)), left = fresh.filter((r) => !told.has(r));
  const twins = await twinsOf(left.filter((r) => !named.has(r)), type, tell);
  const ask = left.filter((r) => named.has(r));
  for (let at = 0; at < Math.min(ask.length, ALIKE_MAX); at += 10) {
    await Promise.all(ask.slice(at, Math.min(at + 10, ALIKE_MAX)).map(async (r) => {
      const here = (await findAlike(type, [fold(String(r.values[type.title])), ""])).filter((x) => sameAs({ type, values: r.values }, x));
      if (here.length > 0) found.push({ row: r, here });
    }));
    tell(at);
  }
  return { found: [...found, ...twins.found].sort((a, b) => a.row.line - b.row.line), all: twins.all && ask.length <= ALIKE_MAX, most: ALIKE_MAX };
}

/** Which field a column of the file is, where its header does not say. */
function Columns({ file, type, choose }) {
  return html`<section class="card"><h2>${t("import.map")}</h2><p class="hint">${t("import.map.why")}</p>
    ${file.header.map((name, i) => file.unknown[i] && html`<div class="field"><label for=${`map-${i}`}>${name || t("import.column.no", { n: i + 1 })}</label>
      <select id=${`map-${i}`} value=${file.map[i] ?? "?"} onChange=${(e) => choose(i, e.target.value)}>
        <option value="?" disabled>${t("import.map.choose")}</option><option value="">${t("import.map.none")}</option>
        ${type.fields.map((f) => html`<option value=${f.name} disabled=${file.map.includes(f.name)}>${say(f)}</option>`)}</select></div>`)}</section>`;
}

function Preview({ file, type }) {
  const kept = file.map.map((m, i) => [m, i]).filter(([m]) => m);
  const cell = (m, text) => { const f = type.fields.find((x) => x.name === m); return f?.kind === "choice" ? show(f, text.trim()) : text; };
  return html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("import.preview")}><table><caption>${t("import.preview")}</caption>
    <thead><tr>${kept.map(([m]) => html`<th scope="col">${m === "id" ? "id" : say(type.fields.find((f) => f.name === m))}</th>`)}</tr></thead>
    <tbody>${file.cells.slice(0, SHOWN).map((r) => html`<tr>${kept.map(([m, i]) => html`<td>${cell(m, r.cells[i] || "")}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** How the file is read, and what its font makes of the text. */
function Reading({ read, again }) {
  const { seen } = read;
  return html`<section class="card"><h2>${t("import.read")}</h2>
    ${seen.guess !== "unicode" && html`<${Note} kind="warn"><p>${t(`import.guess.${seen.guess}`)}</p></${Note}>`}
    ${!seen.utf8 && seen.text === "unicode" && html`<${Note} kind="bad"><p>${t("import.utf8")}</p></${Note}>`}
    <div class="fields">${seen.sheets.length > 1 && html`<div class="field"><label for="sheet">${t("import.sheet")}</label>
      <select id="sheet" value=${String(read.sheet ?? seen.sheet)} onChange=${(e) => again({ sheet: e.target.value })}>
        ${seen.sheets.map((name, i) => html`<option value=${String(i + 1)}>${name}</option>`)}</select></div>`}
      <div class="field"><label for="header">${t("import.header")}</label><p class="hint" id="header-hint">${t("import.header.hint")}</p>
        <input id="header" type="text" inputmode="numeric" value=${read.header} aria-describedby="header-hint"
          onChange=${(e) => again({ header: String(Math.max(1, Math.trunc(Number(e.target.value)) || 1)) })} /></div>
      <div class="field"><label for="font">${t("import.font")}</label><select id="font" value=${read.text ?? seen.text} onChange=${(e) => again({ text: e.target.value })}>
        ${FONTS.map((f) => html`<option value=${f}>${t(`import.font.${f}`)}</option>`)}</select></div></div>
    ${seen.samples.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("import.samples")}><table><caption>${t("import.samples")}</caption>
      <thead><tr><th scope="col">${t("import.before")}</th><th scope="col">${t("import.after")}</th></tr></thead>
      <tbody>${seen.samples.map((s) => html`<tr><td>${s.before}</td><td>${s.after}</td></tr>`)}</tbody></table></div>`}</section>`;
}

function Doubles({ list, all, most, leave, every }) {
  return html`<${Note} kind="warn"><p>${t("import.twice", { n: number(list.length) })}</p>
    <ul class="list">${list.slice(0, 200).map((d) => html`<li>${t("import.line")} ${d.row.line}: ${d.above ? t("import.twice.above", { line: d.above })
      : d.here.slice(0, 2).map((x) => html`<a class="link" href=${`#/record/${x.id}`}>${aboutRow(x) || x.id.slice(0, 8)}</a> `)}</li>`)}</ul>
    ${!all && html`<p>${t("import.twice.many", { n: number(most) })}</p>`}
    <div class="acts"><button class="main" onClick=${leave}>${t("import.twice.leave")}</button><button onClick=${every}>${t("import.twice.every")}</button></div></${Note}>`;
}

/** Rows whose number is of another person here, or of a row above: a person looks, and ticks those that are right all the same. */
function Others({ list, dry, go }) {
  const [ticked, setTicked] = useState([]);
  return html`<${Note} kind="warn"><p>${t("import.others", { n: number(list.length) })}</p>
    <div class="checks">${list.map((b) => html`<label><input type="checkbox" checked=${ticked.includes(b)}
      onChange=${() => setTicked(ticked.includes(b) ? ticked.filter((x) => x !== b) : [...ticked, b])} />
      ${t("import.line")} ${b.line}: ${b.raw.join(", ")} ${b.record && html`<a class="link" href=${`#/record/${b.record}`} target="_blank">${t("import.others.record")}</a>`}</label>`)}</div>
    <div class="acts"><button onClick=${() => go(ticked)} disabled=${ticked.length === 0}>${t(dry ? "import.others.try" : "import.others.go")}</button></div></${Note}>`;
}

/** Rows in requests that are not too long. */
function pieces(rows) {
  const out = [[]];
  let chars = 0;
  for (const r of rows) {
    const more = JSON.stringify(r.values).length;
    if (out.at(-1).length === PIECE || (chars > 0 && chars + more > PIECE_CHARS)) { out.push([]); chars = 0; }
    out.at(-1).push(r);
    chars += more;
  }
  return out;
}

/** A JSON object begins here, whatever stands before it. */
const isLines = (bytes) => /^(?:ï»¿)?\s*\{/.test(new TextDecoder("latin1").decode(bytes.subarray(0, 1000)));

/** `dated`: the program takes the day that a list is of. The commune's counts over all pieces, the hub's each for itself. */
export function Import({ type: name, refresh, dated = true }) {
  const type = typeOf(name);
  const [read, setRead] = useState(null);
  const [file, setFile] = useState(null);
  const [pasted, setPasted] = useState("");
  const [wrong, setWrong] = useState("");
  const [done, setDone] = useState(null);
  const [twice, setTwice] = useState(null);
  const [day, setDay] = useState("");
  const [busy, setBusy] = useState(false);
  const turn = useRef(0); // of what was asked last: an answer to an earlier question, or its refusal, comes too late
  const parsed = (label, rest) => {
    if ((rest.cells || rest.rows).length > ROWS_MAX) throw new Error(t("import.large"));
    setFile({ name: label, ...rest, ...(rest.map && { unknown: rest.map.map((m) => m === null) }) });
  };
  const look = async (asked, late) => {
    const query = Object.fromEntries(["sheet", "header", "text"].filter((k) => asked[k]).map((k) => [k, asked[k]]));
    if (asked.seen) setRead(asked);
    const seen = await api("POST", `/api/sheet?${new URLSearchParams(query)}`, asked.bytes);
    if (late()) return;
    setRead({ ...asked, seen });
    if (seen.utf8 || seen.text !== "unicode") parsed(asked.name, fromCsv(seen.csv, type));
  };
  const sending = done && !done.done;
  const reading = async (work) => {
    if (sending) return;
    const mine = (turn.current += 1), late = () => mine !== turn.current;
    setDone(null);
    setTwice(null);
    setFile(null);
    setWrong("");
    setBusy(true);
    try { await work(late); } catch (x) { if (!late()) setWrong(x.message); } finally { if (!late()) setBusy(false); }
  };
  const take = (label, blob) => reading(async (late) => {
    setRead(null);
    if (blob.size > FILE_MAX) throw new Error(t("import.large"));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    if (late()) return;
    if (isLines(bytes)) parsed(label, fromLines(utf8(bytes), type));
    else await look({ name: label, bytes, header: "1" }, late);
  });
  const again = (change) => reading((late) => look({ ...read, ...change }, late));
  const pick = (e) => e.target.files[0] && take(e.target.files[0].name, e.target.files[0]);
  const paste = () => take(t("import.pasted"), new Blob([pasted]));
  /** `at`: how far an import is; it goes on from there after other records came between, and these were looked through. */
  const run = async (rows, dry, sure, at) => {
    const so = at || begun(rows);
    const parts = pieces(rows);
    for (const [i, part] of parts.entries()) {
      const last = i === parts.length - 1;
      let answer;
      try {
        answer = await api("POST", "/api/import", { rows: part.map(({ raw, ...r }) => r), last, ...(dry && { dry: true }), ...(sure && { confirm_dates: true }),
          ...(!dry && so.known !== undefined && { known: so.known }),
          ...(so.import ? { import: so.import } : { type: name, source: file.name, ...(day && { as_of: day }),
            ...(file.map && { columns: file.map.filter(Boolean) }) }) });
      } catch (x) {
        if (x.answer?.error !== "STALE") throw x;
        return lookThrough(parts.slice(i).flat(), sure, so);
      }
      for (const k of Object.keys(so.sum)) so.sum[k] = answer.import ? answer[k] : so.sum[k] + answer[k];
      so.import = answer.import;
      so.known = answer.known;
      so.bad.push(...answer.bad.map((b) => ({ ...b, raw: part[b.row].raw, of: part[b.row] })));
      so.kept.push(...(answer.kept || []));
      so.sent += part.length;
      setDone({ ...so.sum, bad_rows: so.bad.length, dry, done: last, bad: so.bad, kept: so.kept, sent: so.sent, of: so.of, known: so.known });
    }
    refresh();
  };
  /** Refused rows once more, after a person said that they are right. */
  const retry = (bad, said, sure) => {
    const { dry, known } = done, at = { ...begun(bad), bad: done.bad.filter((b) => !bad.includes(b)), known };
    setDone({ sent: 0, of: bad.length }); // its button is gone: pressed twice is imported once
    return run(bad.map((b) => ({ ...b.of, ...said })), dry, sure, at);
  };
  const lookThrough = async (rows, sure, at) => {
    const look = await doubles(rows, type, (sent) => setDone({ sent, of: rows.length }));
    setDone(null);
    const from = { ...at, known: look.known };
    if (look.found.length > 0) setTwice({ ...look, sure, at: from }); else await run(rows, false, sure, from);
  };
  const guarded = async (work) => {
    setWrong("");
    try { await work(); } catch (x) { setDone(null); setWrong(x.message); }
  };
  const pressed = useRef(false); // a second one beside it would find no doubles of the first
  const single = async (work) => {
    if (pressed.current) return;
    pressed.current = true;
    await guarded(work);
    pressed.current = false;
  };
  const all = () => (file.cells ? rowsOf(file, type) : file.rows);
  const begun = (rows) => ({ bad: [], kept: [], sent: 0, of: rows.length, sum: { created: 0, edited: 0, unchanged: 0, bad_rows: 0 } });
  const send = () => single(() => lookThrough(all(), false, begun(all())));
  const go = (rows) => { const { sure, at } = twice; setTwice(null); single(() => run(rows, false, sure, { ...at, of: at.sent + rows.length })); };
  const odd = done?.done ? done.bad.filter((b) => b.confirm) : []; // days far from the period: right or mistyped?
  const others = done?.done ? done.bad.filter((b) => b.same) : []; // their numbers are of other people here, or of rows above
  const ready = file && !busy && !(file.map && file.map.includes(null));
  if (!type) return html`<${Title}>${t("nopage")}</${Title}>`;
  return html`<${Title}>${t("import.title", { type: say(type) })}</${Title}><p>${t("import.why")}</p>
    <${Wrong} text=${wrong} />
    <section class="card"><div class="field"><label for="file">${t("import.file")}</label>
      <p class="hint" id="file-hint">${t("import.file.hint")}</p>
      <input id="file" type="file" accept=".xlsx,.csv,.ndjson,.txt,text/csv" aria-describedby="file-hint" onChange=${pick} disabled=${sending} /></div>
      <div class="field"><label for="paste">${t("import.paste")}</label><p class="hint" id="paste-hint">${t("import.paste.hint")}</p>
      <textarea id="paste" rows="3" value=${pasted} aria-describedby="paste-hint" onInput=${(e) => setPasted(e.target.value)}></textarea>
      <div class="acts"><button type="button" onClick=${paste} disabled=${sending || pasted.trim() === ""}>${t("import.paste.read")}</button></div></div>
      ${dated && html`<div class="field"><label for="as-of">${t("import.day")}</label><p class="hint" id="as-of-hint">${t("import.day.hint")}</p>
      <input id="as-of" type="text" inputmode="numeric" value=${day} aria-describedby="as-of-hint" onInput=${(e) => setDay(e.target.value.trim())} /></div>`}</section>
    ${busy && html`<p role="status">${t("import.reading")}</p>`}${read && html`<${Reading} read=${read} again=${again} />`}
    ${file?.unknown?.includes(true) && html`<${Columns} file=${file} type=${type} choose=${(i, to) => setFile({ ...file, map: file.map.map((m, k) => (k === i ? to : m)) })} />`}
    ${file && html`<section class="card">${file.cells && html`<${Preview} file=${file} type=${type} />`}
      <p>${t("import.ready", { n: number((file.cells || file.rows).length), name: file.name })}</p>
      <div class="acts"><button class="main" onClick=${send} disabled=${!ready || twice || (done && !done.dry)}>${t("import.go")}</button>
        <button onClick=${() => single(() => run(all(), true))} disabled=${!ready || twice || (done && !done.done)}>${t("import.try")}</button></div>
      ${sending && html`<progress max=${done.of} value=${done.sent} aria-label=${t("import.progress")}></progress>`}</section>`}
    ${twice && html`<${Doubles} list=${twice.found} all=${twice.all} most=${twice.most} every=${() => go(twice.rows)}
      leave=${() => go(twice.rows.filter((r) => !twice.found.some((d) => d.row === r)))} />`}
    ${done && done.done && html`<${Note} kind=${done.dry ? "" : "ok"}><p>${t(done.dry ? "import.tried" : "import.done", { created: number(done.created), edited: number(done.edited),
      unchanged: number(done.unchanged), bad: number(done.bad_rows) })}</p>
      <div class="acts">${!done.dry && html`<a class="button" href=${`#/list/${name}`}>${t("record.list")}</a>`}
      ${done.bad.length > 0 && html`<a class="button" href=${badFile(file, done)} download=${`${file.name}.loi.csv`}>${t("import.save")}</a>`}</div></${Note}>
    ${odd.length > 0 && html`<${Note} kind="warn"><p>${t("import.dates", { n: number(odd.length) })}</p><div class="acts"><button onClick=${() => single(() => retry(odd, {}, true))}>${t(done.dry ? "import.dates.try" : "import.dates.go")}</button></div></${Note}>`}
    ${others.length > 0 && html`<${Others} key=${done.bad.length} list=${others} dry=${done.dry} go=${(ticked) => single(() => retry(ticked, { confirm_same: true }, false))} />`}
    ${done.kept.length > 0 && html`<${Note} kind="warn"><p>${t("import.kept", { n: number(done.kept.length) })}</p>
      <ul class="list">${done.kept.slice(0, 200).map((k) => html`<li>${t("import.line")} ${k.line}: ${say(k)}${k.why === "locked" ? " 🔒" : ""}</li>`)}</ul></${Note}>`}
    ${done.bad.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("import.bad")}><table><caption>${t("import.bad")}</caption>
      <thead><tr><th scope="col">${t("import.line")}</th><th scope="col">${t("import.column")}</th><th scope="col">${t("import.reason")}</th></tr></thead>
      <tbody>${done.bad.slice(0, 200).map((b) => html`<tr><td>${b.line}</td><td>${say(type.fields.find((f) => f.name === b.column)) || b.column}</td><td>${say(b)}</td></tr>`)}</tbody></table></div>`}`}`;
}
