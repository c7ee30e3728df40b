// Who is logged in: the login, or all that is behind it, which is not fetched before.
import { html, render, loadWords, session, onSession, refreshSession, useState, useEffect } from "./base.js";
import { lazy, otherLang } from "./parts.js";
import { Login } from "./login.js";

const Inside = lazy(() => import("./inside.js"), "Inside");

function App() {
  const [, again] = useState(0);
  useEffect(() => onSession(() => again((n) => n + 1)), []);
  const changeLang = async () => {
    await loadWords(otherLang());
    again((n) => n + 1);
  };
  return session.user ? html`<${Inside} changeLang=${changeLang} />` : html`<${Login} changeLang=${changeLang} />`;
}

async function start() {
  await Promise.all([loadWords("vi"), refreshSession()]);
  const at = document.getElementById("app");
  at.textContent = "";
  render(html`<${App} />`, at);
}
start();
