// RSocket with the npm packages at the other end: their client against our server, our client against
// their server. Usage: node rsocket.js <the streamx tool> <peer.cpp>, in a directory that has the packages.
'use strict';
const assert = require('assert');
const {spawn} = require('child_process');
const {createRequire} = require('module');
const path = require('path');
const bridge = require('./bridge');
const load = createRequire(path.join(process.cwd(), 'any.js'));

const {
  RSocketClient, RSocketServer, RSocketResumableTransport, BufferEncoders, MESSAGE_RSOCKET_COMPOSITE_METADATA,
  MESSAGE_RSOCKET_ROUTING, MESSAGE_RSOCKET_AUTHENTICATION, MESSAGE_RSOCKET_MIMETYPE,
  MESSAGE_RSOCKET_ACCEPT_MIMETYPES, APPLICATION_JSON, encodeCompositeMetadata, encodeRoute,
  encodeBearerAuthMetadata, decodeCompositeMetadata, decodeRoutes,
} = load('rsocket-core');
const {Flowable, Single} = load('rsocket-flowable');
const TcpClient = load('rsocket-tcp-client').default;
const TcpServer = load('rsocket-tcp-server').default;
const WebSocketClient = load('rsocket-websocket-client').default;
const WebSocketServer = load('rsocket-websocket-server').default;
const WebSocket = load('ws');
const fs = require('fs');
const net = require('net');

// Their client does not listen to a socket any more that it has given up, and that is reset then.
process.on('uncaughtException', (e) => { if (e.code !== 'ECONNRESET') { console.error(e); process.exit(1); } });

const [, , tool, peer] = process.argv;
const text = (payload) => payload.data.toString();

const serve = (how, ...args) => start(how, tool, 'serve', `${how}://127.0.0.1:0`, ...args);
const serve_peer = (how) => start(how, peer, `${how}://127.0.0.1:0`);
function start(how, program, ...args) {
  const child = spawn(program, args, {stdio: ['pipe', 'pipe', 'pipe']});
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = said.match(/listening on \w+:\/\/127\.0\.0\.1:(\d+)/);
      if (found) resolve({child, at: {how, port: Number(found[1])}});
    });
    child.on('exit', () => reject(new Error('serve: ' + said)));
  });
}

/// Runs the tool to its end.
function run(args, input = '') {
  const child = spawn(tool, args, {stdio: ['pipe', 'pipe', 'pipe']});
  let out = '', err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdin.end(input);
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve({code, out, err})));
  return Object.assign(ended, {pid: child.pid});
}
/// Does nothing at all, as a process that hangs, until that other one has ended.
function hang_until_end(pid) {
  const state = () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '')[0];
  for (let i = 0; i !== 1000 && state() !== 'Z'; ++i)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

const transports = {
  tcp: (port) => new TcpClient({host: '127.0.0.1', port}, BufferEncoders),
  ws: (port) => new WebSocketClient(
    {url: `ws://127.0.0.1:${port}/`, wsCreator: (url) => new WebSocket(url)}, BufferEncoders),
};
const servers = {
  tcp: (port) => new TcpServer({host: '127.0.0.1', port}, BufferEncoders),
  ws: (port) => new WebSocketServer({host: '127.0.0.1', port}, BufferEncoders),
};

function connect({how, port}, {token, keepAlive = 60000, lifetime = 180000, transport, responder, dataMimeType} = {}) {
  const setup = {
    dataMimeType: dataMimeType || 'application/octet-stream',
    metadataMimeType: MESSAGE_RSOCKET_COMPOSITE_METADATA.string,
    keepAlive, lifetime,
  };
  if (token) {
    setup.payload = {metadata: encodeCompositeMetadata(
      [[MESSAGE_RSOCKET_AUTHENTICATION, encodeBearerAuthMetadata(token)]])};
  }
  const client = new RSocketClient({setup, responder, transport: transport || transports[how](port)});
  return new Promise((resolve, reject) => client.connect().subscribe({onComplete: resolve, onError: reject}));
}

