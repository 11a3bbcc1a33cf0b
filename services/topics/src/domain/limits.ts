import { Fault } from '@parley/contracts';

/** Throws when an account has made so many channels that it may not make another. */
export const mayCreate =
  (channelsMax: number) =>
  (createdSoFar: number): void => {
    if (createdSoFar < channelsMax) return;
    throw new Fault('exhausted', 'too_many_channels', `An account makes at most ${channelsMax} channels`);
  };
