export type KeyState = 'next' | 'active' | 'retiring' | 'gone';

/** When a key was made, when it began and ceased to sign, and until when its signatures may be valid; epoch milliseconds. */
export interface KeyTimes {
  readonly kid: string;
  readonly state: KeyState;
  readonly createdAt: number;
  readonly activatedAt: number | null;
  readonly verifiesUntil: number | null;
}

export interface RotationPolicy {
  /** How long a key signs. */
  readonly signsMs: number;
  /** How long verifiers can see a key before it signs. */
  readonly publishAheadMs: number;
  /** The longest life of an access token, in any dialect. */
  readonly longestAccessMs: number;
}

/** How long a replica may go on signing with a key that another one has retired. */
export const replicaLagMs = 5 * 60_000;

export type RotationStep =
  | { readonly do: 'make'; readonly as: 'next' | 'active' }
  | { readonly do: 'promote'; readonly kid: string }
  | { readonly do: 'retire'; readonly kid: string; readonly verifiesUntil: number }
  | { readonly do: 'forget'; readonly kid: string };

/** The steps that are due now, in the order in which to apply them: next → active → retiring → gone. */
export const planRotation = (keys: readonly KeyTimes[], now: number, policy: RotationPolicy): RotationStep[] => {
  const active = keys.find((key) => key.state === 'active');
  const next = keys.find((key) => key.state === 'next');
  const forgotten = keys
    .filter((key) => key.state === 'retiring' && key.verifiesUntil !== null && key.verifiesUntil <= now)
    .map((key): RotationStep => ({ do: 'forget', kid: key.kid }));
  if (!active) return [...forgotten, next ? { do: 'promote', kid: next.kid } : { do: 'make', as: 'active' }];

  const dueAt = (active.activatedAt ?? active.createdAt) + policy.signsMs;
  if (!next) return now >= dueAt - policy.publishAheadMs ? [...forgotten, { do: 'make', as: 'next' }] : forgotten;
  if (now < dueAt || now < next.createdAt + policy.publishAheadMs) return forgotten;
  const verifiesUntil = now + policy.longestAccessMs + replicaLagMs;
  return [...forgotten, { do: 'retire', kid: active.kid, verifiesUntil }, { do: 'promote', kid: next.kid }];
};
