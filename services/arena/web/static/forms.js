// Small comforts of forms: what does not apply is folded away, the first complaint gets the focus, a slow answer says so.

export function startForms(root) {
  for (const part of root.querySelectorAll("[data-only]")) fold(part);
  for (const form of root.querySelectorAll("form[data-busy]")) {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button");
      button.setAttribute("aria-busy", "true");
      button.textContent = form.dataset.busy;
    });
  }
  root.querySelector("[data-focus]")?.focus();
}

function fold(part) {
  const [name, value] = part.dataset.only.split("=");
  const form = part.closest("form");
  const choices = [...form.querySelectorAll(`[name="${name}"]`)];
  if (choices.length < 2) return;
  const show = () => {
    part.hidden = !choices.some((choice) => choice.checked && choice.value === value);
  };
  for (const choice of choices) choice.addEventListener("change", show);
  show();
}
