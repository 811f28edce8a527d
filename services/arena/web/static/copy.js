// Copy a link, or hand it to another app where the device offers that.

export function start(section) {
  for (const button of section.querySelectorAll("[data-copy]")) {
    const input = document.getElementById(button.dataset.copy);
    button.hidden = false;
    input.addEventListener("focus", () => input.select());
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(input.value);
        button.textContent = "Copied";
      } catch {
        input.focus();
        input.select();
      }
    });
  }
}
