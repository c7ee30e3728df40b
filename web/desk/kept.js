// What is typed outside a record's form survives too: kept as a draft of this login, and shown on the first page.
import { api, typedAt, unkept, useState, useEffect, useRef } from "./base.js";

const KEEP_MS = 600;

/** [typed, set, drop]: like a state that begins as the draft of `key`; an empty object keeps nothing. `about`: {at, title}. */
export function useKept(key, about) {
  const at = useRef(typedAt(key)).current;
  const [typed, set] = useState(unkept.get(at) || {});
  const kept = useRef(false); // a draft of this key stands at the node
  const touched = useRef(unkept.has(at));
  const last = useRef(Promise.resolve()); // one after another: what drops the draft comes behind what keeps it
  const send = (method, body) => {
    last.current = last.current.then(() => api(method, "/api/draft", body)).then(() => { if (!body.draft || unkept.get(at) === body.draft.typed) unkept.delete(at); }).catch(() => {});
  };
  useEffect(() => {
    api("GET", "/api/drafts").then((r) => {
      const mine = r.drafts.find((d) => d.key === key);
      if (!mine) return;
      kept.current = true;
      if (!touched.current) set(mine.draft.typed || {});
    }, () => {});
  }, [key]);
  const drop = () => {
    set({});
    unkept.delete(at);
    if (!kept.current) return;
    kept.current = false;
    send("DELETE", { key });
  };
  useEffect(() => {
    if (!touched.current) return undefined;
    unkept.set(at, typed);
    const wait = setTimeout(() => {
      if (Object.keys(typed).length === 0) { if (kept.current) drop(); return; }
      kept.current = true;
      send("PUT", { key, draft: { at: about.at, title: about.title, typed } });
    }, KEEP_MS);
    return () => clearTimeout(wait);
  }, [typed]);
  return [typed, (v) => { touched.current = true; set(v); }, drop];
}
