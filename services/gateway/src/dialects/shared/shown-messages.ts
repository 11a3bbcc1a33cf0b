import type { Message } from '@parley/contracts';

/** Whether the old protocols show a message: they have no word for a deleted one, nor for a thread. */
export const isShown = ({ deletedAt, inChannel }: Pick<Message, 'deletedAt' | 'inChannel'>): boolean =>
  deletedAt === null && inChannel;
