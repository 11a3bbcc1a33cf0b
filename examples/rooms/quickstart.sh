#!/bin/sh
# The HTTP requests of the Python FastAPI Chat Backend's README:  sh examples/rooms/quickstart.sh [url]
set -eu
url=${1:-http://127.0.0.1:8000}
username="testuser-$(node -p 'crypto.randomUUID().slice(0, 8)')"

answer=
trap '[ $? -eq 0 ] || { echo "The last step failed at $url. $answer" >&2; exit 1; }' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }
of() { node -p "JSON.parse(process.argv[1]).$1" "$answer"; }

echo '1. Register user'
answer=$(curl -X POST "$url/api/auth/signup" \
  -H "Content-Type: application/json" \
  -d '{"username": "'"$username"'", "password": "password123"}')
echo "$answer"

echo '2. Login'
answer=$(curl -X POST "$url/api/auth/login" \
  -H "Content-Type: application/json" \
  -d '{"username": "'"$username"'", "password": "password123"}')
echo "$answer"
[ "$(of token_type)" = bearer ]
token=$(of access_token)

echo '3. Get current user'
answer=$(curl "$url/api/auth/me" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of username)" = "$username" ]

echo '4. Create room'
answer=$(curl -X POST "$url/api/rooms" \
  -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" \
  -d '{"name": "My New Room"}')
echo "$answer"
room_id=$(of id)

echo '5. Get all rooms'
answer=$(curl "$url/api/rooms" -H "Authorization: Bearer $token")
[ "$(of "some(({ id }) => id === $room_id)")" = true ]
echo "$(of length) rooms, and room $room_id is one of them"

echo '6. Get room details'
answer=$(curl "$url/api/rooms/$room_id" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of name)" = 'My New Room' ]

echo '7. Get chat history'
answer=$(curl "$url/api/messages/$room_id" -H "Authorization: Bearer $token")
echo "$answer"

echo '8. Get recent messages'
answer=$(curl "$url/api/messages/$room_id/recent?limit=50" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of length)" = 0 ]

echo '9. Health check'
answer=$(curl "$url/health")
echo "$answer"
[ "$(of status)" = healthy ]
