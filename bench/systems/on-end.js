/** What was started is stopped in the opposite order, once. */
export const onEnd = () => {
  const steps = [];
  return {
    then: (step) => void steps.push(step),
    now: async () => {
      for (let step = steps.pop(); step; step = steps.pop()) await step();
    },
  };
};
