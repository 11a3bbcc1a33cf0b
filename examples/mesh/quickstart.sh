#!/bin/sh
# The curl lines of Signaling Server API's README:  sh examples/mesh/quickstart.sh [url]
set -eu
url=${1:-http://127.0.0.1:8000}
email="user-$(node -p 'crypto.randomUUID().slice(0, 8)')@example.com"

answer=
trap '[ $? -eq 0 ] || { echo "The last step failed at $url. $answer" >&2; exit 1; }' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }
of() { node -p "JSON.parse(process.argv[1]).$1" "$answer"; }

echo '1. Register'
answer=$(curl -X POST "$url/register" \
  -H "Content-Type: application/json" \
  -d '{"email": "'"$email"'", "password": "password123"}')
echo "$answer"
[ "$(of email)" = "$email" ]

echo '2. Login'
answer=$(curl -X POST "$url/login" \
  -H "Content-Type: application/json" \
  -d '{"email": "'"$email"'", "password": "password123"}')
echo "$answer"
token=$(of access_token)

echo '3. Create organization'
answer=$(curl -X POST "$url/organizations" \
  -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" \
  -d '{"name": "My Organization", "subnet": "10.0.0.0/24"}')
echo "$answer"
org_id=$(of id)

echo '4. Allocate virtual IP'
answer=$(curl -X POST "$url/organizations/$org_id/allocate_ip" \
  -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" \
  -d '{}')
echo "$answer"
[ "$(of virtual_ip)" = 10.0.0.1 ]

echo '5. List organizations, members, allocated IPs'
answer=$(curl "$url/organizations" -H "Authorization: Bearer $token")
echo "$answer"
answer=$(curl "$url/organizations/$org_id/members" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of 'at(0).email')" = "$email" ]
answer=$(curl "$url/organizations/$org_id/ips" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of 'at(0).virtual_ip')" = 10.0.0.1 ]
