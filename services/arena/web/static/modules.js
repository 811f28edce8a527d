// Pieces of a page name the module that brings them to life: data-module="board".
import { startForms } from "./forms.js";

const started = new WeakSet();

export async function startModules(root) {
  startForms(root);
  for (const element of root.querySelectorAll("[data-module]")) {
    if (started.has(element)) continue;
    started.add(element);
    const module = await import(`./${element.dataset.module}.js`);
    module.start(element);
  }
}
