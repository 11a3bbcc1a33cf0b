// The rules that keep the house: who may import whom, where the environment is read, what a file may be called.
import { posix, relative, sep } from 'node:path';
import type { ESLint, Rule } from 'eslint';
import type {
  ExportAllDeclaration,
  ExportNamedDeclaration,
  ImportDeclaration,
  ImportExpression,
  MemberExpression,
} from 'estree';
import { layerMistake } from './gateway-layers.js';
import { circlesIn, readImports } from './import-graph.js';
import { root } from './repository.js';

type PathCheck = (file: string) => boolean;

const pathOf = (file: string): string => relative(root, file).split(sep).join('/');
const isTest = (file: string): boolean => /\.(test|suite)\.ts$|\/src\/testing\//.test(file) || file.startsWith('test/');
const under =
  (...folders: string[]): PathCheck =>
  (file) =>
    folders.some((folder) => file.startsWith(folder));
const matching =
  (pattern: RegExp): PathCheck =>
  (file) =>
    pattern.test(file);
const anyOf =
  (...checks: PathCheck[]): PathCheck =>
  (file) =>
    checks.some((check) => check(file));

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

/** Where the time of day is read, and why; everything else measures durations, with `performance.now()`. */
const readsTimeOfDay = new Map([
  ['libs/bus/src/headers.ts', 'the deadline header of 0.1.0 is a time of day'],
  ['libs/runtime/src/metrics.ts', 'a gauge shows this clock to the operator'],
  ['services/chat/src/store/group-span.ts', 'spans have times of day'],
  ['services/chat/src/store/group-committer.ts', 'spans have times of day'],
  ['services/gateway/src/authentication/issuer-clock.ts', 'until auth has said its time'],
  ['services/gateway/src/dialects/selector.ts', 'a frame shows it to a person'],
  ['services/gateway/src/dialects/swifty/offline-queue.ts', 'what chat of 0.1.0 is asked with'],
  ['libs/testing/src/in-one-process.ts', 'a test moves the time of day'],
  ['services/gateway/src/dialects/swifty/shapes.ts', 'a frame shows it to a person'],
]);

const environmentAllowed = anyOf(
  matching(/\/src\/((sample-data|migrate)\/)?main\.ts$/),
  under('libs/testing/', 'bench/', 'scripts/', 'test/', 'deploy/', 'k8s/'),
  matching(/\.(test|suite)\.ts$|\/src\/testing\//),
  matching(/^(vitest|eslint)\.config\./),
);

/** Words that had a meaning of our own, and the term of docs/vocabulary.md that took their place. */
const replacedWords = new Map([
  ['choosy', 'filtered'],
  ['displaced', 'superseded'],
  ['door', 'endpoint, upgrade'],
  ['ear', 'listener'],
  ['fact', 'event'],
  ['grossly', 'flooding'],
  ['ground', 'each part takes what it needs'],
  ['guest', 'member'],
  ['heard', 'received'],
  ['hearer', 'subscriber'],
  ['keeper', 'tracker, store'],
  ['lane', 'queue'],
  ['mouth', 'speaker'],
  ['stage', 'setup'],
  ['turnstile', 'limiter'],
  ['unproven', 'unauthenticated'],
]);

/** The first replaced word in a camel-case name. */
const replacedWordIn = (name: string): string | undefined =>
  name
    .split(/(?<=[a-z0-9])(?=[A-Z])|_/)
    .map((word) => word.toLowerCase().replace(/s$/, ''))
    .find((word) => replacedWords.has(word));

type Importing = ImportDeclaration | ExportNamedDeclaration | ExportAllDeclaration | ImportExpression;

/** `object.property` of these very names. */
const isMember = ({ object, property }: MemberExpression, objectName: string, propertyName: string): boolean =>
  object.type === 'Identifier' &&
  object.name === objectName &&
  property.type === 'Identifier' &&
  property.name === propertyName;

const rules = {
  imports: {
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
  },
  'no-circle': {
    create(context) {
      return {
        Program(node) {
          const others = circleOf(pathOf(context.filename));
          if (others.length > 0) context.report({ node, message: `In a circle of imports with ${others.join(', ')}` });
        },
      };
    },
  },
  'time-of-day': {
    create(context) {
      const file = pathOf(context.filename);
      const allowed =
        !/^((libs|services)\/[^/]+|importer)\/src\//.test(file) || isTest(file) || readsTimeOfDay.has(file);
      const message = 'A clock of a host may step: performance.now() measures, deadlineIn() waits';
      return {
        MemberExpression(node) {
          if (!allowed && isMember(node, 'Date', 'now')) context.report({ node, message });
        },
      };
    },
  },
  environment: {
    create(context) {
      const allowed = environmentAllowed(pathOf(context.filename));
      const message = 'The environment is read in main.ts and handed on';
      return {
        MemberExpression(node) {
          if (!allowed && isMember(node, 'process', 'env')) context.report({ node, message });
        },
      };
    },
  },
  vocabulary: {
    create(context) {
      const file = pathOf(context.filename);
      // Metrics keep the label `fact`, which dashboards name.
      if (!/^(libs|services|importer|test|bench|scripts|k8s)\//.test(file) || file === 'libs/process/src/observe.ts')
        return {};
      return {
        Identifier(node) {
          const word = replacedWordIn(node.name);
          if (word === undefined) return;
          context.report({ node, message: `${node.name}: ${replacedWords.get(word)} (docs/vocabulary.md)` });
        },
      };
    },
  },
  names: {
    create(context) {
      const file = pathOf(context.filename);
      const name = posix.basename(file);
      return {
        Program(node) {
          if (/^(utils?|helpers?|common|misc)\./.test(name) || /(^|\/)(utils|helpers|common|misc)\//.test(file))
            context.report({ node, message: 'A file is named after what it does' });
          if (!/^(\d{4}_)?[a-z0-9]+([-.][a-z0-9]+)*\.(tsx?|js)$/.test(name))
            context.report({ node, message: 'Files are kebab-case' });
        },
      };
    },
  },
  'no-default-export': {
    create(context) {
      const file = pathOf(context.filename);
      const configuration =
        /^(k8s\/)?[a-z]+\.config\.(js|ts)$/.test(file) ||
        ['libs/testing/src/global-setup.ts', 'test/journeys/start-platforms.ts'].includes(file);
      return {
        ExportDefaultDeclaration(node) {
          if (!configuration) context.report({ node, message: 'Exports have names' });
        },
      };
    },
  },
} satisfies Record<string, Rule.RuleModule>;

export const house: ESLint.Plugin = { rules };
