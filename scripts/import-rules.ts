// Who may import whom.
import { posix } from 'node:path';
import type { Rule } from 'eslint';
import type { ExportAllDeclaration, ExportNamedDeclaration, ImportDeclaration, ImportExpression } from 'estree';
import { layerMistake } from './gateway-layers.js';
import { circlesIn, readImports } from './import-graph.js';
import { root } from './repository.js';
import { anyOf, isTest, matching, pathOf, type PathCheck, under } from './source-paths.js';

const service = (file: string): string | undefined => /^services\/([^/]+)\//.exec(file)?.[1];
const dialect = (file: string): string | undefined =>
  /^services\/gateway\/src\/dialects\/(?!shared\/)([^/]+)\//.exec(file)?.[1];

/** `what` is imported (a package's name, or a path in this repository) only where `where` says so. */
const imports: readonly { readonly what: RegExp; readonly where: PathCheck; readonly why: string }[] = [
  {
    what: /^(nats|@nats-io\/.*)$/,
    // The proof of attacks keeps to none of the bus's rules, which libs/bus would.
    where: under('libs/bus/', 'libs/testing/', 'bench/', 'test/system/attack/'),
    why: 'NATS is known to libs/bus alone',
  },
  {
    what: /^(knex|pg)$/,
    where: anyOf(
      matching(/\.postgres\.ts$/),
      matching(/^services\/[^/]+\/migrations\//),
      under('libs/postgres/', 'libs/testing/', 'bench/', 'test/'),
    ),
    why: 'SQL lives in *.postgres.ts, migrations and libs/postgres',
  },
  {
    what: /^ws$/,
    where: under(
      'services/gateway/src/websocket/',
      'services/gateway/src/broadcast/',
      'libs/client/',
      'libs/testing/',
      'bench/',
      'examples/',
      'test/',
    ),
    why: 'sockets live in websocket/ and broadcast/ of the gateway',
  },
  {
    what: /^ioredis$/,
    where: anyOf(
      matching(/redis\.ts$/),
      under('services/gateway/src/limits/', 'services/gateway/src/http/', 'libs/testing/', 'bench/', 'test/'),
    ),
    why: 'Redis lives in *.redis.ts and the limits',
  },
  {
    what: /^@parley\/(auth|topics|chat|signaling|gateway)$/,
    where: under('services/standalone/', 'importer/', 'libs/testing/', 'test/', 'bench/', 'scripts/'),
    why: 'no service imports another',
  },
  {
    what: /^@parley\/(?!contracts$)/,
    where: (file) => !file.startsWith('libs/contracts/'),
    why: 'contracts import zod only',
  },
];

const app = 'services/gateway/app/';

/** The web client is built on the SDK, and is served as files: neither imports the other. */
const checkApp = (file: string, target: string): string | null => {
  if (file.startsWith(`${app}build/`)) return null;
  const isInside = file.startsWith(app);
  if (isInside && target.startsWith('@parley/') && target !== '@parley/client')
    return 'the web client imports the SDK only';
  return isInside === target.startsWith(app) ||
    !target.includes('/') ||
    target.startsWith('@') ||
    /^(preact|node:)/.test(target)
    ? null
    : 'the web client and the rest of the repository do not import each other';
};

const knowsDialects = ['services/gateway/src/dialects/registry.ts'];

/** Why a file may not import that; null: it may. */
const checkImport = (file: string, what: string): string | null => {
  const test = isTest(file);
  const target = what.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), what)) : what;
  for (const rule of imports) {
    if (rule.what.test(target) && !rule.where(file) && !test) return rule.why;
  }
  if (test) return null;
  const mistake = checkApp(file, target);
  if (mistake !== null) return mistake;
  if (file.startsWith('libs/contracts/') && !what.startsWith('.') && what !== 'zod') return 'contracts import zod only';
  if (/\/src\/domain\//.test(file) && !isDomainFriend(file, target)) return 'domain/ imports the model and faults only';
  const from = dialect(file);
  const to =
    dialect(target) ??
    /^services\/gateway\/src\/dialects\/(v1|swifty|rooms|mesh|fluent|conversations)(\/|$)/.exec(target)?.[1];
  if (from && to && from !== to) return 'a dialect never imports a sibling';
  if (!from && to && !knowsDialects.includes(file)) return 'only registry.ts imports dialects';
  if (from && /gateway\/src\/(?!dialects\/|protocol\/|config\.|core\.)/.test(target))
    return 'a dialect imports contracts, protocol/, dialects/shared/ and itself';
  if (service(file) && service(target) && service(file) !== service(target)) return 'no service imports another';
  return layerMistake(file, target.replace(/\.js$/, '.ts'));
};

const circlesByFolder = new Map<string, string[][]>();
const circlesOfFolder = (folder: string): string[][] => {
  const known = circlesByFolder.get(folder) ?? circlesIn(readImports(posix.join(root, folder)));
  circlesByFolder.set(folder, known);
  return known;
};

/** The other files of the circle in which a file of `libs/x/src`, `services/x/src` or `importer/src` is; none as a rule. */
const circleOf = (file: string): string[] => {
  const folder = /^((libs|services)\/[^/]+|importer)\/src\//.exec(file)?.[0];
  if (folder === undefined) return [];
  const inside = file.slice(folder.length);
  const circle = circlesOfFolder(folder).find((members) => members.includes(inside)) ?? [];
  return circle.filter((one) => one !== inside);
};

const isDomainFriend = (file: string, target: string): boolean =>
  target === '@parley/contracts' ||
  target.startsWith(`services/${service(file)}/src/domain/`) ||
  ['ipaddr.js'].includes(target);

type Importing = ImportDeclaration | ExportNamedDeclaration | ExportAllDeclaration | ImportExpression;

export const importsRule: Rule.RuleModule = {
  create(context) {
    const file = pathOf(context.filename);
    const check = ({ source }: Importing): void => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const why = checkImport(file, source.value);
      if (why !== null) context.report({ node: source, message: `${source.value}: ${why}` });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

export const noCircleRule: Rule.RuleModule = {
  create(context) {
    return {
      Program(node) {
        const others = circleOf(pathOf(context.filename));
        if (others.length > 0) context.report({ node, message: `In a circle of imports with ${others.join(', ')}` });
      },
    };
  },
};
