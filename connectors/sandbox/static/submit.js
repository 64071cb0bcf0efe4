// Posts the one form of the page; without this script its button does.
document.forms[0].submit();
