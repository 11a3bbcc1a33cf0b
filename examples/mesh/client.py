"""Signaling Server API's README, "Example: Python Client", and a second agent that comes online. Needs `pip install websockets`.

python examples/mesh/client.py [url]
"""

import asyncio
import json
import sys
from urllib.request import Request, urlopen
from uuid import uuid4

import websockets

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
ws_url = url.replace("http", "ws", 1)


def post(path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url + path, data=data, headers=headers, method="POST"), timeout=30) as answer:
        return json.load(answer)


def user():
    credentials = {"email": f"user-{uuid4()}@example.com", "password": "password123"}
    post("/register", credentials)
    return post("/login", credentials)["access_token"]


async def connect_and_register(token, public_ip, public_port, agent_id, on_registered=None):
    """Returns when another peer came online; without `on_registered`, as soon as it is registered itself."""
    uri = f"{ws_url}/ws?token={token}"

    async with websockets.connect(uri) as websocket:
        # Send registration message
        register_msg = {
            "type": "register",
            "agent_id": agent_id,
            "public_ip": public_ip,
            "public_port": public_port,
            "relay_ip": None,
            "relay_port": None,
        }
        await websocket.send(json.dumps(register_msg))

        # Listen for messages
        async for message in websocket:
            data = json.loads(message)

            if data.get("type") == "register_agent_response":
                print(f"Registered! Virtual IP: {data['virtual_ip']}")
                print(f"Connection ID: {data['connection_id']}")
                print(f"Existing peers: {len(data['existing_peers'])}")

                # Store peers in memory
                for peer in data["existing_peers"]:
                    print(f"  - Peer: {peer['peer_id']} ({peer['virtual_ip']})")

                if on_registered is None:
                    return
                on_registered.set()

            elif data.get("type") == "peer_online":
                print(f"New peer online: {data['peer']['peer_id']}")
                return

            elif data.get("error"):
                sys.exit(f"Error: {data['error']}")


async def main():
    first, second = user(), user()
    org_id = post("/organizations", {"name": "My Organization", "subnet": "10.0.0.0/24"}, first)["id"]
    post(f"/organizations/{org_id}/join", token=second)
    for token in (first, second):
        post(f"/organizations/{org_id}/allocate_ip", {}, token)

    registered = asyncio.Event()
    waiting = asyncio.create_task(
        connect_and_register(first, "203.0.113.1", 50000, "python-agent-001", registered)
    )
    await registered.wait()
    await connect_and_register(second, "203.0.113.2", 50000, "python-agent-002")
    await waiting


try:
    asyncio.run(asyncio.wait_for(main(), timeout=30))
except asyncio.TimeoutError:
    sys.exit("Nobody came online within thirty seconds")
except (OSError, websockets.WebSocketException) as error:
    sys.exit(f"That did not work at {url}: {error}. Is Parley running (npm start)?")
