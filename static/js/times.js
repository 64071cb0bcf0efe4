// Moments that somebody types in the time of their device; they are sent with their zone.

const two = (number) => String(number).padStart(2, "0");

/** Return a moment as `datetime-local` has it. */
function local(at) {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Wake a form: each `datetime-local` stands for the hidden field that its `data-for` names. */
export default function start(root) {
  for (const field of root.querySelectorAll("input[type='datetime-local']")) {
    const sent = root.querySelector(`input[name='${field.dataset.for}']`);
    if (sent.value) field.value = local(new Date(sent.value));
    field.addEventListener("input", () => {
      sent.value = field.value ? new Date(field.value).toISOString() : "";
    });
  }
  const zone = root.querySelector("[data-part='zone']");
  const name = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: "long" });
  zone.textContent = name.formatToParts().find((part) => part.type === "timeZoneName")?.value ?? "";
}
