// No cookie came along with the launch: look for the binder elsewhere, or offer a new tab.

import { get } from "./platform.js";

const form = document.getElementById("confirm");
const key = `lti.bind.${form.elements.state.value}`;

function stored() {
  try {
    const value = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return value;
  } catch {
    return null;
  }
}

const { target, origin } = form.dataset;
const asked = target ? get({ target, origin }, key) : null;
const binder = stored() || (await asked);
if (binder) {
  form.elements.binder.value = binder;
  form.submit();
} else {
  document.getElementById("waiting").hidden = true;
  document.getElementById("again").hidden = false;
}
