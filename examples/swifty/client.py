"""Swifty Server's README, "Manual Testing with Python". Needs `pip install requests websockets`.

python examples/swifty/client.py [url]
"""

import sys

from example_client import DEFAULT_URL, SwiftyClient, run


async def main(url):
    # Somebody has to be there to be written to.
    recipient = SwiftyClient(url, "Recipient")
    recipient.register()
    await recipient.connect()

    # Create and register client
    client = SwiftyClient(url, "TestClient")
    client.register()

    # Connect to WebSocket
    await client.connect()

    # Send a message
    await client.send_message(
        to_uuid=recipient.uuid,
        content="Hello!",
        subject="Test",
        priority="high",
    )

    received = await recipient.receive()
    print(f"Recipient received: {received['content']}")
    await client.close()
    await recipient.close()


run(main, sys.argv[1] if len(sys.argv) > 1 else DEFAULT_URL)
