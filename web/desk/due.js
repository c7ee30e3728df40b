// Which reports are still to be sent.
export const OPEN = ["not_started", "draft", "returned", "withdrawn"];

/** Of rows of a list: the one that has to be sent next; null when nothing is open. */
export function nextDue(rows) {
  const open = rows.filter((r) => r.due && !r.before && OPEN.includes(r.state));
  open.sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : 0));
  return open[0] || null;
}
