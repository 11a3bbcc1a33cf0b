/** Whether tests that wait for most of a minute run too: `npm run prove -- slow-tests` runs them, `npm test` leaves them out. */
export const isSlowRun = process.env['PARLEY_TEST_SLOW'] === 'true';
