import type { Context, Handlers, Topics } from '@parley/contracts';
import type { Deps } from './deps.js';
import { addMember } from './use-cases/add-member.js';
import { authorizeMember } from './use-cases/authorize-member.js';
import { changeRole } from './use-cases/change-role.js';
import { channelVersions } from './use-cases/channel-versions.js';
import { closeChannel } from './use-cases/close-channel.js';
import { countNamed } from './use-cases/count-named.js';
import { createChannel } from './use-cases/create-channel.js';
import { getChannel } from './use-cases/get-channel.js';
import { importChannels } from './use-cases/import-channels.js';
import { joinChannel } from './use-cases/join-channel.js';
import { leaveChannel } from './use-cases/leave-channel.js';
import { listDirects } from './use-cases/list-directs.js';
import { listChannels } from './use-cases/list-channels.js';
import { listMembers } from './use-cases/list-members.js';
import { memberCounts } from './use-cases/member-counts.js';
import { openDirect } from './use-cases/open-direct.js';
import { filterReaders } from './use-cases/filter-readers.js';
import { recentJoins } from './use-cases/recent-joins.js';
import { removeMember } from './use-cases/remove-member.js';
import { renameChannel } from './use-cases/rename-channel.js';

export const handlers = (deps: Deps): Handlers<Topics> => ({
  import: importChannels(deps),
  channel: {
    create: whileOpen(deps, createChannel(deps)),
    get: whileOpen(deps, getChannel(deps)),
    list: whileOpen(deps, listChannels(deps)),
    countNamed: whileOpen(deps, countNamed(deps)),
    rename: renameChannel(deps),
    close: closeChannel(deps),
    directs: listDirects(deps),
    openDirect: whileOpen(deps, openDirect(deps)),
    versions: channelVersions(deps),
    memberCounts: memberCounts(deps),
  },
  member: {
    join: joinChannel(deps),
    leave: leaveChannel(deps),
    add: addMember(deps),
    remove: removeMember(deps),
    setRole: changeRole(deps),
    list: listMembers(deps),
    authorize: authorizeMember(deps),
    filterReaders: filterReaders(deps),
    recentJoins: recentJoins(deps),
  },
});

type Handler<I, O> = (input: I, context: Context) => Promise<O>;

/** What finds or makes channels, in realms that are not being imported; what names a channel needs its id. */
const whileOpen =
  <I, O>({ importGate }: Pick<Deps, 'importGate'>, handler: Handler<I, O>): Handler<I, O> =>
  async (input, context) => {
    await importGate(context.principal.realm);
    return handler(input, context);
  };
