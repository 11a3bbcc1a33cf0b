import { Fault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, Lease } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { inPages, streamedArray } from '../shared/json-stream.js';
import { endingRoutes } from './ending-routes.js';
import { forMembers, ok, referenceOf, unauthenticated } from './parts.js';
import * as shapes from './shapes.js';

export const routes = (deps: RestDeps, openOrganizations: boolean): readonly Route[] => [
  ...accountRoutes(deps),
  ...organizationRoutes(deps, openOrganizations),
  ...addressRoutes(deps),
  ...endingRoutes(deps),
];

const accountRoutes = ({ core, anonymous, guardSignIn }: RestDeps): readonly Route[] => [
  route({
    method: 'post',
    path: '/register',
    operationId: 'signUp',
    summary: 'Register a user',
    access: 'anyone',
    body: shapes.Credentials,
    responses: { ...ok(shapes.User), 400: { description: 'Email already registered', schema: shapes.Detail } },
    async handle({ body }) {
      const account = await core.auth.account.register({ kind: 'person', ...body }, { principal: anonymous });
      return { body: { id: account.number, email: account.email ?? body.email } };
    },
  }),
  route({
    method: 'post',
    path: '/login',
    operationId: 'signIn',
    summary: 'Exchange an e-mail address and a password for a token',
    access: 'anyone',
    body: shapes.Credentials,
    responses: {
      ...ok(shapes.Token),
      401: { description: 'Incorrect email or password', schema: shapes.Detail },
      429: { description: 'Too many failed attempts', schema: shapes.Detail },
    },
    async handle({ body: { email, password }, request }) {
      const grant = await guardSignIn(request, email, () =>
        core.auth.token.signIn({ login: email, by: 'email', password }, { principal: anonymous }),
      );
      return { body: { access_token: grant.accessToken, token_type: 'bearer' } };
    },
  }),
];

const organizationRoutes = (deps: RestDeps, openOrganizations: boolean): readonly Route[] => [
  route({
    method: 'post',
    path: '/organizations',
    operationId: 'createOrganization',
    summary: 'Create an organization with a subnet; its creator is a member',
    access: 'account',
    body: shapes.NewOrganization,
    responses: {
      ...ok(shapes.Organization),
      ...unauthenticated,
      400: { description: 'Invalid subnet format', schema: shapes.Detail },
    },
    async handle({ body: { name, subnet, open = openOrganizations }, principal }) {
      // Longer than any subnet: the same error as for other invalid text.
      if (subnet === '' || subnet.length > 64) throw new Fault('invalid', 'bad_subnet', 'Invalid subnet format');
      const wished = { name, subnet, open };
      return { body: toOrganization(await deps.core.signaling.organization.create(wished, { principal })) };
    },
  }),
  route({
    method: 'get',
    path: '/organizations',
    operationId: 'listOrganizations',
    summary: 'The own organizations',
    access: 'account',
    responses: { ...ok(z.array(shapes.Organization)), ...unauthenticated },
    async handle({ principal }) {
      return { stream: await streamedArray(ownOrganizations(deps, principal), toOrganization) };
    },
  }),
  route({
    method: 'post',
    path: '/organizations/:org_id/join',
    operationId: 'joinOrganization',
    summary: 'Join an organization',
    access: 'account',
    params: shapes.OrganizationPath,
    body: shapes.Join,
    responses: {
      ...ok(shapes.Status),
      ...unauthenticated,
      400: { description: 'User is already a member of this organization', schema: shapes.Detail },
      403: { description: 'No Bearer header, or not open and no invitation that is good', schema: shapes.Detail },
      404: { description: 'Organization not found', schema: shapes.Detail },
    },
    async handle({ params, body, principal }) {
      const secret = body?.invitation;
      const input = { reference: referenceOf(params.org_id), ...(secret !== undefined && { secret }) };
      await deps.core.signaling.organization.join(input, { principal });
      return { body: { status: 'joined' } };
    },
  }),
  route({
    method: 'post',
    path: '/organizations/:org_id/invitations',
    operationId: 'createInvitation',
    summary: 'Make an invitation with which one user joins an organization that is not open; by its members',
    access: 'account',
    params: shapes.OrganizationPath,
    responses: { ...ok(shapes.Invited), ...forMembers },
    async handle({ params, principal }) {
      const reference = referenceOf(params.org_id);
      const { secret, expiresAt } = await deps.core.signaling.organization.invite({ reference }, { principal });
      return { body: { status: 'invited', invitation: secret, expires_at: expiresAt } };
    },
  }),
  route({
    method: 'get',
    path: '/organizations/:org_id/members',
    operationId: 'listMembers',
    summary: 'Members of an organization, by id',
    access: 'account',
    params: shapes.OrganizationPath,
    responses: { ...ok(z.array(shapes.Member)), ...forMembers },
    async handle({ params, principal }) {
      const members = await membersOf(deps, params.org_id, principal);
      return { stream: await streamedArray(inPages(members), (member) => member) };
    },
  }),
];

