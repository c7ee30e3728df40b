// My own login.
import { html, t, session } from "../desk/base.js";
import { Title } from "../desk/parts.js";
import { Text, Sender } from "./parts.js";

export function Account() {
  return html`<${Title}>${t("account.title")}</${Title}>
    <section class="card narrow"><h2>${session.user}</h2><p>${t(`role.${session.role}`)}: ${t(`role.${session.role}.may`)}</p></section>
    <section class="card narrow"><h2>${t("settings.change")}</h2>
      <${Sender} path="/api/password" done=${t("settings.changed")}><div class="fields">
        <${Text} name="old" label=${t("settings.old")} type="password" autocomplete="current-password" required />
        <${Text} name="password" label=${t("settings.fresh")} hint=${t("first.password.hint")} type="password" autocomplete="new-password" required /></div>
        <div class="acts"><button>${t("settings.change")}</button></div></${Sender}></section>`;
}
