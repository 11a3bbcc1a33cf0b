import { foldName } from '@parley/contracts';
import type { Knex } from 'knex';

interface TitleRow {
  id: string;
  title: string;
  folded_title: string;
}

const batch = 1_000;

/** Titles are compared as all names are. Replicas of an older release still write the earlier form, which lookups also accept. */
export const titleKeys = {
  up: async (knex: Knex): Promise<void> => {
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const rows = await knex<TitleRow>('channels')
        .where('id', '>', after)
        .whereNot('title', '')
        .orderBy('id')
        .limit(batch)
        .select('id', 'title', 'folded_title');
      const last = rows.at(-1);
      if (!last) return;
      const changed = rows.filter(({ title, folded_title }) => foldName(title) !== folded_title);
      await knex.raw(
        `update channels c set folded_title = g.folded_title
         from unnest(:ids::uuid[], :titles::text[]) as g (id, folded_title) where c.id = g.id`,
        { ids: changed.map(({ id }) => id), titles: changed.map(({ title }) => foldName(title)) },
      );
      after = last.id;
    }
  },
};
