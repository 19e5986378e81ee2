SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: "openapi.json",
  deepLinking: true,
  // The validator that badges come from is somebody else's service.
  validatorUrl: "none",
});
