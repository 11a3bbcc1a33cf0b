import { z } from 'zod';

/** What an operator may set about signaling itself: nothing yet. */
export const SignalingConfig = z.object({});
export type SignalingConfig = z.output<typeof SignalingConfig>;
