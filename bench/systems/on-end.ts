type Step = () => Promise<unknown>;

/** What was started is stopped in the opposite order, once. */
export const onEnd = () => {
  const steps: Step[] = [];
  return {
    add: (step: Step): void => void steps.push(step),
    now: async (): Promise<void> => {
      for (let step = steps.pop(); step; step = steps.pop()) await step();
    },
  };
};
