import { beginAccount } from './accounts/begin-account.js';
import { changePassword } from './accounts/change-password.js';
import { deleteAccount } from './accounts/delete-account.js';
import { registerAccount } from './accounts/register-account.js';
import { registerDevice } from './accounts/register-device.js';
import { setName } from './accounts/set-name.js';
import { attachChannel } from './channels/attach-channel.js';
import { closeChannel } from './channels/close-channel.js';
import { createChannel } from './channels/create-channel.js';
import { detachChannel } from './channels/detach-channel.js';
import { joinChannel } from './channels/join-channel.js';
import { leaveChannel } from './channels/leave-channel.js';
import { openDirect } from './channels/open-direct.js';
import { putMember } from './channels/put-member.js';
import { removeMember } from './channels/remove-member.js';
import { renameChannel } from './channels/rename-channel.js';
import { addReaction } from './messages/add-reaction.js';
import { deleteMessage } from './messages/delete-message.js';
import { editMessage } from './messages/edit-message.js';
import { pinMessage } from './messages/pin-message.js';
import { recordThread } from './messages/record-thread.js';
import { removeReaction } from './messages/remove-reaction.js';
import { setPreferences } from './presence/set-preferences.js';
import { setPresence } from './presence/set-presence.js';
import { subscribePresence } from './presence/subscribe-presence.js';
import { unsubscribePresence } from './presence/unsubscribe-presence.js';
import { recordAll } from './receipts/record-all.js';
import { recordReceipt } from './receipts/record-receipt.js';
import { sendDirect } from './messages/send-direct.js';
import { setReaction } from './messages/set-reaction.js';
import { startTyping } from './messages/start-typing.js';
import { unpinMessage } from './messages/unpin-message.js';
import { allocateAddress } from './organizations/allocate-address.js';
import { createOrganization } from './organizations/create-organization.js';
import { deleteOrganization } from './organizations/delete-organization.js';
import { invite } from './organizations/invite.js';
import { joinOrganization } from './organizations/join-organization.js';
import { leaveOrganization } from './organizations/leave-organization.js';
import { releaseAddress } from './organizations/release-address.js';
import { removeOrganizationMember } from './organizations/remove-organization-member.js';
import { registerPeer } from './peers/register-peer.js';
import { authenticateSession } from './sessions/authenticate-session.js';
import { endOtherSessions } from './sessions/end-other-sessions.js';
import { endSession } from './sessions/end-session.js';
import { issueTicket } from './sessions/issue-ticket.js';
import { refreshSession } from './sessions/refresh-session.js';
import { renewToken } from './sessions/renew-token.js';
import { resumeSession } from './sessions/resume-session.js';
import { signIn } from './sessions/sign-in.js';
import type { ExecuteDeps, Handler } from './deps.js';
import type { CommandHandlers } from './execute.js';

type Some<Prefix extends string> = {
  readonly [T in keyof CommandHandlers as T extends `${Prefix}.${string}` ? T : never]: CommandHandlers[T];
};

export const messageHandlers = (
  deps: Pick<ExecuteDeps, 'core' | 'bus' | 'targets' | 'timings' | 'clock'>,
  send: Handler<'message.send'>,
): Some<'message' | 'reaction' | 'typing'> => {
  return {
    'message.send': send,
    'message.direct': sendDirect(deps, send),
    'message.edit': editMessage(deps),
    'message.delete': deleteMessage(deps),
    'message.react': addReaction(deps),
    'message.unreact': removeReaction(deps),
    'message.pin': pinMessage(deps),
    'message.unpin': unpinMessage(deps),
    'reaction.set': setReaction(deps),
    'typing.start': startTyping(deps),
  };
};

export const receiptHandlers = (
  deps: Pick<ExecuteDeps, 'core' | 'targets' | 'timings' | 'preferences' | 'receipts'>,
): Some<'receipt'> => ({
  'receipt.record': recordReceipt(deps),
  'receipt.recordAll': recordAll(deps),
  'receipt.recordThread': recordThread(deps),
});

export const presenceHandlers = (
  deps: Pick<ExecuteDeps, 'core' | 'tracker' | 'subscriptions'>,
): Some<'presence' | 'preferences'> => ({
  'presence.subscribe': subscribePresence(deps),
  'presence.unsubscribe': unsubscribePresence(deps),
  'presence.set': setPresence(deps),
  'preferences.set': setPreferences(deps),
});

export const channelHandlers = (
  deps: Pick<ExecuteDeps, 'core' | 'targets' | 'attachments'>,
): Some<'channel' | 'member'> => ({
  'channel.create': createChannel(deps),
  'channel.rename': renameChannel(deps),
  'channel.close': closeChannel(deps),
  'channel.openDirect': openDirect(deps),
  'member.join': joinChannel(deps),
  'member.leave': leaveChannel(deps),
  'member.put': putMember(deps),
  'member.remove': removeMember(deps),
  'channel.attach': attachChannel(deps),
  'channel.detach': detachChannel(deps),
});

export const organizationHandlers = (deps: Pick<ExecuteDeps, 'core'>): Some<'organization' | 'address'> => ({
  'organization.create': createOrganization(deps),
  'organization.join': joinOrganization(deps),
  'organization.invite': invite(deps),
  'organization.leave': leaveOrganization(deps),
  'organization.removeMember': removeOrganizationMember(deps),
  'organization.delete': deleteOrganization(deps),
  'address.allocate': allocateAddress(deps),
  'address.release': releaseAddress(deps),
});

export const accountHandlers = (deps: Pick<ExecuteDeps, 'core'>): Some<'account' | 'device'> => ({
  'account.register': registerAccount(deps),
  'account.begin': beginAccount(deps),
  'account.setName': setName(deps),
  'account.changePassword': changePassword(deps),
  'account.delete': deleteAccount(deps),
  'device.register': registerDevice(deps),
});

export const sessionHandlers = (
  deps: Pick<ExecuteDeps, 'core' | 'principals' | 'attachments'>,
): Some<'session' | 'ticket' | 'token'> => ({
  'session.signIn': signIn(deps),
  'session.refresh': refreshSession(deps),
  'session.end': endSession(deps),
  'session.endOthers': endOtherSessions(deps),
  'ticket.issue': issueTicket(deps),
  'session.resume': resumeSession(deps),
  'session.authenticate': authenticateSession,
  'token.renew': renewToken(deps),
});

export const peerHandlers = (deps: Pick<ExecuteDeps, 'peers'>): Some<'peer'> => ({
  'peer.register': registerPeer(deps),
});
