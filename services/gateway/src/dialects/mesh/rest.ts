import { Fault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, Lease } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { streamedArray } from '../shared/json-stream.js';
import { endingRoutes } from './ending-routes.js';
import { forMembers, ok, referenceOf, unauthenticated } from './parts.js';
import * as shapes from './shapes.js';

export const routes = (deps: RestDeps, openOrganizations: boolean): readonly Route[] => [
  ...accountRoutes(deps),
  ...organizationRoutes(deps, openOrganizations),
  ...addressRoutes(deps),
  ...endingRoutes(deps),
];

const accountRoutes = ({ execute, anonymous, authentication }: RestDeps): readonly Route[] => [
  route({
    method: 'post',
    path: '/register',
    operationId: 'signUp',
    summary: 'Register a user',
    access: 'anyone',
    body: shapes.Credentials,
    responses: { ...ok(shapes.User), 400: { description: 'Email already registered', schema: shapes.Detail } },
    async handle({ body: person, request }) {
      const { account } = await execute({ type: 'account.register', person }, { principal: anonymous, request });
      return { body: { id: account.number, email: account.email ?? person.email } };
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
      const command = { type: 'session.signIn' as const, login: email, by: 'email' as const, password };
      const { grant } = await authentication.guardSignIn(request, email, () =>
        execute(command, { principal: anonymous, request }),
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
    repeatable: true,
    body: shapes.NewOrganization,
    responses: {
      ...ok(shapes.Organization),
      ...unauthenticated,
      400: { description: 'Invalid subnet format', schema: shapes.Detail },
    },
    async handle({ body: { name, subnet, open = openOrganizations }, principal, request }) {
      // Longer than any subnet: the same error as for other invalid text.
      if (subnet === '' || subnet.length > 64) throw new Fault('invalid', 'bad_subnet', 'Invalid subnet format');
      const command = { type: 'organization.create' as const, name, subnet, open };
      const { organization } = await deps.execute(command, { principal, request });
      return { body: toOrganization(organization) };
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
    async handle({ params, body, principal, request }) {
      const organization = referenceOf(params.org_id);
      const command = { type: 'organization.join' as const, organization, secret: body?.invitation };
      await deps.execute(command, { principal, request });
      return { body: { status: 'joined' } };
    },
  }),
  route({
    method: 'post',
    path: '/organizations/:org_id/invitations',
    operationId: 'createInvitation',
    summary: 'Make an invitation with which one user joins an organization that is not open; by its members',
    access: 'account',
    repeatable: true,
    params: shapes.OrganizationPath,
    responses: { ...ok(shapes.Invited), ...forMembers },
    async handle({ params, principal, request }) {
      const command = { type: 'organization.invite' as const, organization: referenceOf(params.org_id) };
      const { secret, expiresAt } = await deps.execute(command, { principal, request });
      return { body: { status: 'invited', invitation: secret, expires_at: expiresAt } };
    },
  }),
  route({
    method: 'get',
    path: '/organizations/:org_id/members',
    operationId: 'listMembers',
    summary: 'Members of an organization; up to 500 of them by id',
    access: 'account',
    params: shapes.OrganizationPath,
    responses: { ...ok(z.array(shapes.Member)), ...forMembers },
    async handle({ params, principal }) {
      const pages = memberPages(deps, referenceOf(params.org_id), principal);
      return { stream: await streamedArray(pages, (member) => member) };
    },
  }),
];

const addressRoutes = ({ core, execute }: RestDeps): readonly Route[] => [
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
    async handle({ params: { org_id }, body, principal, request }) {
      const organization = referenceOf(org_id);
      const account = body?.user_id || undefined;
      const { lease } = await execute({ type: 'address.allocate', organization, account }, { principal, request });
      return { body: { user_id: principal.number, org_id: organization.number, virtual_ip: lease.address } };
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

async function* memberPages(
  { core, system }: RestDeps,
  reference: { readonly number: number },
  principal: AccountPrincipal,
): AsyncGenerator<z.output<typeof shapes.Member>[]> {
  const pages = pagesOf<{ accountId: AccountId }>(memberPage, (last) =>
    core.signaling.organization.members(
      { reference, limit: memberPage, ...(last && { after: last.accountId }) },
      { principal },
    ),
  );
  for await (const page of pages) {
    const ids = page.map(({ accountId }) => accountId);
    const contacts = await core.auth.account.contacts({ ids }, { principal: system });
    yield contacts.map(({ number, email }) => ({ user_id: number, email })).sort((a, b) => a.user_id - b.user_id);
  }
}
