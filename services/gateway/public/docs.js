// Below `/wires/<name>/` it is that wire's alone.
const mount = /^\/wires\/[\w-]+(?=\/)/.exec(location.pathname)?.[0] ?? '';
window.SwaggerUIBundle({
  url: `${mount}/openapi.json`,
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  persistAuthorization: false,
  validatorUrl: null,
});

// Swagger UI has a dark coat, and leaves it to the page when to wear it.
const dark = matchMedia('(prefers-color-scheme: dark)');
const dress = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', dress);
dress();
