// Letters as shortcuts; they can be turned off (WCAG 2.1.4), and never get in the way of typing.
const PAGES = { t: "/today", h: "/habits", b: "/battles", p: "/profile" };
const WANTED = ['form[data-log="log"] input:not([type=hidden])', 'form[data-log="log"] button', "a", "button"];
const OFF = "arena.keys.off";
let afterG = 0;

export function startKeys() {
  const dialog = document.getElementById("keys");
  document.querySelector("[data-keys]")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.showModal();
  });
  startSwitch(document.getElementById("keys-switch"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialog.open) return;
    if (event.key === "?") dialog.showModal();
    else if (localStorage.getItem(OFF) || !press(event.key)) return;
    event.preventDefault();
  });
}

function startSwitch(button) {
  const show = () => {
    const off = Boolean(localStorage.getItem(OFF));
    button.setAttribute("aria-pressed", String(off));
    button.textContent = off ? "Turn letter keys on" : "Turn letter keys off";
  };
  button.addEventListener("click", () => {
    if (localStorage.getItem(OFF)) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });
  show();
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])"));
}

function press(key) {
  const signedIn = Boolean(document.body.dataset.user);
  if (signedIn && performance.now() - afterG < 1500 && PAGES[key]) {
    location.assign(PAGES[key]);
    return true;
  }
  afterG = 0;
  if (key === "g") afterG = performance.now();
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "n" && signedIn) location.assign(document.querySelector("a[data-new]")?.href ?? "/habits/new");
  else return false;
  return true;
}

// From item to item; the focus lands on what one does with it: the log button, else its link.
function step(direction) {
  const items = [...document.querySelectorAll("[data-item]")].filter((item) => item.offsetParent !== null);
  if (items.length === 0) return;
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const item = items[at < 0 ? (direction > 0 ? 0 : items.length - 1) : (at + direction + items.length) % items.length];
  const target = WANTED.map((selector) => item.querySelector(selector)).find(Boolean) ?? item;
  if (target === item) item.tabIndex = -1;
  target.focus();
}
