#!/bin/sh
# Parley's own wire with curl: an account, a room, a message, its history.  sh examples/v1/quickstart.sh [url]
set -eu
url=${1:-http://127.0.0.1:8000}
username="ada-$(node -p 'crypto.randomUUID().slice(0, 8)')"
client_id=$(node -p 'crypto.randomUUID()')

answer=
trap '[ $? -eq 0 ] || { echo "The last step failed at $url. $answer" >&2; exit 1; }' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }
of() { node -p "JSON.parse(process.argv[1]).$1" "$answer"; }

echo '1. Sign up'
answer=$(curl -X POST "$url/v1/accounts" \
  -H 'Content-Type: application/json' \
  -d '{"username": "'"$username"'", "password": "correct horse"}')
echo "$answer"

echo '2. Sign in'
answer=$(curl -X POST "$url/v1/sessions" \
  -H 'Content-Type: application/json' \
  -d '{"login": "'"$username"'", "password": "correct horse"}')
[ "$(of account.username)" = "$username" ]
token=$(of accessToken)
echo "until $(of accessTokenExpiresAt)"

echo '3. Make a room'
answer=$(curl -X POST "$url/v1/channels" \
  -H "Authorization: Bearer $token" \
  -H 'Content-Type: application/json' \
  -d '{"kind": "room", "title": "General"}')
echo "$answer"
channel=$(of id)

for attempt in first second; do
  echo "4. Send a message, $attempt attempt: the same client id is the same message"
  answer=$(curl -X POST "$url/v1/channels/$channel/messages" \
    -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' \
    -d '{"clientId": "'"$client_id"'", "content": {"type": "text", "text": "hello"}}')
  echo "$answer"
done
[ "$(of repeated)" = true ]

echo '5. Read the history'
answer=$(curl "$url/v1/channels/$channel/messages" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of 'messages.map(({ content }) => content.text).join()')" = hello ]
