// What every page gets; pieces that ask for more name their module: data-module="board".
import { startKeys } from "./keys.js";
import { startOffline } from "./offline.js";
import { startTimes } from "./times.js";
import { startForms } from "./forms.js";

const started = new WeakSet();

export async function startModules(root) {
  for (const element of root.querySelectorAll("[data-module]")) {
    if (started.has(element)) continue;
    started.add(element);
    const module = await import(`./${element.dataset.module}.js`);
    module.start(element);
  }
  startForms(root);
}

startKeys();
startOffline();
startTimes();
await startModules(document);
