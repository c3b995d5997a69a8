const { document: address } = document.currentScript.dataset;

SwaggerUIBundle({
  url: address,
  domNode: document.getElementById("api"),
  // Links to single operations would stand inside of buttons, where no screen reader finds them.
  deepLinking: false,
  validatorUrl: null,
  plugins: [{ statePlugins: { spec: { wrapActions: { updateJsonSpec } } } }],
  onComplete: () => document.getElementById("servers")?.setAttribute("aria-label", "Server"),
});

// A form to try a method out begins with its example; without one, Swagger UI writes "string" into every field.
function updateJsonSpec(original) {
  return (spec) => {
    for (const { post } of Object.values(spec.paths)) {
      const [form] = Object.values(post?.requestBody?.content ?? {});
      if (!form?.example) continue;
      const { properties } = spec.components.schemas[form.schema.$ref.split("/").pop()];
      for (const [name, property] of Object.entries(properties)) {
        property.example = inForm(form.example[name] ?? (property.type === "array" ? [] : ""));
      }
    }
    return original(spec);
  };
}

// OpenAPI does not know how a form holds a list inside of an object.
function inForm(value) {
  if (typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, [inner].flat()[0]]));
}
