const { document: address } = document.currentScript.dataset;

SwaggerUIBundle({ url: address, domNode: document.getElementById("api"), deepLinking: true, validatorUrl: null });
