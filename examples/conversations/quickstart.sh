#!/bin/sh
# The REST endpoints of WebSocket Real-Time Messaging, with the users that `npm start` makes:
# sh examples/conversations/quickstart.sh [url]
set -eu
url=${1:-http://127.0.0.1:8000}

answer=
trap '[ $? -eq 0 ] || { echo "The last step failed at $url. $answer" >&2; exit 1; }' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }
of() { node -p "JSON.parse(process.argv[1]).$1" "$answer"; }

echo '1. Get JWT tokens from login'
answer=$(curl -X POST "$url/auth/token" -d username=testuser2 -d password=TestPassword123)
other_id=$(of user.id)
answer=$(curl -X POST "$url/auth/token" -d username=testuser -d password=TestPassword123)
echo "$answer"
token=$(of access_token)

echo '2. Create a new conversation'
answer=$(curl -X POST "$url/conversations/" \
  -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" \
  -d '{"title": "My Conversation", "participant_ids": ['"$other_id"']}')
echo "$answer"
conversation_id=$(of id)

echo "3. List user's conversations"
answer=$(curl "$url/conversations/" -H "Authorization: Bearer $token")
[ "$(of "some(({ id }) => id === $conversation_id)")" = true ]
echo "$(of length) conversations, and $conversation_id is one of them"

echo '4. Send a message (REST fallback)'
answer=$(curl -X POST "$url/conversations/$conversation_id/messages" \
  -H "Authorization: Bearer $token" \
  -H "Content-Type: application/json" \
  -d '{"content": "Your message here"}')
echo "$answer"

echo '5. Get conversation history'
answer=$(curl "$url/conversations/$conversation_id/messages" -H "Authorization: Bearer $token")
echo "$answer"
[ "$(of 'at(0).content')" = 'Your message here' ]
