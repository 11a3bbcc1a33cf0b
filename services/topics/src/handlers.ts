import type { Handlers, Topics } from '@parley/contracts';
import type { Deps } from './deps.js';
import { addMember } from './use-cases/add-member.js';
import { authorizeMember } from './use-cases/authorize-member.js';
import { changeRole } from './use-cases/change-role.js';
import { channelVersions } from './use-cases/channel-versions.js';
import { closeChannel } from './use-cases/close-channel.js';
import { countNamed } from './use-cases/count-named.js';
import { createChannel } from './use-cases/create-channel.js';
import { getChannel } from './use-cases/get-channel.js';
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
  channel: {
    create: createChannel(deps),
    get: getChannel(deps),
    list: listChannels(deps),
    countNamed: countNamed(deps),
    rename: renameChannel(deps),
    close: closeChannel(deps),
    openDirect: openDirect(deps),
    directs: listDirects(deps),
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
