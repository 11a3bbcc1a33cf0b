"""WebSocket Real-Time Messaging, "Python Client Example". Needs `pip install websockets`, and the sample data of `npm start`.

python examples/conversations/client.py [url]
"""

import asyncio
import json
import sys
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import websockets

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
ws_url = url.replace("http", "ws", 1)


def token():
    form = urlencode({"username": "testuser", "password": "TestPassword123"}).encode()
    with urlopen(f"{url}/auth/token", data=form, timeout=30) as answer:
        return json.load(answer)["access_token"]


async def chat():
    uri = f"{ws_url}/conversations/1/ws?token={token()}"
    content = f"Hello from Python! {uuid4()}"

    async with websockets.connect(uri) as websocket:
        # Receive connection confirmation
        response = await websocket.recv()
        print(f"Connected: {response}")

        # Send a message
        await websocket.send(json.dumps({
            "content": content
        }))

        # Listen for messages, until ours comes back
        while True:
            message = await websocket.recv()
            data = json.loads(message)
            print(f"Received: {data}")
            if data.get("content") == content:
                return


# Run the client
try:
    asyncio.run(asyncio.wait_for(chat(), timeout=30))
except asyncio.TimeoutError:
    sys.exit("The message did not come back within thirty seconds")
except (OSError, websockets.WebSocketException) as error:
    sys.exit(f"That did not work at {url}: {error}. Is Parley running (npm start)?")