const addressRoutes = ({ core }: RestDeps): readonly Route[] => [
  route({
    method: 'post',
    path: '/organizations/:org_id/allocate_ip',
    operationId: 'allocateAddress',
    summary: 'The own address in the subnet; the lowest free one the first time',
    access: 'account',
    params: shapes.OrganizationPath,
    body: shapes.AllocateBody,
    responses: {
      ...ok(shapes.Allocated),
      ...forMembers,
      400: { description: "No available IPs in this organization's subnet", schema: shapes.Detail },
    },
    async handle({ params: { org_id }, body, principal }) {
      const reference = referenceOf(org_id);
      if (body?.user_id && body.user_id !== principal.number) {
        // A fault of the organization comes first, as on the old server.
        await core.signaling.organization.members({ reference, limit: 1 }, { principal });
        throw new Fault('forbidden', 'not_yourself', 'Can only allocate IP for yourself');
      }
      const lease = await core.signaling.lease.allocate({ reference }, { principal });
      return { body: { user_id: principal.number, org_id: reference.number, virtual_ip: lease.address } };
    },
  }),
  route({
    method: 'get',
    path: '/organizations/:org_id/ips',
    operationId: 'listAddresses',
    summary: 'Who holds which address, by address',
    access: 'account',
    params: shapes.OrganizationPath,
    responses: { ...ok(z.array(shapes.Address)), ...forMembers },
    async handle({ params, principal }) {
      const reference = referenceOf(params.org_id);
      const pages = pagesOf<Lease>(addressPage, (last) =>
        core.signaling.lease.list(
          { reference, limit: addressPage, ...(last && { after: last.address }) },
          { principal },
        ),
      );
      return { stream: await streamedArray(pages, shapes.toAddress) };
    },
  }),
];

const organizationPage = 200;
const memberPage = 500;
const addressPage = 500;

/** Reads page after page; `read` gets the last item of the previous page. */
async function* pagesOf<Item>(size: number, read: (last: Item | undefined) => Promise<Item[]>): AsyncGenerator<Item[]> {
  for (let last: Item | undefined; ;) {
    const page: Item[] = await read(last);
    yield page;
    if (page.length < size) return;
    last = page.at(-1);
  }
}

interface Organization {
  readonly number: number;
  readonly name: string;
  readonly networks: readonly { readonly cidr: string }[];
}

/** The subnet in the form in which the creator wrote it. */
const toOrganization = ({ number, name, networks }: Organization): z.output<typeof shapes.Organization> => ({
  id: number,
  name,
  subnet: networks[0]?.cidr ?? '',
});

const ownOrganizations = ({ core }: RestDeps, principal: AccountPrincipal): AsyncGenerator<Organization[]> =>
  pagesOf<Organization>(organizationPage, (last) =>
    core.signaling.organization.list({ limit: organizationPage, after: last?.number ?? 0 }, { principal }),
  );

const membersOf = async ({ core, system }: RestDeps, orgId: string, principal: AccountPrincipal) => {
  const reference = referenceOf(orgId);
  const pages = pagesOf<{ accountId: AccountId }>(memberPage, (last) =>
    core.signaling.organization.members(
      { reference, limit: memberPage, ...(last && { after: last.accountId }) },
      { principal },
    ),
  );
  const found: z.output<typeof shapes.Member>[] = [];
  for await (const page of pages) {
    const ids = page.map(({ accountId }) => accountId);
    const contacts = await core.auth.account.contacts({ ids }, { principal: system });
    found.push(...contacts.map(({ number, email }) => ({ user_id: number, email })));
  }
  return found.sort((a, b) => a.user_id - b.user_id);
};
