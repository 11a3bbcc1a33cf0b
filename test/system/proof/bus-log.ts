/** The log of a connection to the bus that a proof opens: problems to the terminal. */
export const busLog = {
  warn: (details: unknown, text: string): void => console.error(text, details),
  error: (details: unknown, text: string): void => console.error(text, details),
};
