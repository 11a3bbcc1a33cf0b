"""The Python client that Swifty Server's README speaks of. Needs `pip install requests websockets`.

python examples/swifty/example_client.py demo [url]         two clients write to each other
python examples/swifty/example_client.py interactive [url]  one client, by hand
"""

import asyncio
import json
import sys
import time
from uuid import uuid4

import requests
import websockets

DEFAULT_URL = "http://127.0.0.1:8000"


class SwiftyClient:
    def __init__(self, server_url, name):
        self.server_url = server_url.rstrip("/")
        self.name = name
        self.uuid = str(uuid4())
        self.token = None
        self.ws = None

    def register(self):
        """Gets a token for the name and the UUID of this client."""
        response = requests.post(
            f"{self.server_url}/register", json={"name": self.name, "uuid": self.uuid}, timeout=30
        )
        response.raise_for_status()
        self.token = response.json()["token"]
        print(f"{self.name} is registered as {self.uuid}")

    async def connect(self):
        """Connects, and waits for the greeting."""
        self.ws = await websockets.connect(f"{self.server_url.replace('http', 'ws', 1)}/ws?token={self.token}")
        await self.receive("connection")
        print(f"{self.name} is connected")

    async def send_message(self, to_uuid, content, **more):
        """Sends a direct message; gives back its id."""
        message = {
            "to": to_uuid,
            "from": self.uuid,
            "timestamp": time.time(),
            "priority": "normal",
            "subject": "",
            "msgid": str(uuid4()),
            "acknowledge": False,
            "content": content,
            "action": "message",
            "event": "",
            "status": "sent",
            "conversation_id": "",
            "msgno": 1,
            **more,
        }
        await self.ws.send(json.dumps(message))
        return message["msgid"]

    async def receive(self, kind=None):
        """The next frame of this type; without one, the next message of another client."""
        while True:
            frame = json.loads(await asyncio.wait_for(self.ws.recv(), timeout=30))
            if frame.get("type") == kind:
                return frame

    async def close(self):
        await self.ws.close()


async def demo(url):
    alice, bob = SwiftyClient(url, "Alice"), SwiftyClient(url, "Bob")
    for client in (alice, bob):
        client.register()
        await client.connect()
    for sender, reader, content in (
        (alice, bob, "Hello Bob!"),
        (bob, alice, "Hello Alice!"),
    ):
        msgid = await sender.send_message(reader.uuid, content, subject="Greeting", priority="high")
        received = await reader.receive()
        if received["content"] != content:
            sys.exit(f"{reader.name} received {received} instead of {content!r}")
        print(f"{reader.name} received: {received['content']}")
        confirmed = await sender.receive("sent")
        if confirmed["msgid"] != msgid:
            sys.exit(f"{sender.name} got the confirmation of {confirmed['msgid']} instead of {msgid}")
        print(f"{sender.name} got: {confirmed['message']}")
    await alice.close()
    await bob.close()


async def interactive(url):
    client = SwiftyClient(url, input("Name: "))
    client.register()
    await client.connect()

    async def listen():
        async for frame in client.ws:
            print(f"\n{frame}")

    listening = asyncio.create_task(listen())
    print("send <uuid> <text>, or quit")
    while (line := await asyncio.to_thread(input, "> ")) != "quit":
        match line.split(maxsplit=2):
            case ["send", to_uuid, content]:
                await client.send_message(to_uuid, content)
            case _:
                print("send <uuid> <text>, or quit")
    listening.cancel()
    await client.close()


def run(example, url):
    """Runs it, and ends with 1 and one sentence when it fails."""
    try:
        asyncio.run(example(url))
    except asyncio.TimeoutError:
        sys.exit(f"At {url} nothing came within thirty seconds")
    except (OSError, websockets.WebSocketException) as error:
        sys.exit(f"That did not work at {url}: {error}. Is Parley running (npm start)?")


if __name__ == "__main__":
    modes = {"demo": demo, "interactive": interactive}
    mode = modes.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if mode is None:
        sys.exit(__doc__)
    run(mode, sys.argv[2] if len(sys.argv) > 2 else DEFAULT_URL)
