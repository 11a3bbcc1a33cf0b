import fc from 'fast-check';

// A mutant is killed by any counterexample; a small one is not looked for.
fc.configureGlobal({ endOnFailure: true });
Object.assign(globalThis, { turns: 0 });
