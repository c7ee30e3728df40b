// Who are you: login, or the first officer of this PC.
import { html, t, session, logIn, useState } from "./base.js";
import { Note, Title, otherLang } from "./parts.js";

const PASSWORD_MIN = 8;

export function Text({ name, label, hint, ...rest }) {
  return html`<div class="field"><label for=${`t-${name}`}>${label}</label>
    ${hint && html`<p class="hint" id=${`t-${name}-hint`}>${hint}</p>`}
    <input id=${`t-${name}`} name=${name} aria-describedby=${hint ? `t-${name}-hint` : undefined} ...${rest} /></div>`;
}

export function Login({ changeLang }) {
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const first = session.first;
  const submit = async (e) => {
    e.preventDefault();
    const v = Object.fromEntries(new FormData(e.target));
    if (first && v.password !== v.again) { setWrong(t("first.differ")); return; }
    if (first && v.password.length < PASSWORD_MIN) { setWrong(t("first.short")); return; }
    setBusy(true);
    setWrong("");
    try { await logIn(first ? "/api/first" : "/api/login", v); } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  return html`<header class="bar"><div><span class="brand">Đồng Bộ</span><span class="grow"></span>
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button></div></header>
    <main class="page narrow"><${Title}>${first ? t("first.title") : t("login.title")}</${Title}>
    ${first && html`<p>${t("first.why")}</p>`}
    ${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    <form class="card" onSubmit=${submit}><div class="fields">
      ${first && html`<${Text} name="code" label=${t("first.code")} hint=${t("first.code.hint")} autocomplete="off" required />`}
      <${Text} name="name" label=${t("login.name")} hint=${first ? t("first.name.hint") : ""} autocomplete="username" required />
      <${Text} name="password" label=${t("login.password")} hint=${first ? t("first.password.hint") : ""} type="password"
        autocomplete=${first ? "new-password" : "current-password"} required />
      ${first && html`<${Text} name="again" label=${t("first.again")} type="password" autocomplete="new-password" required />`}</div>
      <div class="acts"><button class="main" disabled=${busy}>${first ? t("first.go") : t("login.go")}</button></div></form>
    ${!first && html`<p class="hint">${t("login.forgot")}</p>`}</main>`;
}
