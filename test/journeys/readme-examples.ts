// The JSON examples of the five old READMEs, as they are printed there. Placeholders (`sender-uuid`, `jwt-token`) are named in
// `filled`; everything else is sent and compared as it is.

/** The same text with its placeholders replaced. */
export const filled = (example: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce((text, [placeholder, value]) => text.replaceAll(placeholder, value), example);

/** The same keys with values of the same kinds, all the way down; of a list every item is as its first example. */
export const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
};

export const swifty = {
  direct: `{
  "to": "recipient-uuid",
  "from": "sender-uuid",
  "timestamp": 1234567890.123,
  "priority": "high",
  "subject": "Message subject",
  "msgid": "message-uuid",
  "acknowledge": true,
  "content": "Message content",
  "action": "message",
  "event": "event-type",
  "status": "sent",
  "conversation_id": "conversation-id",
  "msgno": 1
}`,
  topic: `{
  "topic_id": "my-topic",
  "from": "sender-uuid",
  "timestamp": 1234567890.123,
  "priority": "normal",
  "subject": "Topic message",
  "msgid": "message-uuid",
  "content": "Message content",
  "action": "topic_message",
  "event": "",
  "status": "sent",
  "msgno": 1
}`,
  register: `{
  "name": "Client Name",
  "uuid": "client-uuid"
}`,
  registered: `{
  "token": "jwt-token",
  "uuid": "client-uuid",
  "name": "Client Name",
  "message": "Registration successful"
}`,
  clients: `{
  "count": 2,
  "clients": {
    "uuid-1": "Alice",
    "uuid-2": "Bob"
  }
}`,
  create: `{
  "topic_id": "my-room",
  "metadata": {
    "description": "My awesome room"
  }
}`,
  created: `{
  "message": "Topic created successfully",
  "topic_id": "my-room",
  "creator": "creator-uuid"
}`,
  topics: `{
  "count": 2,
  "topics": [
    {
      "id": "my-room",
      "creator": "creator-uuid",
      "metadata": {},
      "subscriber_count": 5
    }
  ]
}`,
  topicInfo: `{
  "id": "my-room",
  "creator": "creator-uuid",
  "metadata": {},
  "subscriber_count": 5,
  "subscribers": ["uuid-1", "uuid-2"]
}`,
  subscribe: `{
  "topic_id": "my-room"
}`,
  /** What its curl line registers. */
  curl: '{"name": "TestClient", "uuid": "123e4567-e89b-12d3-a456-426614174000"}',
} as const;

export const rooms = {
  signup: `{
  "username": "testuser",
  "password": "password123"
}`,
  login: `{
  "access_token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9...",
  "token_type": "bearer"
}`,
  newRoom: `{
  "name": "My New Room"
}`,
  say: `{
  "type": "message",
  "content": "Hello, world!"
}`,
  typing: `{
  "type": "typing"
}`,
  received: `{
  "type": "message",
  "room_id": 1,
  "sender": "username",
  "message": "Hello, world!",
  "timestamp": "2024-01-01T12:00:00"
}`,
  /** What its Swift models decode, none of it optional: key → kind. */
  swift: {
    LoginResponse: { access_token: 'string', token_type: 'string' },
    ChatMessage: { type: 'string', room_id: 'number', sender: 'string', message: 'string', timestamp: 'string' },
    ChatRoom: { id: 'number', name: 'string', created_at: 'string' },
  },
} as const;

const meshPeer = (n: number, relay: number, address: string): string => `{
      "peer_id": "peer-device-00${n}",
      "user_id": ${n},
      "email": "user${n}@example.com",
      "agent_id": "peer-device-00${n}",
      "public_ip": "203.0.113.${n}",
      "public_port": 50000,
      "relay_ip": "203.0.113.${relay}",
      "relay_port": 50001,
      "virtual_ip": "${address}"
    }`;

export const mesh = {
  credentials: '{"email": "user@example.com", "password": "password123"}',
  organization: '{"name": "My Organization", "subnet": "10.0.0.0/24"}',
  allocate: '{}',
  registerFormat: `{
  "type": "register",
  "agent_id": "agent-123",
  "public_ip": "203.0.113.1",
  "public_port": 50000,
  "relay_ip": "203.0.113.10",
  "relay_port": 50001
}`,
  register: `{
  "type": "register",
  "agent_id": "peer-device-001",
  "public_ip": "203.0.113.1",
  "public_port": 50000,
  "relay_ip": "203.0.113.10",
  "relay_port": 50001
}`,
  /** Of its Python client. */
  registerWithoutRelay: `{
  "type": "register",
  "agent_id": "python-agent-001",
  "public_ip": "203.0.113.1",
  "public_port": 50000,
  "relay_ip": null,
  "relay_port": null
}`,
  response: `{
  "type": "register_agent_response",
  "status": "registered",
  "virtual_ip": "10.0.0.5",
  "connection_id": "550e8400-e29b-41d4-a716-446655440000",
  "existing_peers": [
    ${meshPeer(2, 11, '10.0.0.6')}
  ]
}`,
  online: `{
  "type": "peer_online",
  "peer": ${meshPeer(3, 12, '10.0.0.7')}
}`,
  offline: `{
  "type": "peer_offline",
  "peer_id": "peer-device-003",
  "user_id": 3,
  "virtual_ip": "10.0.0.7"
}`,
  error: `{
  "error": "Error message here"
}`,
} as const;

export const conversations = {
  say: `{
  "content": "Your message here"
}`,
  sayFromJavaScript: '{"content":"Hello, WebSocket!"}',
  sayFromPython: '{"content": "Hello from Python!"}',
  connection: `{
  "type": "connection",
  "status": "connected",
  "conversation_id": 1,
  "user_id": 1
}`,
  message: `{
  "type": "message",
  "id": 123,
  "content": "Message text",
  "sender_id": 2,
  "sender_name": "alice",
  "conversation_id": 1,
  "created_at": "2025-11-22 10:30:00"
}`,
  userLeft: `{
  "type": "user_left",
  "user_id": 2,
  "username": "alice"
}`,
  error: `{
  "type": "error",
  "message": "Error description"
}`,
} as const;

/** Its README has a table of endpoints and no body at all. */
export const fluent = {
  endpoints: [
    ['POST', '/auth/register'],
    ['POST', '/auth/login'],
    ['POST', '/auth/refresh'],
    ['GET', '/users/search?query='],
    ['GET', '/chat/all_messages'],
  ],
  socket: '/chat/ws?token=',
} as const;
