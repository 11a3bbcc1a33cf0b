import { withTimeout } from '@parley/contracts/deadline';
import type { Log } from './log.js';

export interface LifecycleOptions {
  readonly log: Log;
  /** For all steps together. */
  readonly stopDeadlineMs: number;
  /** Default: the current process; tests pass a fake. */
  readonly process?: ProcessLike;
}

/** The part of a process that stopping needs. */
export interface ProcessLike {
  on(event: string, listener: (...details: unknown[]) => void): unknown;
  exit(code: number): void;
}

export interface Lifecycle {
  /**
   * Registers a step that runs when the process stops; the last one registered runs first. A step may take `withinMs`, or else its share of
   * the time that is left; one that fails or takes longer is logged, and the next one runs.
   */
  onStop(name: string, stop: () => Promise<void> | void, options?: { readonly withinMs?: number }): void;
  /** Runs the steps once, without ending the process; a second call waits for the first. */
  stop(): Promise<void>;
}

interface Step {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
  readonly withinMs: number | undefined;
}

const echoMs = 300;
const signalCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Ends the process in order: exit code 0 after SIGTERM, SIGINT or SIGHUP (a closed terminal), 1 after an uncaught error. A second signal
 * ends it at once, with the exit code that a shell assigns to that signal.
 */
export const createLifecycle = ({ log, stopDeadlineMs, process: own }: LifecycleOptions): Lifecycle => {
  const target: ProcessLike = own ?? process;
  const steps: Step[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= runSteps(steps, log, stopDeadlineMs));

  let ending = false;
  let lastSignal: { readonly name: string; readonly at: number } | undefined;
  const end = (code: number): void => {
    ending = true;
    void stop().then(() => target.exit(code));
  };
  for (const [signal, code] of Object.entries(signalCodes)) {
    target.on(signal, () => {
      // npm forwards the Ctrl-C that the terminal has already sent to the whole process group: one key press arrives twice.
      const echo = lastSignal?.name === signal && performance.now() - lastSignal.at < echoMs;
      lastSignal = { name: signal, at: performance.now() };
      if (echo) return;
      if (ending) return target.exit(code);
      log.info({ signal }, 'stopping');
      end(0);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    target.on(event, (error) => {
      log.fatal({ err: error, event }, 'An error was not caught');
      if (!ending) end(1);
    });
  }
  return {
    onStop: (name, run, { withinMs } = {}) => void steps.push({ name, stop: run, withinMs }),
    stop,
  };
};

const runSteps = async (steps: Step[], log: Log, deadlineMs: number): Promise<void> => {
  const until = performance.now() + deadlineMs;
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const leftMs = Math.max(0, until - performance.now());
    await runStep(step, log, Math.min(step.withinMs ?? leftMs / (steps.length + 1), leftMs));
  }
  log.info({ tookMs: Math.round(performance.now() - until + deadlineMs) }, 'stopped');
};

const runStep = async ({ name, stop }: Step, log: Log, withinMs: number): Promise<void> => {
  try {
    await withTimeout(Promise.resolve().then(stop), withinMs, () => {
      throw new Error(`took longer than ${Math.round(withinMs)} ms`);
    });
    log.debug({ step: name }, 'step stopped');
  } catch (error) {
    log.error({ err: error, step: name }, 'a step of stopping failed');
  }
};
