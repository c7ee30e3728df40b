// A hub with three communes' invented records, for the tests of the hub's page.
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { folder, startHub, tool } from "./world.mjs";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "../..");
const COMMUNES = [["26188", "Máy xã Thạnh Phú"], ["26194", "Máy xã Tân Bình"], ["26170", "Máy thị trấn Vĩnh An"]];

/** The six digits that an authenticator app shows for this base32 secret. */
export function codeOf(secret, at = Date.now()) {
  const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/\s/g, "")].map((c) => signs.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const mac = crypto.createHmac("sha1", key).update(counter).digest();
  const p = mac[19] & 15;
  return String((mac.readUInt32BE(p) & 0x7fffffff) % 1000000).padStart(6, "0");
}

function makeData() {
  const out = path.join(folder, "data");
  const r = spawnSync("python3", ["-B", path.join(ROOT, "tests/data/vinhcuu.py"), "--out", out, "--until", "2023-12-31"], { encoding: "utf8" });
  if (r.status !== 0) throw new Error(r.stderr);
  return out;
}

/** {data, url, nodes, user(name, role) -> one-time password, token(name), close(period), conflict()} */
export async function startDistrict() {
  const hub = await startHub();
  const ports = JSON.parse(fs.readFileSync(path.join(hub.data, "run/ports.json"), "utf8"));
  const data = makeData();
  tool("dongbo-hub", "import", "--data", hub.data, path.join(data, "district.ndjson"));
  const nodes = COMMUNES.map(([unit, name]) => {
    const dir = path.join(folder, `node-${unit}`);
    tool("dongbo-node", "init", "--data", dir, "--name", name);
    tool("dongbo-node", "join", "--data", dir, Object.values(hub.invite(unit)).find((v) => String(v).startsWith("dongbo1:")));
    tool("dongbo-node", "sync", "--data", dir);
    tool("dongbo-node", "import", "--data", dir, path.join(data, `${unit}.ndjson`));
    tool("dongbo-node", "sync", "--data", dir);
    return { unit, dir };
  });
  const close = (period) => tool("dongbo-hub", "close", "--data", hub.data, "--report", "RP04", "--period", period);
  const user = (name, role) => JSON.parse(tool("dongbo-hub", "user", "add", name, "--role", role, "--json", "--data", hub.data)).password;
  const token = (name) => JSON.parse(tool("dongbo-hub", "token", "create", name, "--json", "--data", hub.data)).token;
  /** The district and the commune write a field of one person without seeing each other. */
  const conflict = (field, ours, theirs, nth) => {
    const rows = JSON.parse(tool("dongbo-node", "list", "--type", "person", "--json", "--data", nodes[0].dir)).rows;
    const id = rows[nth].id;
    tool("dongbo-hub", "put", "--data", hub.data, "--id", id, `${field}=${ours}`);
    tool("dongbo-node", "put", "--data", nodes[0].dir, "--id", id, `${field}=${theirs}`);
    tool("dongbo-node", "sync", "--data", nodes[0].dir);
  };
  /** A second team of a commune, that reaches the hub now. */
  const late = () => {
    tool("dongbo-node", "put", "--data", nodes[0].dir, "--type", "team", "name=Đội thứ hai", "kind=volunteer_team", "founded_on=2023-05-04",
      "state=active", "state_since=2023-05-04", "planned_size=5");
    tool("dongbo-node", "sync", "--data", nodes[0].dir);
  };
  return { ...hub, late, url: `https://127.0.0.1:${ports.web}/`, nodes, close, user, token, conflict };
}
