// A client of the rooms wire, as its README describes it: sign in, rooms, history, one socket per room.

const $ = (id) => document.getElementById(id);
const el = {
  state: $('state'),
  signOut: $('sign-out'),
  signIn: $('sign-in'),
  signInError: $('sign-in-error'),
  chat: $('chat'),
  rooms: $('rooms'),
  newRoom: $('new-room'),
  title: $('room-title'),
  messages: $('messages'),
  typing: $('typing'),
  error: $('chat-error'),
  say: $('say'),
  content: $('content'),
};

let token = null;
let username = null;
let room = null;
let live = null;

const api = async (method, path, body) => {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body ? { 'Content-Type': 'application/json' } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const detail = Array.isArray(answer.detail) ? answer.detail.map((issue) => issue.msg).join(', ') : answer.detail;
  throw Object.assign(new Error(detail ?? `The server answered ${response.status}`), { status: response.status });
};

const item = (className, ...parts) => {
  const li = document.createElement('li');
  li.className = className;
  li.append(...parts);
  return li;
};

const span = (className, text) => {
  const node = document.createElement('span');
  node.className = className;
  node.textContent = text;
  return node;
};

const time = (timestamp) => {
  const node = document.createElement('time');
  const at = new Date(`${timestamp}Z`);
  node.dateTime = at.toISOString();
  node.textContent = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return node;
};

/**
 * One room on the screen. History orders it; live frames go to its end. After a reconnection the history is read again
 * and whatever is not on the screen yet is put where it belongs, so nothing is missing and nothing is there twice.
 */
