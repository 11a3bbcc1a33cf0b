import { describe, expect, test } from 'vitest';
import { JsonText, jsonOf, memberText } from './json-text.js';

describe('the text of a member', () => {
  test.each([
    ['{"m":1.0}', '1.0'],
    ['{"m":-0.0e+07,"n":2}', '-0.0e+07'],
    [
      ' { "n" : { "m" : 1 } , "m" : { "b" : [ 1.0 , { "a" : 12345678901234567890 } ] , "a" : 1E2 } } ',
      '{"b":[1.0,{"a":12345678901234567890}],"a":1E2}',
    ],
    ['{"n":[{"m":1},"m",":"],"m":[]}', '[]'],
    ['{"n":",\\"m\\":1}","m":" a\\u00e9\\/\\t\\" , } "}', '" aé/\\t\\" , } "'],
    ['{"\\u006d":null}', 'null'],
    ['{"n":"m","m":"n"}', '"n"'],
    ['\uFEFF{"m":true}', 'true'],
  ])('%s', (json, text) => {
    expect(memberText(json, 'm')).toBe(text);
  });

  test.each(['{}', '[]', '"m"', 'null', '{"n":1}', '{"n":{"m":1}}', '[{"m":1}]', '["m",1]'])('%s has none', (json) => {
    expect(memberText(json, 'm')).toBeUndefined();
  });

  test('of JSON of any depth', () => {
    const depth = 200_000;
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(memberText(`{"n":${deep},"m":1.0}`, 'm')).toBe('1.0');
  });
});

test('JSON text is inserted as it is, between values that are written as usual', () => {
  expect(jsonOf({ a: 'x"', b: new JsonText('{"c":1.0}'), d: [1, null] })).toBe(
    '{"a":"x\\"","b":{"c":1.0},"d":[1,null]}',
  );
  expect([jsonOf({ a: 1 }), jsonOf(['a']), jsonOf(null), jsonOf('x')]).toEqual(['{"a":1}', '["a"]', 'null', '"x"']);
});
