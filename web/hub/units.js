// Units that merge and split: what the catalogue says, what is done, and doing it.
import { html, t, say, session, api, showDate, number, vietnam, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue, Sure } from "../desk/parts.js";
import { Select, Table, Text, unitName } from "./parts.js";
import { communes } from "./communes.js";

const SIGNS = { done: "✓", due: "▲", waiting: "▲", assumption: "▲", future: "○" };

function Apply({ rows, done }) {
  const [asked, ask] = useState(false);
  const [guess, setGuess] = useState(false);
  const [busy, setBusy] = useState(false);
  const [told, tell] = useState(null);
  const due = rows.filter((r) => r.state === "due" || (guess && r.state === "assumption"));
  const apply = async () => {
    setBusy(true);
    ask(false);
    try {
      const r = await api("POST", "/api/units", { until: vietnam(Date.now()).toISOString().slice(0, 10), assumptions: guess });
      tell({ text: t("units.applied", { records: number(r.records), nodes: number(r.nodes) }) });
    } catch (e) { tell({ bad: true, text: e.message }); }
    setBusy(false);
    await done();
  };
  return html`${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${rows.some((r) => r.state === "assumption") && html`<label class="check"><input type="checkbox" checked=${guess} onChange=${() => setGuess(!guess)} />${t("units.guess")}</label>`}
    ${due.length > 0 && html`<p>${t("units.due", { n: number(due.length), records: number(due.reduce((a, r) => a + r.records, 0)), nodes: number(due.reduce((a, r) => a + r.nodes, 0)) })}</p>
      <div class="acts">${asked ? html`<${Sure} act=${apply} cancel=${() => ask(false)}>${t("units.sure", { n: number(due.length) })}</${Sure}>`
        : html`<button disabled=${busy} onClick=${() => ask(true)}>${busy ? t("loading") : t("units.go")}</button>`}</div>`}`;
}

/** Records of a unit that was split: counted first, then assigned to one of its successors. */
function Assign({ rows, done }) {
  const parts = rows.filter((r) => r.kind === "part" && r.state === "waiting");
  const [at, setAt] = useState("0");
  const [type, setType] = useState("");
  const [field, setField] = useState("");
  const [value, setValue] = useState("");
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  const row = parts[Number(at)];
  if (!row) return null;
  const it = catalogue.types.find((x) => x.name === type);
  const send = async (asked, dry) => {
    setWrong("");
    try {
      const r = await api("POST", "/api/units/assign", { ...asked, ...(dry && { dry }) });
      setFound(dry ? { n: r.records, asked } : null);
      if (!dry) await done();
    } catch (x) { setWrong(x.message); }
  };
  const count = (e) => {
    e.preventDefault();
    send({ from: row.old, to: row.new, ...(type && { type }), ...(field && { where: { [field]: choices.length > 0 ? value || choices[0].value : e.target.elements.value.value } }) }, true);
  };
  const fresh = (f) => (v) => { setFound(null); f(v); };
  const f = it?.fields.find((x) => x.name === field);
  const choices = (f && catalogue.choices[f.list]) || [];
  return html`<section class="card"><h2>${t("units.assign")}</h2><p class="hint">${t("units.assign.why")}</p><${Wrong} text=${wrong} />
    <form onSubmit=${count} onInput=${() => setFound(null)}><div class="fields">
      <${Select} name="row" label=${t("units.change")} value=${at} onChange=${fresh(setAt)} options=${parts.map((r, i) => ({ value: String(i), label: `${r.old_name} → ${r.new_name}` }))} />
      <${Select} name="type" label=${t("filter.type")} value=${type} onChange=${fresh((v) => { setType(v); setField(""); })}
        options=${[{ value: "", label: t("filter.all") }, ...catalogue.types.filter((x) => x.scope === "own").map((x) => ({ value: x.name, label: say(x) }))]} />
      ${it && html`<${Select} name="field" label=${t("units.where")} value=${field} onChange=${fresh((v) => { setField(v); setValue(""); })}
        options=${[{ value: "", label: t("filter.all") }, ...it.fields.filter((f) => f.kind !== "choices").map((f) => ({ value: f.name, label: say(f) }))]} />`}
      ${choices.length > 0 && html`<${Select} name="value" label=${t("units.value")} value=${value || choices[0].value} onChange=${fresh(setValue)} options=${choices.map((c) => ({ value: c.value, label: say(c) }))} />`}
      ${field && choices.length === 0 && html`<${Text} name="value" label=${t("units.value")} autocomplete="off" required />`}</div>
      <div class="acts"><button>${t("units.count")}</button></div></form>
    ${found && html`<p role="status">${t("units.found", { n: number(found.n) })}</p>${found.n > 0 && html`<div class="acts"><button class="main" onClick=${() => send(found.asked, false)}>${t("units.assign.sure", { n: number(found.n), to: row.new_name })}</button></div>`}`}</section>`;
}

