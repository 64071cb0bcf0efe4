// Copy buttons beside values to paste. Without this module the values can be selected by hand.

for (const button of document.querySelectorAll("button[data-copy]")) {
  const value = document.getElementById(button.dataset.copy);
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(value); // what may not be copied is ready to be
      return;
    }
    setTimeout(() => (button.textContent = label), 2000);
  });
  if (value.id === "link") button.focus(); // it was just made, and is shown this once
}
