// The sample users and rooms of the Python FastAPI Chat Backend's README, which `npm start` makes (PARLEY_SAMPLE_DATA).
// node examples/dist/rooms/sample-data.js [url]
import { answerOf, saw, toSee, url } from '../run.js';

toSee('admin can log in', 'user1 can log in', 'user2 can log in', 'there are the rooms General, Random, Tech Talk');

const login = async (username: string, password: string): Promise<{ access_token: string }> =>
  answerOf(
    await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password }),
    }),
  );

let token = '';
for (const [username, password] of [
  ['admin', 'admin123'],
  ['user1', 'password123'],
  ['user2', 'password123'],
] as const) {
  ({ access_token: token } = await login(username, password));
  saw(`${username} can log in`);
}

const response = await fetch(`${url}/api/rooms`, { headers: { Authorization: `Bearer ${token}` } });
const rooms: { name: string }[] = await answerOf(response);
const names = rooms.map(({ name }) => name);
if (['General', 'Random', 'Tech Talk'].every((name) => names.includes(name)))
  saw('there are the rooms General, Random, Tech Talk');
