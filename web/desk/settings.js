// This PC, its officers, own password, who looked at what.
import { html, t, say, api, session, showTime, useState, useEffect } from "./base.js";
import { Note, Title, typeOf } from "./parts.js";
import { Text } from "./login.js";

function Sender({ path, done, children, go }) {
  const [told, tell] = useState(null);
  const submit = async (e) => {
    e.preventDefault();
    const form = e.target;
    try {
      const r = await api("POST", path, Object.fromEntries(new FormData(form)));
      form.reset();
      tell({ text: done });
      go?.(r);
    } catch (x) { tell({ bad: true, text: x.message }); }
  };
  return html`<form onSubmit=${submit}>${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.bad ? told.text : t(told.text)}</p></${Note}>`}
    ${children}</form>`;
}

export function Settings({ status }) {
  const [users, setUsers] = useState([]);
  const [rows, setRows] = useState([]);
  useEffect(() => {
    api("GET", "/api/users").then((r) => setUsers(r.users), () => {});
    api("GET", "/api/access").then((r) => setRows(r.rows), () => {});
  }, []);
  return html`<${Title}>${t("settings.title")}</${Title}>
    <section class="card"><h2>${t("settings.pc")}</h2><dl class="values">
      <dt>${t("settings.unit")}</dt><dd>${status.unit_name || "–"} ${status.unit}</dd><dt>${t("settings.name")}</dt><dd>${status.name || "–"}</dd>
      <dt>${t("settings.hub")}</dt><dd>${status.hub || "–"}</dd><dt>${t("settings.words")}</dt><dd>${status.words || "–"}</dd>
      <dt>${t("settings.node")}</dt><dd>${status.node}</dd></dl></section>
    <section class="card"><h2>${t("settings.users")}</h2><ul class="list">${users.map((u) => html`<li>${u.name}</li>`)}</ul>
      <${Sender} path="/api/users" done="settings.added" go=${(r) => setUsers(r.users)}><div class="fields">
        <${Text} name="name" label=${t("settings.newname")} autocomplete="off" required />
        <${Text} name="password" label=${t("settings.newpassword")} hint=${t("first.password.hint")} type="password" autocomplete="new-password" required /></div>
        <div class="acts"><button>${t("settings.add")}</button></div></${Sender}></section>
    <section class="card"><h2>${t("settings.password", { name: session.user })}</h2>
      <${Sender} path="/api/password" done="settings.changed"><div class="fields">
        <${Text} name="old" label=${t("settings.old")} type="password" autocomplete="current-password" required />
        <${Text} name="password" label=${t("settings.fresh")} type="password" autocomplete="new-password" required /></div>
        <div class="acts"><button>${t("settings.change")}</button></div></${Sender}></section>
    <section class="card"><h2>${t("access")}</h2><p class="hint">${t("access.why")}</p><table><thead><tr><th scope="col">${t("history.when")}</th>
      <th scope="col">${t("access.who")}</th><th scope="col">${t("history.what")}</th></tr></thead><tbody>
      ${rows.slice(0, 50).map((r) => html`<tr><td>${showTime(r.at)}</td><td>${r.user}</td><td>${t(`access.${r.what}`)}${r.type ? `: ${say(typeOf(r.type))} ` : ""}
        ${r.id && html`<a href=${`#/record/${r.id}`}>${r.id.slice(0, 8)}</a>`}</td></tr>`)}</tbody></table></section>`;
}
