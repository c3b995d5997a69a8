const { document: address } = document.currentScript.dataset;

SwaggerUIBundle({
  url: address,
  domNode: document.getElementById("api"),
  // Links to single operations would stand inside of buttons, where no screen reader finds them.
  deepLinking: false,
  validatorUrl: null,
  onComplete: () => document.getElementById("servers")?.setAttribute("aria-label", "Server"),
});
