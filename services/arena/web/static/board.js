// Live standings: rows move to their new places, my own place is told, the chart follows, another phase brings another page.
import { startModules } from "./modules.js";

const CHART_EVERY = 2000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function start(article) {
  const state = { article, list: article.querySelector("#board"), since: lastLook(article), chartAt: 0, chartTimer: 0 };
  connect(state);
  addEventListener("pagehide", () => remember(state));
  document.addEventListener("visibilitychange", () => document.hidden && remember(state));
}

function connect(state) {
  const source = new EventSource(state.article.dataset.stream);
  state.source = source;
  source.addEventListener("open", () => lost(false));
  source.addEventListener("standings", (event) => update(state, JSON.parse(event.data)));
  source.addEventListener("error", () => {
    lost(true);
    // Refused (the session needs fresh tokens, say): loading the page renews it; then listen again.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => renew(state), 2000 + Math.random() * 2000);
  });
}

function lost(isLost) {
  const notice = document.getElementById("lost");
  if (notice) notice.hidden = !isLost;
}

async function renew(state) {
  if (!(await reload(state))) setTimeout(() => renew(state), 5000);
}

// The page anew, in place: what is not live in it (phase, times, links) is the server's to tell.
async function reload(state) {
  let answer;
  try {
    answer = await fetch(location.href, { headers: { accept: "text/html" } });
  } catch {
    return false;
  }
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("battle");
  if (!fresh) {
    location.reload();
    return true;
  }
  state.source.close();
  remember(state);
  state.article.replaceWith(fresh);
  await startModules(fresh.parentElement);
  return true;
}

function update(state, standings) {
  if (standings.phase !== state.article.dataset.phase || (!state.list && standings.items.length && standings.phase !== "open")) {
    state.article.dataset.phase = standings.phase;
    reload(state);
    return;
  }
  if (!state.list) return;
  state.latest = standings;
  draw(state, standings.items);
  if (state.article.dataset.chart) drawChart(state);
}

function draw(state, items) {
  const { list } = state;
  const before = new Map([...list.children].map((row) => [row.dataset.user, row.getBoundingClientRect().top]));
  const sorted = [...items].sort((a, b) => a.rank - b.rank);
  const best = Math.max(0, ...sorted.map((item) => item.score));
  const known = new Map([...list.children].map((row) => [row.dataset.user, row]));
  for (const item of sorted) {
    const row = known.get(item.user_id) ?? newRow(list, item);
    fill(state, row, item, best);
    list.append(row);
    known.delete(item.user_id);
  }
  for (const row of known.values()) row.remove();
  for (const row of list.children) slide(row, before.get(row.dataset.user));
  tellMine(list.dataset.me, sorted);
}

function newRow(list, item) {
  const row = document.createElement("li");
  row.dataset.user = item.user_id;
  row.dataset.item = "";
  if (item.user_id === list.dataset.me) row.className = "me";
  for (const name of ["rank", "who", "moved", "score"]) {
    const part = row.appendChild(document.createElement("span"));
    part.className = name;
  }
  row.querySelector(".moved").setAttribute("aria-hidden", "true");
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bar.setAttribute("class", "bar");
  bar.setAttribute("aria-hidden", "true");
  const rect = bar.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "rect"));
  rect.setAttribute("height", "3");
  rect.setAttribute("rx", "1.5");
  row.append(bar);
  return row;
}

function fill(state, row, item, best) {
  put(row, ".rank", item.rank);
  put(row, ".score", item.score.toLocaleString("en"));
  const who = row.querySelector(".who");
  if (who.firstChild?.nodeValue?.trim() !== item.display_name) who.firstChild ? (who.firstChild.nodeValue = item.display_name) : (who.textContent = item.display_name);
  const share = best > 0 && item.score > 0 ? Math.round((100 * item.score) / best) : 0;
  row.querySelector("rect").setAttribute("width", `${share}%`);
  put(row, ".moved", since(state.since[item.user_id], item));
}

function put(row, part, words) {
  const element = row.querySelector(part);
  if (element.textContent !== String(words)) element.textContent = words;
}

function slide(row, from) {
  if (from === undefined || still.matches) return;
  const by = from - row.getBoundingClientRect().top;
  if (by) row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: 250, easing: "ease-out" });
}

function tellMine(me, sorted) {
  const told = document.getElementById("mine");
  const mine = sorted.find((item) => item.user_id === me);
  if (!told || !mine) return;
  const [rank, count, place] = ["[data-rank]", "[data-count]", "[data-place]"].map((part) => told.querySelector(part));
  const words = [ordinal(mine.rank), String(sorted.length), placeWords(mine, sorted.filter((item) => item !== mine))];
  [rank, count, place].forEach((element, index) => {
    if (element.textContent !== words[index]) element.textContent = words[index];
  });
}

function placeWords(mine, others) {
  if (!others.length) return "";
  const level = others.find((item) => item.rank === mine.rank);
  if (level) return `level with ${level.display_name}`;
  const above = others.filter((item) => item.rank < mine.rank).at(-1);
  const next = above ?? others[0];
  if (next.score === mine.score) return `as many points as ${next.display_name}`;
  if (above) return `${(above.score - mine.score).toLocaleString("en")} behind ${above.display_name}`;
  return `${(mine.score - others[0].score).toLocaleString("en")} ahead of ${others[0].display_name}`;
}

function ordinal(place) {
  const teen = place % 100 >= 11 && place % 100 <= 13;
  return `${place}${teen ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[place % 10] ?? "th")}`;
}

// The change since the last look at this battle in this browser.
function since(then, item) {
  if (!then) return "";
  const gained = item.score - then.score;
  const climbed = then.rank - item.rank;
  const points = gained ? `${gained > 0 ? "+" : "−"}${Math.abs(gained).toLocaleString("en")}` : "";
  const places = climbed ? `${climbed > 0 ? "▲" : "▼"}${Math.abs(climbed)}` : "";
  return [points, places].filter(Boolean).join(" ");
}

function lastLook(article) {
  try {
    return JSON.parse(localStorage.getItem(`arena.look.${article.dataset.battle}`) ?? "{}");
  } catch {
    return {};
  }
}

function remember(state) {
  if (!state.latest) return;
  const seen = Object.fromEntries(state.latest.items.slice(0, 200).map((item) => [item.user_id, { score: item.score, rank: item.rank }]));
  localStorage.setItem(`arena.look.${state.article.dataset.battle}`, JSON.stringify(seen));
}

function drawChart(state) {
  clearTimeout(state.chartTimer);
  const wait = Math.max(0, state.chartAt + CHART_EVERY - Date.now());
  state.chartTimer = setTimeout(async () => {
    state.chartAt = Date.now();
    try {
      const answer = await fetch(state.article.dataset.chart, { headers: { "x-fragment": "chart" } });
      const text = answer.ok && !answer.redirected ? (await answer.text()).trim() : "";
      if (!text.startsWith("<svg")) return;
      document.getElementById("chart").replaceChildren(document.createRange().createContextualFragment(text));
      document.getElementById("no-chart")?.remove();
    } catch {
      // Offline: the notice of the stream says so.
    }
  }, wait);
}
