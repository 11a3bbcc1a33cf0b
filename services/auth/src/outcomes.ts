import { type Context, asFault } from '@parley/contracts';
import type { Metrics } from '@parley/runtime';

export type Handler<I, O> = (input: I, context: Context) => Promise<O>;

/** Counts how operations end, by `ok` or the reason of the fault: reasons are a closed set, so the labels are few. */
export interface Outcomes {
  counted<I, O>(operation: string, handler: Handler<I, O>): Handler<I, O>;
}

export const createOutcomes = (metrics: Metrics | undefined): Outcomes => {
  const counter = metrics?.counter('parley_auth_outcomes_total', 'Sign-ups, sign-ins and refreshes by how they ended', {
    labels: ['operation', 'outcome'],
  });
  // The series that alerts use start at 0, so that the first failure shows as an increase.
  counter?.inc({ operation: 'sign_in', outcome: 'ok' }, 0);
  counter?.inc({ operation: 'sign_in', outcome: 'wrong_credentials' }, 0);
  return {
    counted: (operation, handler) => async (input, context) => {
      try {
        const output = await handler(input, context);
        counter?.inc({ operation, outcome: 'ok' });
        return output;
      } catch (error) {
        counter?.inc({ operation, outcome: asFault(error).reason });
        throw error;
      }
    },
  };
};