const openRoom = (chosen) => {
  const seen = new Map(); // message_id → its line
  const own = []; // what this page said and history has not shown yet
  let socket = null;
  let closed = false;
  let attempt = 0;
  let retry = null;
  let typingEnds = null;

  const atEnd = () => el.messages.scrollHeight - el.messages.scrollTop - el.messages.clientHeight < 40;
  const keepingEnd = (change) => {
    const follow = atEnd();
    change();
    if (follow) el.messages.scrollTop = el.messages.scrollHeight;
  };

  const line = (message) =>
    item('', span('who', message.sender), span('', message.message ?? ''), time(message.timestamp));

  const settleOwn = (message) => {
    if (message.sender !== username) return;
    const index = own.findIndex((waiting) => waiting.text === message.message);
    if (index >= 0) own.splice(index, 1)[0].node.remove();
  };

  const merge = (history) =>
    keepingEnd(() => {
      let before = null;
      for (const message of history) {
        let node = seen.get(message.message_id);
        if (!node) {
          settleOwn(message);
          node = line(message);
          seen.set(message.message_id, node);
          if (before) before.after(node);
          else el.messages.prepend(node);
        }
        before = node;
      }
    });

  const readHistory = async () => {
    const known = seen.size > 0;
    const recent = await api('GET', `/api/messages/${chosen.id}/recent?limit=200`);
    const joinsUp = recent.length < 200 || recent.some((message) => seen.has(message.message_id));
    const history = !known || joinsUp ? recent : await api('GET', `/api/messages/${chosen.id}`);
    if (!closed) merge(history);
  };

  const hear = (frame) => {
    if (frame.type === 'message') {
      if (seen.has(frame.message_id)) return;
      keepingEnd(() => {
        const node = line(frame);
        seen.set(frame.message_id, node);
        el.messages.append(node);
      });
      el.typing.textContent = '';
    } else if (frame.type === 'typing') {
      el.typing.textContent = frame.message;
      clearTimeout(typingEnds);
      typingEnds = setTimeout(() => (el.typing.textContent = ''), 3000);
    } else if (frame.type === 'user_joined') {
      keepingEnd(() => el.messages.append(item('notice', frame.message)));
    } else if (frame.type === 'error') {
      el.error.textContent = frame.message;
    }
  };

  const connect = () => {
    el.state.textContent = `Connecting to ${chosen.name}…`;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${chosen.id}?token=${encodeURIComponent(token)}`);
    socket.onmessage = async (event) => {
      const frame = JSON.parse(event.data);
      if (frame.type !== 'connected') return hear(frame);
      attempt = 0;
      el.error.textContent = '';
      el.state.textContent = `${username} in ${chosen.name}`;
      el.content.disabled = el.say.querySelector('button').disabled = false;
      // The socket is open, so what is said from now on arrives; what was said before is in the history.
      await readHistory().catch((error) => (el.error.textContent = error.message));
    };
    socket.onclose = (event) => {
      if (closed) return;
      el.content.disabled = el.say.querySelector('button').disabled = true;
      // 1008 and 1000 come with a reason that another try would not change.
      if (event.code === 1008) return signOut(event.reason || 'Please sign in again');
      if (event.code === 1000) return (el.state.textContent = event.reason || 'Closed');
      const wait = Math.random() * Math.min(10_000, 500 * 2 ** attempt++);
      el.state.textContent = 'Connection lost. Trying again…';
      retry = setTimeout(connect, wait);
    };
  };

  el.messages.replaceChildren();
  el.typing.textContent = '';
  el.error.textContent = '';
  el.title.textContent = chosen.name;
  connect();

  return {
    id: chosen.id,
    send(text) {
      socket.send(JSON.stringify({ type: 'message', content: text }));
      // The wire has no echo: the line waits at the end until the history shows it.
      const node = item('waiting', span('who', username), span('', text));
      own.push({ text, node });
      el.messages.append(node);
      el.messages.scrollTop = el.messages.scrollHeight;
      setTimeout(() => readHistory().catch((error) => (el.error.textContent = error.message)), 300);
    },
    typing: () => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ type: 'typing' })),
    close() {
      closed = true;
      clearTimeout(retry);
      socket?.close(1000);
    },
  };
};

const listRooms = async () => {
  const rooms = await api('GET', '/api/rooms');
  el.rooms.replaceChildren(
    ...rooms.map((each) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent =
        each.unread_count > 0 && each.id !== room?.id ? `${each.name} (${each.unread_count})` : each.name;
      button.setAttribute('aria-current', String(each.id === room?.id));
      button.onclick = () => pick(each);
      const li = document.createElement('li');
      li.append(button);
      return li;
    }),
  );
  return rooms;
};

const pick = async (chosen) => {
  live?.close();
  room = chosen;
  live = openRoom(chosen);
  await listRooms();
  el.content.focus();
};

const signOut = (why = 'Signed out') => {
  live?.close();
  live = room = token = username = null;
  el.chat.hidden = el.signOut.hidden = true;
  el.signIn.hidden = false;
  el.state.textContent = why;
};

el.signIn.onsubmit = async (event) => {
  event.preventDefault();
  const form = new FormData(el.signIn);
  const credentials = { username: form.get('username'), password: form.get('password') };
  el.signInError.textContent = '';
  try {
    if (event.submitter?.value === 'signup') await api('POST', '/api/auth/signup', credentials);
    token = (await api('POST', '/api/auth/login', credentials)).access_token;
    username = credentials.username;
    el.signIn.hidden = true;
    el.chat.hidden = el.signOut.hidden = false;
    el.state.textContent = username;
    const rooms = await listRooms();
    if (rooms.length > 0) await pick(rooms.at(-1));
  } catch (error) {
    el.signInError.textContent = error.message;
  }
};

el.signOut.onclick = () => {
  api('POST', '/api/auth/logout').catch((error) => (el.state.textContent = error.message));
  signOut();
};

el.newRoom.onsubmit = async (event) => {
  event.preventDefault();
  try {
    const made = await api('POST', '/api/rooms', { name: new FormData(el.newRoom).get('name') });
    el.newRoom.reset();
    await pick(made);
  } catch (error) {
    el.error.textContent = error.message;
  }
};

el.say.onsubmit = (event) => {
  event.preventDefault();
  const text = el.content.value;
  if (!text) return;
  live.send(text);
  el.content.value = '';
};

let lastTyping = 0;
el.content.oninput = () => {
  if (Date.now() - lastTyping < 2000) return;
  lastTyping = Date.now();
  live?.typing();
};
