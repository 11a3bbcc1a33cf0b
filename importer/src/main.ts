import { runCommandLine } from './command-line.js';

// The first signal lets the group that is being written end; a second one ends the process at once.
const interrupted = new AbortController();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(code);
    interrupted.abort();
  });

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  out: process.stdout,
  error: process.stderr,
  signal: interrupted.signal,
});
