// The hub's page. Who is logged in: the login, or all that is behind it, which is not fetched before.
import { html, render, lang, loadWords, wordFiles, session, onSession, refreshSession, useState, useEffect } from "../desk/base.js";
import { lazy, otherLang } from "../desk/parts.js";
import { Login } from "./login.js";

const Inside = lazy(() => import("./inside.js"), "Inside");

function App() {
  const [, again] = useState(0);
  useEffect(() => onSession(() => again((n) => n + 1)), []);
  const changeLang = async () => {
    await loadWords(otherLang());
    again((n) => n + 1);
  };
  return session.stage === "in" ? html`<${Inside} changeLang=${changeLang} />` : html`<${Login} changeLang=${changeLang} />`;
}

async function start() {
  wordFiles[1] = "/i18n/hub-";
  await Promise.all([loadWords(lang.now), refreshSession()]);
  const at = document.getElementById("app");
  at.textContent = "";
  render(html`<${App} />`, at);
}
start();
