// Proof of work while the reader looks through the summary, and a button that can be pressed once.
export const prove = (form) => {
  const button = form.querySelector("[data-send]");
  const field = form.elements.altcha;
  if (!button || !field) return;
  const status = form.querySelector("[data-send-status]");
  let proving = null;
  let sent = false;

  if (field.dataset.challenge && window.Worker && window.isSecureContext) {
    proving = new Promise((resolve) => {
      const worker = new Worker(field.dataset.worker, { type: "module" });
      worker.addEventListener("message", ({ data }) => resolve(data));
      worker.addEventListener("error", () => resolve(""));
      worker.postMessage(JSON.parse(field.dataset.challenge));
    }).then((proof) => {
      field.value = proof;
      proving = null;
    });
  }

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "send" && event.submitter !== null) return;
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    status.textContent = button.dataset.busy;
    if (!proving) return;
    event.preventDefault();
    await proving;
    sent = false;
    form.requestSubmit(button);
  });
  // Back in a page that the browser has kept, the button works again.
  addEventListener("pageshow", () => {
    sent = false;
    status.textContent = "";
  });
};
