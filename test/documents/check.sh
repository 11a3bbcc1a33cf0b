#!/bin/sh
# Checks the documents of a running gateway with the tools of its readers: sh test/documents/check.sh [URL]
# Needs npm, Python 3 with venv, and their registries. docs/testing.md says what each tool must print.
set -eu
url=${1:-http://127.0.0.1:8000}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for name in openapi asyncapi openrpc; do curl --silent --fail "$url/$name.json" > "$name.json"; done
npm init --yes > /dev/null
npm install --ignore-scripts --no-audit --no-fund --silent \
  @redocly/cli @stoplight/spectral-cli @asyncapi/parser@3 openapi-typescript@7 typescript@5
python3 -m venv python
./python/bin/pip install --quiet openapi-python-client ruff schemathesis

echo '== Redocly'
npx redocly lint openapi.json
echo '== Spectral'
echo 'extends: ["spectral:oas"]' > .spectral.yaml
npx spectral lint openapi.json --ruleset .spectral.yaml --fail-severity hint
echo '== AsyncAPI parser'
cat > parse-asyncapi.mjs << 'PROGRAM'
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(readFileSync('asyncapi.json', 'utf8'));
for (const { code, message, path } of diagnostics) console.log(`${code}: ${message} at ${path.join('.')}`);
console.log(`${diagnostics.length} diagnostics`);
if (!document || diagnostics.length > 0) process.exit(1);
PROGRAM
node parse-asyncapi.mjs
echo '== openapi-typescript'
npx openapi-typescript openapi.json --output types.d.ts
npx tsc --noEmit --strict types.d.ts
echo '== openapi-python-client'
PATH="$work/python/bin:$PATH" ./python/bin/openapi-python-client generate --path openapi.json --output-path client --fail-on-warning
echo '== schemathesis'
cp "$here/schemathesis.toml" "$here/schemathesis_hooks.py" .
PARLEY_TOKEN=$(curl --silent --fail "$url/v1/accounts" --header 'content-type: application/json' \
  --data "{\"username\":\"schemathesis-$(date +%s)\",\"password\":\"a long password\"}" |
  ./python/bin/python -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])')
export PARLEY_TOKEN SCHEMATHESIS_HOOKS=schemathesis_hooks
# signOut and endSession would end the session of the token, after which every operation is only refused.
./python/bin/st --config-file schemathesis.toml run "$url/openapi.json" --include-path-regex '^/v1' \
  --exclude-operation-id signOut --exclude-operation-id endSession --continue-on-failure --max-time "${SECONDS_OF_SCHEMATHESIS:-120}"
