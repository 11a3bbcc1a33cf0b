import { type FieldNames, type FormerOperation, callSubject } from '@parley/contracts';

/** The noun and verb of an operation in the previous release; undefined: the same as now. */
export const formerNameOf = (former: FormerOperation | undefined): { noun: string; verb: string } | undefined => {
  const [noun, verb] = former?.name?.split('.') ?? [];
  return noun === undefined || verb === undefined ? undefined : { noun, verb };
};

export const formerSubject = (service: string, former: FormerOperation | undefined): string | undefined => {
  const name = formerNameOf(former);
  return name && callSubject(service, name.noun, name.verb);
};

type Body = Record<string, unknown>;

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

const mapBodies = (value: unknown, change: (body: Body) => Body): unknown => {
  if (Array.isArray(value)) return value.map((item: unknown) => mapBodies(item, change));
  return isBody(value) ? change(value) : value;
};

/** The body with the field names of the previous release. `both`: beside the current ones, for a reader of either release. */
export const toFormerFields = (body: unknown, names: FieldNames | undefined, both = false): unknown =>
  names === undefined
    ? body
    : mapBodies(body, (current) => {
        const former = { ...current };
        for (const [field, name] of Object.entries(names)) {
          if (!(field in current)) continue;
          const { formerly, fields } = typeof name === 'string' ? { formerly: name, fields: undefined } : name;
          former[formerly] = toFormerFields(current[field], fields);
          if (!both) delete former[field];
        }
        return former;
      });

/** The body with the current field names, whichever release wrote it. */
export const toCurrentFields = (body: unknown, names: FieldNames | undefined): unknown =>
  names === undefined
    ? body
    : mapBodies(body, (former) => {
        const current = { ...former };
        for (const [field, name] of Object.entries(names)) {
          const { formerly, fields } = typeof name === 'string' ? { formerly: name, fields: undefined } : name;
          if (!(field in former) && formerly in former) current[field] = toCurrentFields(former[formerly], fields);
          delete current[formerly];
        }
        return current;
      });
