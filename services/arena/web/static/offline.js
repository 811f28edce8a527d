// What was tapped while the server could not be reached is kept in this browser, per person, and sent again:
// each log carries its own id and instant, so it counts once, and for the moment it was done.
const KEY = () => `arena.waiting.${document.body.dataset.user}`;

export function waiting() {
  try {
    return JSON.parse(localStorage.getItem(KEY()) ?? "[]");
  } catch {
    return [];
  }
}

function store(entries) {
  if (entries.length) localStorage.setItem(KEY(), JSON.stringify(entries));
  else localStorage.removeItem(KEY());
}

// A row is what the server answers once it has stored (or refused) a log; anything else is a page on the way, such as the door.
export function isRow(text) {
  return text.trimStart().startsWith("<li");
}

export function keep(address, fields) {
  store([...waiting(), { address, fields }]);
  show(true);
}

export function show(isOffline) {
  document.getElementById("offline").hidden = !isOffline;
}

export async function sendWaiting() {
  const sent = [];
  for (const entry of waiting()) {
    const body = new URLSearchParams({ ...entry.fields, csrf: document.querySelector("input[name=csrf]")?.value ?? "" });
    let answer;
    try {
      answer = await fetch(entry.address, { method: "POST", body, headers: { "x-fragment": "row" } });
    } catch {
      break;
    }
    const text = await answer.text();
    // Refused for good (a habit that is gone, say): sending it again would change nothing.
    const refused = answer.status >= 400 && answer.status < 500 && ![403, 429].includes(answer.status);
    if (!isRow(text) && !refused) break;
    sent.push(entry.fields.client_id);
    document.dispatchEvent(new CustomEvent("arena:row", { detail: text }));
  }
  store(waiting().filter((entry) => !sent.includes(entry.fields.client_id)));
  return waiting().length === 0;
}

export function startOffline() {
  if (!document.body.dataset.user) return;
  const retry = async () => show(!(await sendWaiting()) || !navigator.onLine);
  addEventListener("offline", () => show(true));
  addEventListener("online", retry);
  setInterval(() => waiting().length && retry(), 5000);
  if (waiting().length) document.addEventListener("arena:ready", retry, { once: true });
  show(!navigator.onLine);
}
