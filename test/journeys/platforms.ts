import { type PlatformForm, platformForms } from '@parley/testing';
import { describe } from 'vitest';

export const platformsVariable = 'PARLEY_TEST_PLATFORMS';
export const busesVariable = 'PARLEY_TEST_BUSES';
export const collectorVariable = 'PARLEY_TEST_COLLECTOR';

/** One of ours, or a Parley that somebody else runs: `PARLEY_TEST_URLS` says where, with commas between several gateways. */
export type Form = PlatformForm | 'given';

export const givenUrls = (text = process.env.PARLEY_TEST_URLS): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((url) => url.trim().replace(/\/$/, ''))
    .filter((url) => url !== '');

/** The one process, and the stack that differs from it most: what holds on both was never seen to fail on one of each. */
const formsByDefault: readonly PlatformForm[] = ['standalone', 'stack-twice'];

/**
 * The forms on which journeys are made: the given one alone where there is one, else those that `PARLEY_TEST_FORMS`
 * names (`stack-twice` or `standalone,stack`), else two of the three.
 */
const formsUnderTest = (named = process.env.PARLEY_TEST_FORMS): readonly Form[] =>
  givenUrls().length > 0 ? ['given'] : formsToStart(named);

export const formsToStart = (named = process.env.PARLEY_TEST_FORMS): readonly PlatformForm[] => {
  if (givenUrls().length > 0) return [];
  if (named === undefined || named === '') return formsByDefault;
  const names = named.split(',');
  const unknown = names.filter((name) => !platformForms.some((form) => form === name));
  if (unknown.length > 0) throw new Error(`PARLEY_TEST_FORMS: ${unknown.join()} is none of ${platformForms.join()}`);
  return platformForms.filter((form) => names.includes(form));
};

/** A Parley that runs already and that other journeys use too: make your own names with `unique`. */
export interface Running {
  readonly form: Form;
  /** The first gateway. */
  readonly url: string;
  /** Another gateway where there is one, else the same. */
  readonly otherUrl: string;
  /** Where its NATS is, on forms that have one. */
  readonly natsUrl: string | undefined;
}

/** The realm besides its own into which v1 may open on every platform. */
export const furtherRealm = 'mesh';

type Tell = (platform: Running) => void;

const tellOn = (forms: readonly Form[], story: string, tell: Tell): void => {
  const urls = JSON.parse(process.env[platformsVariable] ?? '{}') as Partial<Record<Form, string[]>>;
  const buses = JSON.parse(process.env[busesVariable] ?? '{}') as Partial<Record<Form, string>>;
  describe.each(forms)(`${story} (%s)`, (form) => {
    const [url = '', otherUrl = url] = urls[form] ?? [];
    tell({ form, url, otherUrl, natsUrl: buses[form] });
  });
};

/** Tells a story once on each form; see `formsUnderTest`. */
export const journey = (story: string, tell: Tell): void => tellOn(formsUnderTest(), story, tell);

/**
 * For what a gateway decides by itself, the same on every form: told on the first of them. `prove -- wires` tells it on two of
 * everything.
 */
export const journeyOnOne = (story: string, tell: Tell): void => tellOn(formsUnderTest().slice(0, 1), story, tell);

export { unique } from '../clients/http.js';
