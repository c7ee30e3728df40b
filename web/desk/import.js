// A file of records: read here, sent in pieces, every bad row named.
import { html, t, say, api, fold, number, useState } from "./base.js";
import { Note, Title, typeOf } from "./parts.js";

const FILE_MAX = 10 * 1024 * 1024; // bytes
const ROWS_MAX = 50000;
const PIECE = 200; // rows of one request

/** CSV as spreadsheets write it: "," ";" or tab, quotes, LF or CRLF. Rows with the line they begin at. */
export function readCsv(text) {
  const head = text.split("\n", 1)[0];
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

/** Names of fields, or their labels, as names. null: no such field. */
const column = (type, text) => {
  const name = text.trim();
  if (name === "id") return "id";
  return type.fields.find((f) => f.name === name || fold(f.vi) === fold(name) || fold(f.en) === fold(name))?.name || null;
};

function fromCsv(text, type) {
  const [head, ...rows] = readCsv(text.replace(/^\uFEFF/, ""));
  if (!head) throw new Error(t("import.empty"));
  const columns = head.cells.map((c) => column(type, c));
  const unknown = head.cells.filter((c, i) => columns[i] === null);
  if (unknown.length > 0) throw new Error(t("import.columns", { names: unknown.join("; ") }));
  return { columns, header: head.cells, rows: rows.map((r) => {
    const values = {};
    let id;
    r.cells.forEach((c, i) => {
      const v = c.trim().replace(/^'(?=[=+\-@\t])/, "");
      if (v === "" || i >= columns.length) return;
      if (columns[i] === "id") id = v; else values[columns[i]] = v;
    });
    return { line: r.line, type: type.name, values, ...(id && { id }), raw: r.cells };
  }) };
}

function fromLines(text, type) {
  const rows = text.replace(/^\uFEFF/, "").split("\n").map((s, i) => [s.trim(), i + 1]).filter(([s]) => s !== "");
  return { columns: null, header: ["json"], rows: rows.map(([s, line]) => {
    const { type: name, id, ...values } = JSON.parse(s);
    return { line, type: name || type.name, values, ...(id && { id }), raw: [s] };
  }) };
}

const csvCell = (s) => `"${String(s).replace(/"/g, '""')}"`;

function badFile(file, result) {
  const lines = [[...file.header, t("import.reason")], ...result.bad.map((b) => [...b.raw, say(b)])];
  return URL.createObjectURL(new Blob(["\uFEFF" + lines.map((l) => l.map(csvCell).join(",")).join("\r\n") + "\r\n"], { type: "text/csv" }));
}

export function Import({ type: name, refresh }) {
  const type = typeOf(name);
  const [file, setFile] = useState(null);
  const [wrong, setWrong] = useState("");
  const [done, setDone] = useState(null);
  const [day, setDay] = useState("");
  const pick = async (e) => {
    const f = e.target.files[0];
    setFile(null);
    setDone(null);
    setWrong("");
    if (!f) return;
    try {
      if (f.size > FILE_MAX) throw new Error(t("import.large"));
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await f.arrayBuffer());
      const read = text.trimStart().startsWith("{") ? fromLines(text, type) : fromCsv(text, type);
      if (read.rows.length > ROWS_MAX) throw new Error(t("import.large"));
      setFile({ name: f.name, ...read });
    } catch (x) { setWrong(x instanceof TypeError ? t("import.utf8") : x.message); }
  };
  const send = async () => {
    let answer = null;
    const bad = [], kept = [];
    setWrong("");
    try {
      for (let at = 0; at < file.rows.length || at === 0; at += PIECE) {
        const rows = file.rows.slice(at, at + PIECE);
        answer = await api("POST", "/api/import", { rows: rows.map(({ raw, ...r }) => r), last: at + PIECE >= file.rows.length,
          ...(answer ? { import: answer.import } : { type: name, source: file.name, ...(day && { as_of: day }), ...(file.columns && { columns: file.columns }) }) });
        bad.push(...answer.bad.map((b) => ({ ...b, raw: rows[b.row].raw })));
        kept.push(...answer.kept);
        setDone({ ...answer, bad, kept, sent: Math.min(at + PIECE, file.rows.length) });
      }
    } catch (x) { setWrong(x.message); }
    refresh();
  };
  if (!type) return html`<${Title}>${t("nopage")}</${Title}>`;
  return html`<${Title}>${t("import.title", { type: say(type) })}</${Title}><p>${t("import.why")}</p>
    ${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    <section class="card"><div class="field"><label for="file">${t("import.file")}</label>
      <p class="hint" id="file-hint">${t("import.file.hint")}</p>
      <input id="file" type="file" accept=".csv,.ndjson,.txt,text/csv" aria-describedby="file-hint" onChange=${pick} /></div>
      <div class="field"><label for="as-of">${t("import.day")}</label><p class="hint" id="as-of-hint">${t("import.day.hint")}</p>
      <input id="as-of" type="text" inputmode="numeric" value=${day} aria-describedby="as-of-hint" onInput=${(e) => setDay(e.target.value.trim())} /></div>
      ${file && html`<p>${t("import.ready", { n: number(file.rows.length), name: file.name })}</p>
      <div class="acts"><button class="main" onClick=${send} disabled=${done !== null}>${t("import.go")}</button></div>`}
      ${done && !done.done && html`<progress max=${file.rows.length} value=${done.sent} aria-label=${t("import.progress")}></progress>`}</section>
    ${done && done.done && html`<${Note} kind="ok"><p>${t("import.done", { created: number(done.created), edited: number(done.edited),
      unchanged: number(done.unchanged), bad: number(done.bad_rows) })}</p>
      <div class="acts"><a class="button" href=${`#/list/${name}`}>${t("record.list")}</a>
      ${done.bad.length > 0 && html`<a class="button" href=${badFile(file, done)} download=${`${file.name}.loi.csv`}>${t("import.save")}</a>`}</div></${Note}>
    ${done.kept.length > 0 && html`<${Note} kind="warn"><p>${t("import.kept", { n: number(done.kept.length) })}</p>
      <ul class="list">${done.kept.slice(0, 200).map((k) => html`<li>${t("import.line")} ${k.line}: ${say(k)}</li>`)}</ul></${Note}>`}
    ${done.bad.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("import.bad")}><table><caption>${t("import.bad")}</caption>
      <thead><tr><th scope="col">${t("import.line")}</th><th scope="col">${t("import.column")}</th><th scope="col">${t("import.reason")}</th></tr></thead>
      <tbody>${done.bad.slice(0, 200).map((b) => html`<tr><td>${b.line}</td><td>${say(type.fields.find((f) => f.name === b.column)) || b.column}</td><td>${say(b)}</td></tr>`)}</tbody></table></div>`}`}`;
}
