import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';

/**
 * Shows places in this file by the sources that its map names, in the stacks of errors. Node's own `--enable-source-maps` does not know
 * scripts that are loaded with a code cache. The map is read when a stack is first looked at: it takes some 100 ms, which a start without
 * an error does not pay.
 */
export const mapStacksOf = (file: string, mapFile: string): void => {
  const folder = join(file, '..');
  let map: SourceMap | null | undefined;
  const place = (site: NodeJS.CallSite): string => {
    const text = (site as { toString(): string }).toString();
    if (site.getFileName() !== file) return text;
    const [line, column] = [site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1];
    map ??= readMap(mapFile);
    const found = map?.findEntry(line - 1, column - 1);
    if (!found || !('originalSource' in found)) return text;
    const { originalSource, originalLine, originalColumn } = found;
    const original = `${join(folder, originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
    return text.replace(`${file}:${line}:${column}`, () => original);
  };
  Error.prepareStackTrace = (error, sites) =>
    [Error.prototype.toString.call(error), ...sites.map((site) => `    at ${place(site)}`)].join('\n');
};

const readMap = (file: string): SourceMap | null => {
  try {
    // The type of the constructor's argument asks for fields that it does not use.
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as ConstructorParameters<typeof SourceMap>[0]);
  } catch {
    return null;
  }
};
