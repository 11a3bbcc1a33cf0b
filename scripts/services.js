/** The services of Parley, in the order in which charts and stack name them. */
export const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'];

/** The schema of what a service reads from the environment, from its build. */
export const configOf = async (service) => {
  const module = await import(`../services/${service}/dist/src/config.js`);
  const [, config] = Object.entries(module).find(([name]) => name.endsWith('Config'));
  return config;
};