const to = (route, data = '', more = []) => ({
  data: Buffer.from(data),
  metadata: encodeCompositeMetadata([[MESSAGE_RSOCKET_ROUTING, encodeRoute(route)], ...more]),
});
const routeOf = (p) => {
  for (const entry of decodeCompositeMetadata(p.metadata))
    if (entry.mimeType === MESSAGE_RSOCKET_ROUTING.string) return [...decodeRoutes(entry.content)][0];
};
/// "Per Stream Data MIME Types", of a type that has a number.
const well_known = (type) => Buffer.from([0x80 | type.identifier]);
const json = [
  [MESSAGE_RSOCKET_MIMETYPE, well_known(APPLICATION_JSON)],
  [MESSAGE_RSOCKET_ACCEPT_MIMETYPES, well_known(APPLICATION_JSON)],
];
/// Items, one for each that is asked for.
const flow = (items, cancelled = () => {}) => new Flowable((subscriber) => {
  let at = 0;
  subscriber.onSubscribe({
    request: (n) => {
      while (n-- > 0 && at < items.length) subscriber.onNext(items[at++]);
      if (at === items.length) { ++at; subscriber.onComplete(); }
    },
    cancel: cancelled,
  });
});

const single = (s) =>
  new Promise((resolve, reject) => s.subscribe({onComplete: resolve, onError: reject}));

/// Asks for `first` items, then for `more` each time these have come, until it ends.
function collect(flow, first = 0x7fffffff, more = first) {
  return new Promise((resolve, reject) => {
    const got = [];
    let subscription, due = first;
    flow.subscribe({
      onSubscribe: (s) => { subscription = s; s.request(first); },
      onNext: (p) => {
        got.push(text(p));
        if (--due === 0) subscription.request((due = more));
      },
      onComplete: () => resolve(got), onError: reject,
    });
  });
}

