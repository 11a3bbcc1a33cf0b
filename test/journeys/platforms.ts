import { describe } from 'vitest';
import { type Form, formsUnderTest, givenUrls } from './forms.js';
import { type Addresses, platformsVariable } from './start-platforms.js';

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

/** Their processes have deadlines of their own; on a slow machine they take a minute. */
const startMsMax = 180_000;

/** They are started when the first file of journeys asks, which takes seconds. */
const askForAddresses = async (): Promise<Addresses> => {
  if (givenUrls().length > 0) return { urls: { given: givenUrls() }, buses: {} };
  const response = await fetch(process.env[platformsVariable] ?? '', { signal: AbortSignal.timeout(startMsMax) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Addresses;
};

const addresses = await askForAddresses();

/** Where the platforms send their spans; undefined with a Parley that somebody else runs. */
export const collectorUrl = addresses.collector;

type Tell = (platform: Running) => void;

const tellOn = (forms: readonly Form[], story: string, tell: Tell): void => {
  describe.each(forms)(`${story} (%s)`, (form) => {
    const [url = '', otherUrl = url] = addresses.urls[form] ?? [];
    tell({ form, url, otherUrl, natsUrl: addresses.buses[form] });
  });
};

/** Tells a story once on each form; see `formsUnderTest`. */
export const journey = (story: string, tell: Tell): void => tellOn(formsUnderTest(), story, tell);

/**
 * For what a gateway decides by itself, the same on every form: told on the first of them. `prove -- wires` tells it on two of
 * everything.
 */
export const journeyOnOne = (story: string, tell: Tell): void => tellOn(formsUnderTest().slice(0, 1), story, tell);
