import { type OldDatabase, postgresWith } from './databases.js';
import { hashes } from './hashes.js';
import { inserts, type Rows } from './rows.js';

/** As SQLAlchemy makes them for the signaling server. */
const tables = `
  create table "user" (id serial primary key, email varchar not null, password varchar not null);
  create unique index ix_user_email on "user" (email);
  create table organization (id serial primary key, name varchar not null, subnet varchar not null);
  create table organization_user (user_id integer not null, org_id integer not null, primary key (user_id, org_id));
  create table virtual_ip_mapping (id serial primary key, user_id integer, virtual_ip varchar, org_id integer);`;

export interface MeshRows {
  readonly users: Rows['rows'];
  readonly organizations: Rows['rows'];
  readonly members: Rows['rows'];
  readonly addresses: Rows['rows'];
}

export const makeMeshDatabase = ({ users, organizations, members, addresses }: MeshRows): Promise<OldDatabase> =>
  postgresWith(
    tables +
      inserts([
        { table: '"user"', columns: 'id, email, password', rows: users },
        { table: 'organization', columns: 'id, name, subnet', rows: organizations },
        { table: 'organization_user', columns: 'user_id, org_id', rows: members },
        { table: 'virtual_ip_mapping', columns: 'id, user_id, virtual_ip, org_id', rows: addresses },
      ]),
  );

export const meshRows: MeshRows = {
  users: [
    [1, 'one@example.com', hashes['mesh-one']],
    [2, 'Two@Example.com', hashes['mesh-two']],
    [5, 'three@bücher.example', hashes['mesh-three']],
  ],
  organizations: [
    [1, 'Office', '10.0.0.0/24'],
    [2, 'Lab', '10.7.7.77/255.255.255.0'],
    [4, 'Pair', '192.168.5.0/31'],
    [6, 'Nobody here', '10.9.0.0/24'],
  ],
  members: [
    [2, 1],
    [1, 1],
    [5, 1],
    [5, 2],
    [2, 2],
    [1, 4],
  ],
  addresses: [
    [1, 1, '10.0.0.1', 1],
    [2, 2, '10.0.0.4', 1],
    [4, 5, '10.7.7.1', 2],
    [5, 1, '192.168.5.0', 4],
  ],
};
