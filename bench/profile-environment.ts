/** Variables of a process that writes a V8 profile into the folder when it ends (profile.ts). */
export const profileEnvironment = (folder: string): Record<string, string> => ({
  NODE_OPTIONS: `--import ${new URL('./profile.js', import.meta.url).href}`,
  PARLEY_BENCH_PROFILE: folder,
});
