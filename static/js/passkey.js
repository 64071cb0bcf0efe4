// allauth's script tells of a passkey that did not work by an event; say so on the page.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // else it goes to the console, where nobody looks
  document.getElementById("passkey_failed").hidden = false;
});