const numbers = (n) => Array.from({length: n}, (_, i) => String(i + 1));
/// A port that nobody listens at.
const free = () => new Promise((resolve) => {
  const probe = net.createServer().listen(0, '127.0.0.1', () => {
    const {port} = probe.address();
    probe.close(() => resolve(port));
  });
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/// Returns when somebody listens there.
async function listening(port) {
  for (;;) {
    const open = await new Promise((resolve) => {
      const probe = net.connect(port, '127.0.0.1', () => { probe.destroy(); resolve(true); });
      probe.on('error', () => resolve(false));
    });
    if (open) return;
    await sleep(20);
  }
}
const cases = [];
const test = (name, fn) => cases.push([name, fn]);

for (const how of ['tcp', 'ws']) test(`their client: every interaction with our server, ${how}`, async () => {
  const {child, at} = await serve(how, '--route', 'numbers=count:1000', '--route', 'echo=echo', '--route', 'log=sink');
  let logged = '';
  child.stdout.on('data', (chunk) => (logged += chunk));
  const socket = await connect(at, {keepAlive: 400});
  assert.deepStrictEqual(await collect(socket.requestStream(to('numbers'))), numbers(1000));
  assert.deepStrictEqual(await collect(socket.requestStream(to('numbers')), 7), numbers(1000));
  assert.strictEqual(text(await single(socket.requestResponse(to('echo', 'hello')))), 'hello');
  const items = numbers(100);
  const channel = flow(items.map((item, at) => at === 0 ? to('echo', item) : {data: Buffer.from(item)}));
  assert.deepStrictEqual(await collect(socket.requestChannel(channel)), items);
  socket.fireAndForget(to('log', 'forgotten'));
  while (!logged.includes('forgotten\n')) await sleep(10);
  await assert.rejects(single(socket.requestResponse(to('nowhere'))), /route/);
  await sleep(1300); // of keep-alives, which our server answers
  assert.strictEqual(text(await single(socket.requestResponse(to('echo', 'still here')))), 'still here');
  socket.close();
  child.kill();
});

for (const how of ['tcp', 'ws']) test(`their client: asked for 3, our server sends exactly 3, ${how}`, async () => {
  const {child, at} = await serve(how, '--route', 'numbers=count:1000', '--route', 'echo=echo');
  const socket = await connect(at);
  const got = [];
  let subscription;
  socket.requestStream(to('numbers')).subscribe({
    onSubscribe: (s) => { subscription = s; s.request(3); },
    onNext: (p) => got.push(text(p)),
  });
  await single(socket.requestResponse(to('echo', 'x'))); // in the order of the connection, behind them
  assert.deepStrictEqual(got, numbers(3));
  subscription.request(2);
  await single(socket.requestResponse(to('echo', 'x')));
  assert.deepStrictEqual(got, numbers(5));
  subscription.cancel();
  await single(socket.requestResponse(to('echo', 'x')));
  assert.deepStrictEqual(got, numbers(5));
  socket.close();
  child.kill();
});

for (const how of ['tcp', 'ws']) test(`their client: asks for JSON and gets JSON, ${how}`, async () => {
  const {child, at} = await serve_peer(how);
  const socket = await connect(at);
  const query = JSON.stringify({symbol: 'XYZ', items: 30});
  const quotes = Array.from({length: 30}, (_, price) => ({symbol: 'XYZ', price}));
  const parsed = async (flow, first) => (await collect(flow, first)).map((item) => JSON.parse(item));
  assert.deepStrictEqual(await parsed(socket.requestStream(to('count', query, json)), 7), quotes);
  // what it has asked for is not always what a route has
  await assert.rejects(single(socket.requestResponse(to('text', '"x"', json))), /answers with application\/octet-stream or text\/plain/);
  await assert.rejects(collect(socket.requestStream(to('count', query))), /takes application\/json/);
  await assert.rejects(collect(socket.requestStream(to('count', '{"symbol":', json))), /application\/json: /);
  assert.strictEqual(text(await single(socket.requestResponse(to('text', 'still here')))), 'still here!');
  socket.close();
  // the type of the connection does as well
  const other = await connect(at, {dataMimeType: 'application/json'});
  assert.deepStrictEqual(await parsed(other.requestStream(to('count', query))), quotes);
  const items = [1, 2, 3].map((i, at) => at === 0 ? to('double', '1') : {data: Buffer.from(String(i))});
  assert.deepStrictEqual(await parsed(other.requestChannel(flow(items))), [2, 4, 6]);
  other.close();
  child.kill();
});

for (const how of ['tcp', 'ws']) test(`their client answers what our server asks of it, ${how}`, async () => {
  const {child, at} = await serve_peer(how);
  const forgotten = [];
  let cancelled = 0;
  const payloads = (list) => list.map((item) => ({data: Buffer.from(item)}));
  const responder = {
    requestResponse: (p) => {
      if (routeOf(p) === 'fail') return Single.error(new Error('as told'));
      if (routeOf(p) === 'echo') return Single.of({data: p.data});
      const said = [...decodeCompositeMetadata(p.metadata)].find((e) => e.mimeType === MESSAGE_RSOCKET_MIMETYPE.string);
      assert.deepStrictEqual(said.content, well_known(APPLICATION_JSON));
      return Single.of({data: Buffer.from(JSON.stringify({n: 2 * JSON.parse(text(p)).n}))});
    },
    requestStream: (p) =>
      routeOf(p) === 'numbers' ? flow(payloads(numbers(100))) : flow(payloads(numbers(1000000)), () => { ++cancelled; }),
    requestChannel: (items) => items.map((p) => ({data: Buffer.from('<' + text(p) + '>')})),
    fireAndForget: (p) => forgotten.push(text(p)),
    metadataPush: () => Single.of(undefined),
  };
  const socket = await connect(at, {responder});
  const got = JSON.parse(text(await single(socket.requestResponse(to('ask-back', '', json)))));
  assert.match(got.failure, /as told/);
  delete got.failure;
  assert.deepStrictEqual(got, {
    response: 'hello', typed: {n: 40}, stream: numbers(100), cancelled: numbers(3),
    channel: numbers(5).map((item) => `<${item}>`),
  });
  await single(socket.requestResponse(to('text', 'behind it')));
  assert.deepStrictEqual(forgotten, ['hello']);
  assert.strictEqual(cancelled, 1);
  socket.close();
  child.kill();
});

test('their client: a wrong token is turned away, a right one let in', async () => {
  const {child, at} = await serve('tcp', '--token', 'secret', '--route', 'echo=echo');
  const wrong = await connect(at, {token: 'wrong'});
  await assert.rejects(single(wrong.requestResponse(to('echo', 'x'))));
  const right = await connect(at, {token: 'secret'});
  assert.strictEqual(text(await single(right.requestResponse(to('echo', 'x')))), 'x');
  right.close();
  child.kill();
});

test('their client: what is larger than a frame comes in fragments', async () => {
  const {child, at} = await serve('tcp', '--route', 'echo=echo');
  const socket = await connect(at);
  const large = 'fragment '.repeat(50000);
  assert.strictEqual(text(await single(socket.requestResponse(to('echo', large)))), large);
  socket.close();
  child.kill();
});

test('their client resumes its session with our server', async () => {
  const {child, at} = await serve('tcp', '--route', 'numbers=count:1000');
  const between = await bridge(at.port);
  const transport = new RSocketResumableTransport(
    () => transports.tcp(between.address().port),
    {bufferSize: 1 << 20, resumeToken: Buffer.from('a session'), sessionDurationSeconds: 10}, BufferEncoders);
  const socket = await connect(at, {transport});
  transport.connectionStatus().subscribe({
    onSubscribe: (s) => s.request(0x7fffffff),
    onNext: (status) => { if (status.kind === 'NOT_CONNECTED') setTimeout(() => transport.connect(), 20); },
  });
  const got = [];
  await new Promise((resolve, reject) => {
    let subscription;
    socket.requestStream(to('numbers')).subscribe({
      onSubscribe: (s) => { subscription = s; s.request(10); },
      onNext: (p) => {
        got.push(text(p));
        if (got.length === 100 || got.length === 455) between.cut();
        if (got.length % 10 === 0) subscription.request(10);
      },
      onComplete: resolve, onError: reject,
    });
  });
  assert.deepStrictEqual(got, numbers(1000));
  assert.strictEqual(between.connections_seen, 3);
  socket.close();
  between.close();
  child.kill();
});

test('their client finds out that our server is dead, and ours that theirs is', async () => {
  const {child, at} = await serve('tcp', '--route', 'ticks=ticks:5');
  const socket = await connect(at, {keepAlive: 100, lifetime: 300});
  const failed = collect(socket.requestStream(to('ticks'))).then(() => 'ended', () => 'failed');
  child.kill('SIGSTOP');
  assert.strictEqual(await failed, 'failed');
  child.kill('SIGKILL');

  const port = await free();
  const server = new RSocketServer({
    transport: servers.tcp(port),
    getRequestHandler: () => ({requestStream: () => { asked(); return Flowable.never(); }}),
  });
  let asked;
  const request = new Promise((resolve) => (asked = resolve));
  server.start();
  await listening(port);
  const running = run(['sub', `tcp://127.0.0.1:${port}`, 'x', '--keepalive', '500']);
  await request;
  hang_until_end(running.pid);
  const r = await running;
  assert.strictEqual(r.code, 1, r.err);
  assert.match(r.err, /idle|dead/);
  server.stop();
});

for (const how of ['tcp', 'ws']) test(`our client: every interaction with their server, ${how}`, async () => {
  const forgotten = [];
  let asked = [], cancelled = 0;
  const count = (n) => new Flowable((subscriber) => {
    let at = 0, over = false;
    subscriber.onSubscribe({
      request: (more) => {
        asked.push(more);
        while (more-- > 0 && at < n) subscriber.onNext({data: Buffer.from(String(++at))});
        if (at === n && !over) { over = true; subscriber.onComplete(); }
      },
      cancel: () => { ++cancelled; },
    });
  });
  const port = await free();
  const server = new RSocketServer({
    transport: servers[how](port),
    getRequestHandler: () => ({
      requestResponse: (p) => routeOf(p) === 'fail' ? Single.error(new Error('as told')) : Single.of({data: p.data}),
      requestStream: () => count(1000),
      requestChannel: (items) => items.map((p) => ({data: Buffer.from('<' + text(p) + '>')})),
      fireAndForget: (p) => forgotten.push(text(p)),
    }),
  });
  server.start();
  await listening(port);
  const url = `${how}://127.0.0.1:${port}/`.replace(/^(tcp.*)\/$/, '$1');
  let r = await run(['sub', url, 'numbers']);
  assert.deepStrictEqual([r.code, r.out], [0, numbers(1000).join('\n') + '\n'], r.err);
  asked = [];
  r = await run(['sub', url, 'numbers', '--request', '10', '--take', '25']);
  assert.deepStrictEqual([r.code, r.out], [0, numbers(25).join('\n') + '\n'], r.err);
  assert.deepStrictEqual(asked.slice(0, 3), [10, 5, 5]); // the window, topped up at half
  assert.strictEqual(cancelled, 1);
  r = await run(['request', url, 'echo', 'hello']);
  assert.deepStrictEqual([r.code, r.out], [0, 'hello\n'], r.err);
  r = await run(['request', url, 'fail', 'x']);
  assert.strictEqual(r.code, 1);
  assert.match(r.err, /as told/);
  r = await run(['pub', url, 'log'], 'one\ntwo\n');
  assert.strictEqual(r.code, 0, r.err);
  assert.deepStrictEqual(forgotten, ['one', 'two']);
  server.stop();
});

(async () => {
  for (const [name, fn] of cases) {
    await Promise.race([fn(), sleep(20000).then(() => { throw new Error('it takes too long'); })])
      .catch((e) => { console.error(`FAILED: ${name}\n`, e); process.exit(1); });
    console.log(`ok: ${name}`);
  }
  process.exit(0);
})();
