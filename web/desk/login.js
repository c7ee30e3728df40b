// Who are you: login, or the first officer of this PC.
import { html, t, session, onSession, refreshSession, api, go, logIn, useState } from "./base.js";
import { Wrong, Title, otherLang } from "./parts.js";

const PASSWORD_MIN = 8;

// The program opens the page with the code of the first login behind the '#', which nobody else is told.
const CARRIED = /^#first=([0-9a-f]{16})$/.exec(location.hash)?.[1] || "";
if (CARRIED) history.replaceState(null, "", location.pathname);

const AGAIN_MS = 1000; // between two questions whether the program is back

/** Ask for what ends the program, which then begins anew and knows no login. Whoever notices first (the request, this, the
 * frame's events), the login stands at the first page, and nothing is taken from under who types there. A refusal is thrown. */
export async function askLast(path, body) {
  let over = false;
  const stop = onSession(() => {
    if (session.user) return;
    over = true;
    stop();
    go("/");
  });
  const back = () => refreshSession().catch(() => {}).then(() => over || setTimeout(back, AGAIN_MS));
  try {
    await api("POST", path, body);
  } catch (x) { // the answer may have ended with the program; the browser may have asked the new one, which knows no login
    if (x.status) await refreshSession().catch(() => {});
    if (x.status && !over) {
      stop();
      throw x;
    }
  }
  if (!over) back();
}

let texts = 0; // two forms of one screen may ask for the same name

export function Text({ name, label, hint, ...rest }) {
  const [id] = useState(() => `t-${name}-${texts++}`);
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} name=${name} aria-describedby=${hint ? `${id}-hint` : undefined} ...${rest} />
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}</div>`;
}

/** A forgotten password: a code on the screen, an answer from the hub over the telephone, no network. */
function Forgot({ back }) {
  const [asked, setAsked] = useState(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const send = (done) => async (e) => {
    e.preventDefault();
    const v = Object.fromEntries(new FormData(e.target));
    setWrong("");
    if (asked && v.password !== v.again) { setWrong(t("first.differ")); return; }
    setBusy(true);
    try { await done(v); } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  const ask = send(async (v) => setAsked(await api("POST", "/api/reset", { name: v.name })));
  const answer = send((v) => { go("/"); return logIn("/api/reset", { name: asked.name, code: v.code, password: v.password }); });
  return html`<${Title}>${t("forgot.title")}</${Title}>
    <${Wrong} text=${wrong} />
    ${!asked ? html`<p>${t("forgot.why")}</p><form class="card" onSubmit=${ask}><${Text} name="name" label=${t("login.name")} autocomplete="username" required />
      <div class="acts"><button class="main" disabled=${busy}>${t("forgot.ask")}</button><button type="button" onClick=${back}>${t("cancel")}</button></div></form>`
    : html`<form class="card" onSubmit=${answer}><p>${t("forgot.call")}</p>
      <dl class="values"><dt>${t("settings.unit")}</dt><dd>${asked.unit || "–"}</dd><dt>${t("settings.name")}</dt><dd>${asked.pc || "–"}</dd>
      <dt>${t("settings.node")}</dt><dd>${asked.node.slice(0, 16)}</dd><dt>${t("login.name")}</dt><dd>${asked.name}</dd>
      <dt>${t("forgot.challenge")}</dt><dd><strong class="big">${asked.challenge}</strong></dd></dl><p>${t("forgot.answer.why")}</p><div class="fields">
      <${Text} name="code" label=${t("forgot.answer")} hint=${t("forgot.answer.hint")} autocomplete="off" required />
      <${Text} name="password" label=${t("settings.fresh")} hint=${t("first.password.hint")} type="password" autocomplete="new-password" required />
      <${Text} name="again" label=${t("first.again")} type="password" autocomplete="new-password" required /></div>
      <div class="acts"><button class="main" disabled=${busy}>${t("forgot.go")}</button><button type="button" onClick=${back}>${t("cancel")}</button></div></form>`}`;
}

export function Login({ changeLang }) {
  const [forgot, setForgot] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [carried, setCarried] = useState(CARRIED);
  const first = session.first;
  const submit = async (e) => {
    e.preventDefault();
    const v = Object.fromEntries(new FormData(e.target));
    if (first && v.password !== v.again) { setWrong(t("first.differ")); return; }
    if (first && v.password.length < PASSWORD_MIN) { setWrong(t("first.short")); return; }
    setBusy(true);
    setWrong("");
    try { await logIn(first ? "/api/first" : "/api/login", v); } catch (x) {
      if (x.answer?.field === "code") setCarried(""); // of a start before this one: asked for by hand
      setWrong(x.message);
    }
    setBusy(false);
  };
  return html`<header class="bar"><div><span class="brand">Đồng Bộ</span><span class="grow"></span>
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button></div></header>
    <main class="page narrow">${forgot ? html`<${Forgot} back=${() => setForgot(false)} />` : html`<${Title}>${first ? t("first.title") : t("login.title")}</${Title}>
    ${first && html`<p>${t("first.why")}</p>`}
    <${Wrong} text=${wrong} />
    <form class="card" onSubmit=${submit}><div class="fields">
      ${first && (carried ? html`<input key="carried" type="hidden" name="code" value=${carried} />`
        : html`<${Text} key="code" name="code" label=${t("first.code")} hint=${t("first.code.hint", { file: session.code_file })} autocomplete="off" required />`)}
      <${Text} key="name" name="name" label=${t("login.name")} hint=${first ? t("first.name.hint") : ""} autocomplete="username" required />
      <${Text} key="password" name="password" label=${t("login.password")} hint=${first ? t("first.password.hint") : ""} type="password"
        autocomplete=${first ? "new-password" : "current-password"} required />
      ${first && html`<${Text} key="again" name="again" label=${t("first.again")} type="password" autocomplete="new-password" required />`}</div>
      <div class="acts"><button class="main" disabled=${busy}>${first ? t("first.go") : t("login.go")}</button></div></form>
    ${!first && html`<div class="acts"><button onClick=${() => setForgot(true)}>${t("login.forgot")}</button></div>`}`}</main>`;
}
