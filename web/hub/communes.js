// The communes of this hub, and what is worth knowing about a PC of theirs.
import { t, session, lasting, vietnam } from "../desk/base.js";
import { catalogue, unitName } from "../desk/parts.js";
import { ago } from "./parts.js";

/** Communes of this hub, those of a hub whose unit has ended as they were last; each by its name of today. */
export function communes() {
  const mine = catalogue.units.filter((u) => u.parent === session.unit);
  const today = vietnam(Date.now()).toISOString().slice(0, 10);
  const last = mine.map((u) => u.to).sort().pop() || today;
  const day = last < today ? last : today;
  return mine.filter((u) => u.from <= day && day <= u.to).map((u) => ({ ...u, vi: unitName(u.value) }));
}

const CLOCK_MS = 300000;

/** What is worth knowing about a PC, in words; [] when all is well. */
export function worries(n, edition) {
  if (n.revoked) return [];
  const words = [];
  if (!n.contact) words.push(t("node.never"));
  else if (ago(n.contact) > 7) words.push(t("node.silent", { n: Math.floor(ago(n.contact)) }));
  if (Math.abs(n.clock_off_ms) > CLOCK_MS) words.push(t("node.clock", { n: lasting(n.clock_off_ms) }));
  if (n.contact && n.edition < edition) words.push(t(n.edition ? "node.edition" : "node.new"));
  if (n.keys_asked) words.push(t("rekey.asked", { why: n.keys_asked }));
  return words;
}
