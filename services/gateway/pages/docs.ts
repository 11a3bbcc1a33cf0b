interface SwaggerUi {
  (options: {
    readonly url: string;
    readonly dom_id: string;
    readonly deepLinking: boolean;
    readonly docExpansion: 'list';
    readonly persistAuthorization: boolean;
    readonly validatorUrl: null;
  }): void;
}

declare global {
  interface Window {
    /** From swagger-ui-bundle.js. */
    readonly SwaggerUIBundle: SwaggerUi;
  }
}

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
const dress = (): void => void document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', dress);
dress();

export {};
