#!/bin/sh
# The endpoints of Fluent Backend's README, and its websocat line:  sh examples/fluent/quickstart.sh [url]
set -eu
url=${1:-http://127.0.0.1:8000}
run=$(node -p 'crypto.randomUUID().slice(0, 8)')

answer=
trap '[ $? -eq 0 ] || { echo "The last step failed at $url. $answer" >&2; exit 1; }' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }
of() { node -p "JSON.parse(process.argv[1]).$1" "$answer"; }

echo '1. Register new users'
answer=$(curl -X POST "$url/auth/register" \
  -H "Content-Type: application/json" \
  -d '{"username": "bob-'"$run"'", "email": "bob-'"$run"'@example.com", "password": "password123", "public_key": "key of Bob"}')
echo "$answer"
bob=$(of id)
answer=$(curl -X POST "$url/auth/register" \
  -H "Content-Type: application/json" \
  -d '{"username": "alice-'"$run"'", "email": "alice-'"$run"'@example.com", "password": "password123", "public_key": "key of Alice"}')
echo "$answer"
[ "$(of username)" = "alice-$run" ]

echo '2. Login and get JWT tokens'
answer=$(curl -X POST "$url/auth/login" \
  -H "Content-Type: application/json" \
  -d '{"username": "alice-'"$run"'", "password": "password123"}')
echo "$answer"
refresh_token=$(of refresh_token)

echo '3. Refresh tokens'
answer=$(curl -X POST "$url/auth/refresh" \
  -H "Content-Type: application/json" \
  -d '{"refresh_token": "'"$refresh_token"'"}')
echo "$answer"
token=$(of access_token)

echo '4. Search for users'
answer=$(curl "$url/users/search?query=bob-$run" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of 'at(0).id')" = "$bob" ]

echo '5. WebSocket for real-time chat'
frame='{"receiverID": '"$bob"', "receiver_encrypted": "for Bob", "sender_encrypted": "for Alice", "messageType": "text"}'
sent=0
if command -v websocat >/dev/null; then
  sent=1
  answer=$(echo "$frame" | websocat -n1 "ws${url#http}/chat/ws?token=$token")
  echo "$answer"
  [ "$(of content)" = 'for Alice' ]
else
  echo 'websocat is not installed; with it, this sends a message:'
  echo "echo '$frame' | websocat -n1 \"ws${url#http}/chat/ws?token=$token\""
fi

echo '6. Get all messages with partner'
answer=$(curl "$url/chat/all_messages?partnerID=$bob" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of length)" = "$sent" ]
