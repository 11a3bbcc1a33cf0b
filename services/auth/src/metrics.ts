import type { Jobs, Metrics } from '@parley/runtime';
import type { AuthDeps } from './deps.js';

/** Metrics of auth beside those of its calls: the queue of password hashes, the age of the signing key, failed jobs. */
export const exposeAuth = (
  metrics: Metrics,
  {
    hasher,
    keyRing,
    clock,
    config,
    failures,
  }: Pick<AuthDeps, 'hasher' | 'keyRing' | 'clock' | 'config'> & Pick<Jobs, 'failures'>,
): void => {
  metrics.gauge('parley_auth_hashes_waiting', 'Passwords that wait to be hashed', { read: hasher.waiting });
  metrics.gauge('parley_auth_signing_key_age_seconds', 'For how long the key that signs tokens has signed', {
    read: () => (clock() - keyRing.signingSince) / 1_000,
  });
  metrics.gauge('parley_auth_key_rotation_seconds', 'For how long a key is to sign', {
    read: () => config.keyRotationMs / 1_000,
  });
  metrics.gauge('parley_auth_verifying_keys', 'Keys that verify tokens, or will', {
    read: () => keyRing.publicKeys.length,
  });
  metrics.counter('parley_auth_job_failures_total', 'Runs of a job that failed; each is run again', {
    labels: ['job'],
    read: () => [...failures].map(([job, count]) => [{ job }, count] as const),
  });
};
