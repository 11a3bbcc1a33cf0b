/** Reports a bug of the application as uncaught, without affecting the code that called it. */
export const reportError = (error: unknown): void =>
  queueMicrotask(() => {
    throw error;
  });