function Pc({ rows, done }) {
  const [nodes, set] = useState([]);
  const [node, setNode] = useState("");
  const [to, setTo] = useState("");
  const [told, tell] = useState(null);
  useEffect(() => { api("GET", "/api/nodes").then((r) => set(r.nodes.filter((n) => !n.revoked)), () => {}); }, []);
  const units = [...new Map([...communes().map((u) => [u.value, u.vi]), ...rows.map((r) => [r.new, r.new_name])])].map(([value, vi]) => ({ value, label: `${vi} (${value})` }));
  const move = async (e) => {
    e.preventDefault();
    tell(null);
    try { await api("POST", "/api/units/node", { node: node || nodes[0].node, to: to || units[0].value }); tell({ text: t("units.pc.done") }); await done(); } catch (x) { tell({ bad: true, text: x.message }); }
  };
  if (nodes.length === 0 || units.length === 0) return null;
  return html`<section class="card"><h2>${t("units.pc")}</h2><p class="hint">${t("units.pc.why")}</p>${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    <form onSubmit=${move}><div class="fields"><${Select} name="node" label=${t("node.name")} value=${node || nodes[0].node} onChange=${setNode} options=${nodes.map((n) => ({ value: n.node, label: `${n.name} (${unitName(n.unit)})` }))} />
      <${Select} name="to" label=${t("units.pc.to")} value=${to || units[0].value} onChange=${setTo} options=${units} /></div>
      <div class="acts"><button>${t("units.pc.go")}</button></div></form></section>`;
}

export function Units() {
  const [rows, set] = useState(null);
  const [past, setPast] = useState(false);
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/units").then((r) => set(r.changes), (e) => setWrong(e.message));
  useEffect(() => { load(); }, []);
  const ours = rows ? rows.filter((r) => r.state !== "done" || past).filter((r) => r.records + r.nodes > 0 || past) : [];
  return html`<div class="head"><${Title}>${t("units.title")}</${Title}><div class="acts"><button onClick=${() => setPast(!past)}>${t(past ? "units.less" : "units.all")}</button></div></div>
    <p>${t("units.why")}</p><${Wrong} text=${wrong} />${!rows && !wrong && html`<p>${t("loading")}</p>`}
    ${rows && ours.length === 0 && html`<p>${t("units.none")}</p>`}
    ${ours.length > 0 && html`<${Table} label=${t("units.title")} heads=${[t("units.old"), t("units.new"), t("units.on"), { num: t("hub.records") }, { num: t("units.nodes") }, t("people.state")]}>
      ${ours.map((r) => html`<tr><th scope="row">${r.old_name} (${r.old})</th><td>${r.new_name} (${r.new})</td><td>${showDate(r.on)}</td><td class="num">${number(r.records)}</td><td class="num">${number(r.nodes)}</td>
        <td><span class=${`state ${r.state === "done" ? "ok" : r.state === "future" ? "" : "warn"}`}>${SIGNS[r.state]} ${t(`units.state.${r.state}`)}</span></td></tr>`)}</${Table}>`}
    ${rows && session.role === "statistician" && html`<${Apply} rows=${rows} done=${load} /><${Assign} rows=${rows} done=${load} />`}
    ${rows && html`<${Pc} rows=${rows} done=${load} />`}`;
}
