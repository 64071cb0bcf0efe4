// The secret of an invitation stands behind the `#` of the letter's link: no server saw it.
const field = document.querySelector('input[name="secret"]');
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname); // nor does the browser's history keep it
  field.closest(".field").hidden = true;
}
