#!/bin/sh
# The curl lines of Swifty Server's README, and its endpoints for topics:  sh examples/swifty/quickstart.sh [url]
set -eu
url=${1:-http://127.0.0.1:8000}
uuid=$(node -p 'crypto.randomUUID()')
topic="my-room-${uuid%%-*}"

answer=
trap '[ $? -eq 0 ] || { echo "The last step failed at $url. $answer" >&2; exit 1; }' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }
of() { node -p "JSON.parse(process.argv[1]).$1" "$answer"; }

echo '1. Register a client'
answer=$(curl -X POST "$url/register" \
  -H "Content-Type: application/json" \
  -d '{"name": "TestClient", "uuid": "'"$uuid"'"}')
echo "$answer"
[ "$(of uuid)" = "$uuid" ]
token=$(of token)

echo '2. Check connected clients'
answer=$(curl "$url/clients")
echo "$(of count) connected"

echo '3. Create a topic'
answer=$(curl -X POST "$url/topics/create?token=$token" \
  -H "Content-Type: application/json" \
  -d '{"topic_id": "'"$topic"'", "metadata": {"description": "My awesome room"}}')
echo "$answer"
[ "$(of creator)" = "$uuid" ]

echo '4. Subscribe to it'
answer=$(curl -X POST "$url/topics/subscribe?token=$token" \
  -H "Content-Type: application/json" \
  -d '{"topic_id": "'"$topic"'"}')
echo "$answer"

echo '5. Get its info'
answer=$(curl "$url/topics/$topic")
echo "$answer"
[ "$(of 'subscribers.at(0)')" = "$uuid" ]

echo '6. Unsubscribe'
answer=$(curl -X POST "$url/topics/unsubscribe?token=$token" \
  -H "Content-Type: application/json" \
  -d '{"topic_id": "'"$topic"'"}')
echo "$answer"
answer=$(curl "$url/topics/$topic")
[ "$(of subscriber_count)" = 0 ]
