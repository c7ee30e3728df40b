// A form with what it says before its fields.
import { html } from "./base.js";
import { Form } from "./form.js";
import { ReadersNote } from "./readers.js";
import { LockedNote } from "./lock.js";

const Before = (p) => html`<${ReadersNote} ...${p} /><${LockedNote} ...${p} />`;
export const Entry = (p) => html`<${Form} ...${p} who=${Before} />`;
