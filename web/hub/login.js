// Logging in, step by step: name and password, an own password, the authenticator.
import { html, t, session, logIn, api, refreshSession, useState, useEffect } from "../desk/base.js";
import { Wrong, Title, otherLang } from "../desk/parts.js";
import { Text, Qr } from "./parts.js";

function Step({ title, why, path, go, children, check }) {
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    const form = e.target;
    const v = Object.fromEntries(new FormData(form));
    const bad = check?.(v);
    if (bad) { setWrong(bad); return; }
    setBusy(true);
    setWrong("");
    try { await logIn(path, v); } catch (x) {
      setWrong(x.message);
      for (const input of form.querySelectorAll("[name=code], [type=password]")) input.value = "";
      form.querySelector("[name=code], [type=password]")?.focus();
    }
    setBusy(false);
  };
  return html`<${Title}>${title}</${Title}>${why && html`<p>${why}</p>`}
    <${Wrong} text=${wrong} />
    <form class="card" onSubmit=${submit}>${children}<div class="acts"><button class="main" disabled=${busy}>${busy ? t("loading") : go}</button></div></form>`;
}

const Code = ({ hint }) => html`<${Text} name="code" label=${t("login.code")} hint=${hint} inputmode="numeric" autocomplete="one-time-code" required maxlength="7" />`;

function Enrol() {
  const [it, set] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/authenticator").then(set, (e) => setWrong(e.message)); }, []);
  if (!it) return html`<${Title}>${t("enrol.title")}</${Title}><p>${wrong || t("loading")}</p>`;
  return html`<${Step} title=${t("enrol.title")} why=${t("enrol.why")} path="/api/authenticator" go=${t("enrol.go")}>
    <ol class="steps"><li>${t("enrol.app")}</li><li>${t("enrol.scan")}<${Qr} rows=${it.qr} label=${t("enrol.qr")} />
      <p class="hint">${t("enrol.type")} <code class="secret">${it.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code></p></li><li>${t("enrol.code")}</li></ol>
    <${Code} /></${Step}>`;
}

/** Nobody can log in yet: whoever has the code of the hub's machine becomes its admin. */
function First() {
  return html`<${Step} title=${t("hub.first")} why=${t("hub.first.why")} path="/api/first" go=${t("hub.first.go")}
    check=${(v) => (v.password !== v.again ? t("first.differ") : "")}><p class="code">dongbo-hub first-code</p><div class="fields">
    <${Text} name="code" label=${t("hub.first.code")} hint=${t("hub.first.code.hint")} autocomplete="off" required />
    <${Text} name="name" label=${t("login.name")} hint=${t("hub.first.name.hint")} autocomplete="username" required />
    <${Text} name="password" label=${t("change.own")} hint=${t("first.password.hint")} type="password" autocomplete="new-password" required />
    <${Text} name="again" label=${t("first.again")} type="password" autocomplete="new-password" required /></div></${Step}>`;
}

function Steps() {
  switch (session.stage) {
    case "change": return html`<${Step} key="change" title=${t("change.title")} why=${t("change.why")} path="/api/password" go=${t("change.go")}
      check=${(v) => (v.password !== v.again ? t("first.differ") : "")}><div class="fields">
      <${Text} name="old" label=${t("change.once")} type="password" autocomplete="current-password" required />
      <${Text} name="password" label=${t("change.own")} hint=${t("first.password.hint")} type="password" autocomplete="new-password" required />
      <${Text} name="again" label=${t("first.again")} type="password" autocomplete="new-password" required /></div></${Step}>`;
    case "code": return html`<${Step} key="code" title=${t("code.title")} path="/api/code" go=${t("login.go")}><${Code} hint=${t("code.hint")} /></${Step}>
      <p class="hint">${t("code.lost")}</p>`;
    case "enrol": return html`<${Enrol} key="enrol" />`;
    default: return session.first ? html`<${First} key="first" />` : html`<${Step} key="login" title=${t("hub.login")} path="/api/login" go=${t("login.go")}><div class="fields">
      <${Text} name="name" label=${t("login.name")} autocomplete="username" required />
      <${Text} name="password" label=${t("login.password")} type="password" autocomplete="current-password" required /></div></${Step}>
      <p class="hint">${t("hub.forgot")}</p><p><a href="/tinh">${t("hub.toprovince")}</a></p><p><a href="/cai-dat">${t("cert.login")}</a></p>`;
  }
}

export function Login({ changeLang }) {
  const leave = async () => { await api("POST", "/api/logout", {}); await refreshSession(); };
  return html`<header class="bar"><div><span class="brand">Đồng Bộ</span><span class="unit">${session.unit_name}</span><span class="grow"></span>
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button>
      ${session.stage !== "none" && html`<button onClick=${leave}>${t("cancel")}</button>`}</div></header>
    <main class="page narrow"><${Steps} /></main>`;
}
