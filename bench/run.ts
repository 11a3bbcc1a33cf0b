// npm run bench [-- W4 --quick --runs 5 --out raw.json], npm run bench -- report raw.json …: see README.md.
await (process.argv[2] === 'report' ? import('./performance/command.js') : import('./measure.js'));
