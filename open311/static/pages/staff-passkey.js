// Asks the browser for a passkey, and sends its answer by the form at hand. Without this script that form stays hidden.

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function words(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function listed(keys) {
  return (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));
}

async function created(options) {
  return navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    },
  });
}

async function found(options) {
  return navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) },
  });
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function written(credential) {
  const response = {};
  PARTS.filter((name) => credential.response[name]).forEach((name) => {
    response[name] = words(credential.response[name]);
  });
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: words(credential.rawId), type, response, clientExtensionResults: {} });
}

async function ask(form) {
  const error = form.querySelector("[data-error]");
  error.textContent = "";
  try {
    const options = JSON.parse(form.dataset.options);
    const credential = await (form.dataset.passkey === "create" ? created(options) : found(options));
    form.elements.credential.value = written(credential);
    form.submit();
  } catch {
    error.textContent = form.dataset.failed;
  }
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  });
}
