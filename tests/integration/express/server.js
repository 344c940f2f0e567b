// The key server of the provider tutorial: GET /keys lists, GET /keys/KEY gives {key, value}, and
// for tests PUT /keys/KEY sets one. Prints its port, which the kernel chooses, and ends with its
// standard input.
'use strict';

const express = require('express');

const keys = new Map(Object.entries(JSON.parse(process.env.KEYS || '{}')));
const app = express();
let requests = 0;

app.use(express.json());

app.get('/requests', (request, reply) => {
  reply.json({ requests });
});

app.get('/keys', (request, reply) => {
  reply.json([...keys.keys()]);
});

app.get('/keys/:key', (request, reply) => {
  requests += 1;
  const key = request.params.key;
  if (!keys.has(key)) {
    reply.status(404).json({ error: 'no such key' });
    return;
  }
  reply.json({ key, value: keys.get(key) });
});

app.put('/keys/:key', (request, reply) => {
  keys.set(request.params.key, request.body.value);
  reply.status(204).end();
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(server.address().port);
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
