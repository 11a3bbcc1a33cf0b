#!/bin/sh
# assemble.sh <service> <built> <to>: the tree of one service from its dependencies (here) and from what was built.
set -eu
service=$1 built=$2 to=$3

mkdir -p "$to"
# Each of our packages is a link in node_modules: the service and the libraries below it, no other.
for link in node_modules/@parley/*; do
  package=$(realpath --relative-to=. "$link")
  mkdir -p "$to/$package"
  for part in package.json dist public; do
    if [ -e "$built/$package/$part" ]; then cp -r "$built/$package/$part" "$to/$package/"; fi
  done
  # Versions of its own, where development needs another of the same package.
  if [ -e "$package/node_modules" ]; then cp -r "$package/node_modules" "$to/$package/"; fi
done
cp -r node_modules "$to/"
cp "$built/LICENSE" "$built"/deploy/image/dist/*.js "$to/"
printf '{ "type": "module" }\n' >"$to/package.json"
ln -s "services/$service" "$to/service"

# What only compilers and editors read.
find "$to" \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' \) -delete
# The twins for bundlers, which Node.js does not load.
rm -rf "$to"/node_modules/@opentelemetry/*/build/esm "$to"/node_modules/@opentelemetry/*/build/esnext
rm -rf "$to/node_modules/.bin" "$to/node_modules/.package-lock.json"
find "$to" -type d -empty -delete
# Nobody needs to change it, least of all who runs it.
chmod -R a+rX,go-w "$to"
