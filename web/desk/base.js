// What every screen uses: elements, words, the API, dates.
import { h } from "../vendor/preact.mjs";
import htm from "../vendor/htm.mjs";

export { render, Fragment } from "../vendor/preact.mjs";
export { useState, useEffect, useLayoutEffect, useRef, useCallback, useMemo } from "../vendor/hooks.mjs";
export const html = htm.bind(h);

// ---- words ----

const words = {};
export const lang = { now: "vi" };
export const wordFiles = ["/i18n/both-", "/i18n/"]; // the second: of the commune's page alone

export async function loadWords(code) {
  if (!words[code]) words[code] = Object.assign({}, ...await Promise.all(wordFiles.map(async (f) => (await fetch(`${f}${code}.json`)).json())));
  lang.now = code;
  document.documentElement.lang = code;
}

/** The text of a key, with {name} replaced. */
export function t(key, fill = {}) {
  const text = words[lang.now]?.[key] ?? words.vi?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => fill[name] ?? "");
}

/** Of something that carries its own Vietnamese and English words. */
export const say = (o) => (o ? (lang.now === "en" && o.en ? o.en : o.vi) || "" : "");

// ---- API ----

export const session = { csrf: "", user: "", role: "", first: false };
const listeners = new Set();
export const onSession = (f) => (listeners.add(f), () => listeners.delete(f));

function setSession(s) {
  Object.assign(session, s);
  listeners.forEach((f) => f());
}

export class Refused extends Error {
  constructor(status, answer) {
    super(say(answer) || t("error.unknown"));
    this.status = status;
    this.answer = answer || {};
  }
}

const BUSY_TRIES = 30; // a second apart: the program did nothing yet and says so

/** Ask, again while the program is busy. -> [reply, what was read of it by `read`, or of a refusal its words or null] */
async function ask(url, init, read) {
  for (let tries = 1; ; tries += 1) {
    let reply;
    try {
      reply = await fetch(url, init);
    } catch {
      throw new Refused(0, { vi: t("error.offline"), en: t("error.offline") });
    }
    const answer = await (reply.ok ? read(reply) : reply.json().catch(() => null));
    const busy = answer?.busy || (reply.status === 503 && reply.headers.has("Retry-After"));
    if (!busy || tries === BUSY_TRIES) return [reply, answer];
    await new Promise((go) => { setTimeout(go, 1000 * (Number(reply.headers.get("Retry-After")) || 1)); });
  }
}

/** What came of it: a refusal is thrown. */
async function taken([reply, answer]) {
  // Without its session what writes is refused as another page's (403), before it is asked who writes.
  if (reply.status === 401 || reply.status === 403) await refreshSession();
  // A program that stops says so once more: nothing was done, and it is not there any more.
  if (reply.status === 503 && !answer) throw new Refused(0, { vi: t("error.offline"), en: t("error.offline") });
  if (!reply.ok) throw new Refused(reply.status, answer);
  return answer;
}

const flying = new Map(); // what is asked for now: the same once more is the same

export function api(method, path, body) {
  const key = method === "POST" && !(body instanceof Uint8Array) && path + JSON.stringify(body);
  if (!key) return request(method, path, body);
  if (!flying.has(key)) flying.set(key, request(method, path, body).finally(() => flying.delete(key)));
  return flying.get(key);
}

async function request(method, path, body) {
  const query = body && (method === "GET" || method === "DELETE");
  const url = query ? `${path}?${new URLSearchParams(body)}` : path;
  const headers = method === "GET" ? {} : { "X-Dongbo-Csrf": session.csrf };
  const file = body instanceof Uint8Array; // its bytes as they are
  if (body && !query) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
  return taken(await ask(url, { method, headers, body: body && !query ? (file ? body : JSON.stringify(body)) : undefined, keepalive: method === "PUT" },
    (r) => r.json().catch(() => null)));
}

