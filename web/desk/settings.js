// This PC, its users and their roles, own password, handing over.
import { html, t, api, go, number, session, refreshSession, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, Sure } from "./parts.js";
import { Text, askLast } from "./login.js";

const ROLES = ["clerk", "leader", "keeper"];

function Sender({ path, done, children, go: after }) {
  const [told, tell] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    const form = e.target;
    setBusy(true);
    try {
      const r = await api("POST", path, Object.fromEntries(new FormData(form)));
      form.reset();
      tell({ text: done });
      after?.(r);
    } catch (x) { tell({ bad: true, text: x.message }); }
    setBusy(false);
  };
  return html`<form onSubmit=${submit}><fieldset class="bare" disabled=${busy}>${children}</fieldset>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.bad ? told.text : t(told.text)}</p></${Note}>`}</form>`;
}

const Role = ({ id, value, onChange, name }) => html`<select id=${id} name=${name} value=${value} onChange=${onChange} aria-label=${id ? undefined : t("settings.role")}>
  ${ROLES.map((r) => html`<option value=${r}>${t(`role.${r}`)}</option>`)}</select>`;

function Users({ users, set }) {
  const [wrong, setWrong] = useState("");
  const keeper = session.role === "keeper";
  const change = async (u, v) => {
    setWrong("");
    try { set((await api("PUT", "/api/users", { name: u.name, role: u.role, active: u.active, ...v })).users); } catch (x) {
      setWrong(x.message);
      set([...users]);
    }
    if (u.name === session.user) refreshSession();
  };
  return html`<section class="card"><h2>${t("settings.users")}</h2><${Wrong} text=${wrong} />
    <div class="tablewrap" tabindex="0" role="region" aria-label=${t("settings.users")}><table><thead><tr><th scope="col">${t("login.name")}</th><th scope="col">${t("settings.role")}</th>${keeper && html`<td></td>`}</tr></thead><tbody>
    ${users.map((u) => html`<tr key=${u.name}><th scope="row">${u.name}${u.active ? "" : html` <span class="state">${t("settings.inactive")}</span>`}</th>
      <td>${keeper && u.active ? html`<${Role} value=${u.role} onChange=${(e) => change(u, { role: e.target.value })} />` : t(`role.${u.role}`)}</td>
      ${keeper && html`<td><button onClick=${() => change(u, { active: !u.active })} aria-label=${`${t(u.active ? "settings.stop" : "settings.again")}: ${u.name}`}>${t(u.active ? "settings.stop" : "settings.again")}</button></td>`}</tr>`)}
    </tbody></table></div><ul class="hint list">${ROLES.map((r) => html`<li>${t(`role.${r}`)}: ${t(`role.${r}.may`)}</li>`)}</ul></section>
    ${keeper && html`<section class="card"><h2>${t("settings.add")}</h2><${Sender} path="/api/users" done="settings.added" go=${(r) => set(r.users)}><div class="fields">
        <${Text} name="name" label=${t("settings.newname")} autocomplete="off" required />
        <${Text} name="password" label=${t("settings.newpassword")} hint=${t("first.password.hint")} type="password" autocomplete="new-password" required />
        <div class="field"><label for="new-role">${t("settings.role")}</label><${Role} id="new-role" name="role" /></div></div>
        <div class="acts"><button>${t("settings.add")}</button></div></${Sender}></section>`}`;
}

function HandOver() {
  const [open, setOpen] = useState(false);
  if (session.role !== "keeper") return null;
  return html`<section class="card"><h2>${t("handover")}</h2><p>${t("handover.why")}</p>
    ${!open ? html`<div class="acts"><button onClick=${() => setOpen(true)}>${t("handover.begin")}</button></div>`
    : html`<${Sender} path="/api/handover" done="handover.done" go=${() => { go("/"); refreshSession(); }}><div class="fields">
      <${Text} name="name" label=${t("settings.newname")} autocomplete="off" required />
      <${Text} name="password" label=${t("settings.newpassword")} hint=${t("handover.hint")} type="password" autocomplete="new-password" required /></div>
      <div class="acts"><button class="bad">${t("handover.go")}</button><button type="button" onClick=${() => setOpen(false)}>${t("cancel")}</button></div></${Sender}>`}</section>`;
}

/** The sticks in this PC: a path that is picked is not typed. */
function Sticks({ sticks: { found: sticks, wrong }, look, pick, copies }) {
  const told = sticks && sticks.some((s) => !copies || s.copies.length > 0);
  const size = (n) => t("stick.free", { n: number(Math.floor(n / 1e6)) });
  return html`<div class="acts sticks">${told && sticks.map((s) => (copies ? s.copies.map((c) => html`<button type="button" onClick=${() => pick(c.path)}>${c.name}</button>`)
    : html`<button type="button" onClick=${() => pick(s.path)}>${s.path} (${size(s.free_bytes)})</button>`))}
    <button type="button" onClick=${look}>${t("stick.look")}</button></div>
    <${Wrong} text=${wrong} />
    ${sticks && !told && html`<p class="hint" role="status">${t(copies ? "stick.nocopy" : "stick.none")}</p>`}`;
}

function Backup({ sticks, look }) {
  const [made, setMade] = useState("");
  const [path, setPath] = useState("");
  if (session.role !== "keeper") return null;
  return html`<section class="card"><h2>${t("backup")}</h2><p>${t("backup.why")}</p>
    <${Sender} path="/api/backup" done="backup.done" go=${(r) => { setMade(r.backup); setPath(""); look(); }}>
      <${Sticks} sticks=${sticks} look=${look} pick=${setPath} />
      <${Text} name="path" label=${t("backup.path")} hint=${t("backup.hint")} autocomplete="off" required value=${path} onInput=${(e) => setPath(e.target.value)} />
      <div class="acts"><button>${t("backup.go")}</button></div></${Sender}>
    ${made && html`<p>${t("backup.made", { path: made })}</p>`}</section>`;
}

/** A copy in the place of what is here: looked through first, then put back while the page waits. */
function Restore({ sticks, look }) {
  const [path, setPath] = useState("");
  const [good, setGood] = useState(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState("");
  if (session.role !== "keeper") return null;
  const ask = (sure) => async (e) => {
    e.preventDefault();
    setWrong("");
    setBusy(sure ? "restore.running" : "restore.looking");
    try {
      if (sure) { await askLast("/api/restore", { path, go: true }); return; }
      setGood(await api("POST", "/api/restore", { path, go: false }));
    } catch (x) {
      setGood(null);
      setWrong(x.message);
    }
    setBusy("");
  };
  return html`<section class="card"><h2>${t("restore")}</h2><p>${t("restore.why")}</p>
    <form onSubmit=${ask(false)}><fieldset class="bare" disabled=${busy !== ""}>
      <${Sticks} sticks=${sticks} look=${look} copies pick=${(v) => { setPath(v); setGood(null); }} />
      <${Text} name="path" label=${t("restore.path")} hint=${t("restore.hint")} autocomplete="off" required value=${path}
        onInput=${(e) => { setPath(e.target.value); setGood(null); }} />
      <div class="acts"><button>${t("restore.look")}</button></div></fieldset></form>
    ${busy && html`<p role="status">${t(busy)}</p>`}
    <${Wrong} text=${wrong} />
    ${good && !busy && html`<${Note} kind="warn"><p>${t("restore.good", { sets: number(good.sets), records: number(good.records) })}</p><p>${t("restore.sure")}</p>
      <div class="acts"><${Sure} kind="bad" act=${ask(true)} cancel=${() => setGood(null)}>${t("restore.go")}</${Sure}></div></${Note}>`}</section>`;
}

export function Settings({ status }) {
  const [users, setUsers] = useState([]);
  const [sticks, setSticks] = useState({ found: null, wrong: "" });
  const look = () => api("GET", "/api/sticks").then((r) => setSticks({ found: r.sticks, wrong: "" }), (x) => setSticks({ found: null, wrong: x.message }));
  useEffect(() => { if (session.role === "keeper") look(); }, [session.role]);
  useEffect(() => { api("GET", "/api/users").then((r) => setUsers(r.users), () => {}); }, [session.role]);
  return html`<${Title}>${t("settings.title")}</${Title}>
    <section class="card"><h2>${t("settings.pc")}</h2><dl class="values">
      <dt>${t("settings.unit")}</dt><dd>${status.unit_name || "–"} ${status.unit}</dd><dt>${t("settings.name")}</dt><dd>${status.name || "–"}</dd>
      <dt>${t("settings.hub")}</dt><dd>${status.hub || "–"}</dd><dt>${t("settings.words")}</dt><dd>${status.words || "–"}</dd>
      <dt>${t("settings.node")}</dt><dd>${status.node}</dd></dl>
      <div class="acts">${status.words && session.role === "keeper" && html`<a class="button" href="#/compare">${t("join.compare")}</a>`}<a class="button" href="#/readers">${t("readers.title")}</a>${session.role !== "clerk" && html`<a class="button" href="#/access">${t("access")}</a>`}</div></section>
    <${Users} users=${users} set=${setUsers} />
    <section class="card"><h2>${t("settings.password", { name: session.user })}</h2>
      <${Sender} path="/api/password" done="settings.changed"><div class="fields">
        <${Text} name="old" label=${t("settings.old")} type="password" autocomplete="current-password" required />
        <${Text} name="password" label=${t("settings.fresh")} type="password" autocomplete="new-password" required /></div>
        <div class="acts"><button>${t("settings.change")}</button></div></${Sender}></section>
    <${Backup} sticks=${sticks} look=${look} /><${Restore} sticks=${sticks} look=${look} /><${HandOver} />`;
}
