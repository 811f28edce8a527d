// One tap logs: the row answers at once, then becomes what the server says; without a server the tap is kept and sent later.
import { isRow, keep, show } from "./offline.js";

export function start(section) {
  section.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-log]")) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("arena:row", (event) => replaceRow(event.detail));
  document.dispatchEvent(new Event("arena:ready"));
}

async function send(form) {
  const row = form.closest(".habit");
  if (row.classList.contains("sending")) return;
  const isLog = form.dataset.log === "log";
  const fields = Object.fromEntries(new FormData(form));
  if ("value" in fields && !fields.value.trim()) {
    form.elements.value.focus();
    return;
  }
  if (isLog) fields.at = instant();
  answerAtOnce(row, isLog && !("value" in fields));
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { "x-fragment": "row" } });
  } catch {
    row.classList.remove("sending");
    if (isLog) keep(new URL(form.action).pathname, withoutToken(fields));
    else show(true);
    return;
  }
  const text = await answer.text();
  if (isRow(text)) replaceRow(text, true);
  else if (answer.redirected) {
    // Signed out meanwhile: the tap waits until this person is back.
    if (isLog) keep(new URL(form.action).pathname, withoutToken(fields));
    location.reload();
  } else tellWrong(row, text);
}

function answerAtOnce(row, done) {
  row.classList.add("sending");
  if (done) row.classList.add("done");
}

function withoutToken({ csrf, next, ...fields }) {
  return fields;
}

function replaceRow(html, focus = false) {
  const fresh = document.createRange().createContextualFragment(html).querySelector("li");
  const row = fresh && document.getElementById(fresh.id);
  if (!row) return;
  const hadFocus = focus && (row.contains(document.activeElement) || document.activeElement === document.body);
  row.replaceWith(fresh);
  if (hadFocus) (fresh.querySelector("[aria-invalid]") ?? fresh.querySelector("button")).focus();
  if (fresh.classList.contains("uncounted")) lookAgain(fresh);
}

// Kept but not counted yet: look until it is, or until the next tap.
function lookAgain(row, pause = 2000) {
  setTimeout(async () => {
    if (!row.isConnected) return;
    const page = await fetch("/today")
      .then((answer) => answer.text())
      .catch(() => "");
    const told = new DOMParser().parseFromString(page, "text/html");
    const fresh = told.getElementById("uncounted") ? null : told.getElementById(row.id);
    if (!fresh) lookAgain(row, Math.min(2 * pause, 30000));
    else if (row.isConnected && !row.classList.contains("sending")) replaceRow(fresh.outerHTML, row.contains(document.activeElement));
  }, pause);
}

function tellWrong(row, words) {
  row.classList.remove("sending", "done");
  const complaint = row.querySelector(".error") ?? row.querySelector(".what").appendChild(document.createElement("span"));
  complaint.className = "error";
  complaint.setAttribute("role", "alert");
  complaint.textContent = words;
}

// Now, with the offset of this browser.
function instant() {
  const now = new Date();
  const offset = -now.getTimezoneOffset();
  const local = new Date(now.getTime() + offset * 60000).toISOString().slice(0, 23);
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}