/** The answer as a file. */
export async function apiFile(method, path, body) {
  const headers = { "X-Dongbo-Csrf": session.csrf, "Content-Type": "application/json" };
  return taken(await ask(path, { method, headers, body: JSON.stringify(body) }, (r) => r.blob()));
}

/** Put a file into the browser's download folder. */
export function saveFile(blob, name) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.href), 60000);
}

/** Bytes of base64, and back. */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export async function toBase64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}

export async function refreshSession() {
  const reply = await fetch("/api/session");
  setSession(await reply.json());
}

export async function logIn(path, body) {
  setSession(await api("POST", path, body));
}

// ---- pressing twice ----

const SURE_MS = 1000; // a second step is dead so long, and
const STILL_PX = 12; // so near to the first one's press
let press = null; // the last one that counted

/** Who presses twice, or holds Enter, means it once; and did not mean what came under the pointer since (.sure: parts.js, Sure). */
addEventListener("click", (e) => {
  const button = e.target.closest?.("button:not(.often)");
  if (!button) return;
  const still = press && e.timeStamp - press.timeStamp < SURE_MS && Math.hypot(e.clientX - press.clientX, e.clientY - press.clientY) < STILL_PX;
  if (e.detail > 1 || (e.detail && still && button.matches(".sure"))) {
    e.preventDefault();
    e.stopPropagation();
  } else press = e;
}, true);
addEventListener("keydown", (e) => { if (e.repeat && e.key === "Enter" && e.target.tagName !== "TEXTAREA") e.preventDefault(); }, true);

// ---- what is typed ----

/** Typed and not kept by the program yet: in this page's memory alone, so that a login which ended takes none of it. By `typedAt`. */
export const unkept = new Map();
export const typedAt = (key) => `${session.user} ${key}`;

// ---- text and dates ----

/** As the node folds: no tone marks, đ as d. */
export const fold = (s) => s.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase().trim();

/** ISO "1982-05-12", "1982-05" or "1982" as dd/mm/yyyy and its parts. */
export const showDate = (iso) => (iso ? iso.split("-").reverse().join("/") : "");

/** The clock of Vietnam, whatever zone this PC believes in: as on paper and in every due date. Read it by getUTC…(). */
export const vietnam = (stamp) => new Date(new Date(stamp).getTime() + 7 * 3600000);

export function showTime(stamp) {
  if (!stamp) return t("never");
  const d = vietnam(stamp);
  const two = (n) => String(n).padStart(2, "0");
  const day = `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`;
  const time = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  const today = vietnam(Date.now()).toISOString().slice(0, 10);
  return d.toISOString().slice(0, 10) === today ? t("today.at", { time }) : `${day} ${time}`;
}

/** How long, in the unit that a person thinks in. */
export function lasting(ms) {
  const minutes = Math.round(Math.abs(ms) / 60000);
  const unit = minutes >= 2880 ? 1440 : minutes >= 120 ? 60 : 1;
  return t(`span.${unit === 1 ? "minutes" : unit === 60 ? "hours" : "days"}`, { n: number(Math.round(minutes / unit)) });
}

/** 1234567 -> 1.234.567 */
export const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ".");

/** A figure in the signs of the language: 1.234,5 in Vietnamese. */
export function shown(value) {
  const m = lang.now === "en" ? null : /^(-?\d+)(?:\.(\d+))?$/.exec(value ?? "");
  return m ? number(m[1]) + (m[2] ? `,${m[2]}` : "") : value || "–";
}

/** "4/6/2026" as 2026-06-04; "" when it is no day. */
export function toIso(text) {
  const m = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  if (!m) return "";
  const [, d, mo, y] = m.map(Number);
  const day = new Date(Date.UTC(y, mo - 1, d));
  return day.getUTCDate() === d && day.getUTCMonth() === mo - 1 ? day.toISOString().slice(0, 10) : "";
}

export const go = (path) => { location.hash = path; };
