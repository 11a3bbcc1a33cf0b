export type ImportGraph = ReadonlyMap<string, readonly string[]>;
export declare const readImports: (root: string) => ImportGraph;
export declare const circlesIn: (graph: ImportGraph) => string[][];
