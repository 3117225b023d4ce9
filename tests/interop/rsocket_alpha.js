// The line of the npm packages that comes next, 1.0.0-alpha, as the client of our server.
// Usage: node alpha.js <the streamx tool>, in a directory that has the packages.
'use strict';
const assert = require('assert');
const {spawn} = require('child_process');
const {createRequire} = require('module');
const path = require('path');
const bridge = require('./bridge');
const load = createRequire(path.join(process.cwd(), 'any.js'));

const {RSocketConnector} = load('rsocket-core');
const {TcpClientTransport} = load('rsocket-tcp-client');
const {WebsocketClientTransport} = load('rsocket-websocket-client');
const {encodeCompositeMetadata, encodeRoute, WellKnownMimeType} = load('rsocket-composite-metadata');
const WebSocket = load('ws');

const [tool] = process.argv.slice(2);

function serve(how) {
  const child = spawn(tool, ['serve', `${how}://127.0.0.1:0`, '--route', 'numbers=count:1000', '--route', 'echo=echo'],
    {stdio: ['ignore', 'ignore', 'pipe']});
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = said.match(/listening on .*:(\d+)\/?\n/);
      if (found) resolve({child, port: Number(found[1])});
    });
    child.on('exit', () => reject(new Error('serve: ' + said)));
  });
}

const transports = {
  tcp: (port) => new TcpClientTransport({connectionOptions: {host: '127.0.0.1', port}}),
  ws: (port) => new WebsocketClientTransport(
    {url: `ws://127.0.0.1:${port}/`, wsCreator: (url) => new WebSocket(url)}),
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const to = (route, data = '') => ({
  data: Buffer.from(data),
  metadata: encodeCompositeMetadata(
    new Map([[WellKnownMimeType.MESSAGE_RSOCKET_ROUTING, encodeRoute(route)]])),
});

/// What `begin` is answered; `more` is called with each item's number and what was begun.
function answers(begin, more = () => {}) {
  return new Promise((resolve, reject) => {
    const got = [];
    const stream = begin({
      onNext: (p, last) => {
        got.push(p.data.toString());
        if (last) resolve(got);
        else more(got.length, stream);
      },
      onComplete: () => resolve(got),
      onError: reject,
      onExtension: () => {}, request: () => {}, cancel: () => {},
    });
  });
}

async function every_interaction(how) {
  const {child, port} = await serve(how);
  const socket = await new RSocketConnector({
    setup, transport: transports[how](port),
  }).connect();
  const numbers = Array.from({length: 1000}, (_, i) => String(i + 1));

  assert.deepStrictEqual(await answers((to_me) => socket.requestResponse(to('echo', 'hello'), to_me)), ['hello']);
  await assert.rejects(answers((to_me) => socket.requestResponse(to('nowhere'), to_me)), /route/);
  assert.deepStrictEqual(await answers((to_me) => socket.requestStream(to('numbers'), 0x7fffffff, to_me)), numbers);
  assert.deepStrictEqual(
    await answers((to_me) => socket.requestStream(to('numbers'), 10, to_me),
      (count, stream) => { if (count % 10 === 0) stream.request(10); }), numbers);

  const three = [];
  const stream = socket.requestStream(to('numbers'), 3, {
    onNext: (p) => three.push(p.data.toString()), onComplete: () => {}, onError: () => {}, onExtension: () => {}});
  await answers((to_me) => socket.requestResponse(to('echo', 'x'), to_me));
  assert.deepStrictEqual(three, ['1', '2', '3']);
  stream.cancel();

  const channel = await answers((to_me) => {
    let sent = 0;
    const send = (n) => {
      while (n-- > 0 && sent < 100) out.onNext({data: Buffer.from(`item ${++sent}`)}, sent === 100);
    };
    const out = socket.requestChannel(to('echo', 'item 0'), 0x7fffffff, false, {...to_me, request: send});
    return out;
  });
  assert.deepStrictEqual(channel, Array.from({length: 101}, (_, i) => `item ${i}`));
  socket.close();
  child.kill();
  console.log(`ok: 1.0.0-alpha: every interaction with our server, ${how}`);
}

const setup = {
  keepAlive: 1000, lifetime: 10000, dataMimeType: 'application/octet-stream',
  metadataMimeType: 'message/x.rsocket.composite-metadata.v0',
};

async function fragments() {
  const {child, port} = await serve('tcp');
  const socket = await new RSocketConnector({
    setup, transport: transports.tcp(port), fragmentation: {maxOutboundFragmentSize: 100},
  }).connect();
  const large = Array.from({length: 500}, (_, i) => `part ${i};`).join('');
  assert.deepStrictEqual(await answers((to_me) => socket.requestResponse(to('echo', large), to_me)), [large]);
  socket.close();
  child.kill();
  console.log('ok: 1.0.0-alpha: what it sends in fragments is put together');
}

async function resumption() {
  const {child, port} = await serve('tcp');
  const between = await bridge(port);
  const socket = await new RSocketConnector({
    setup, transport: transports.tcp(between.address().port),
    resume: {tokenGenerator: () => Buffer.from('a session'), reconnectFunction: () => sleep(20)},
  }).connect();
  const cuts = new Set([100, 450, 455, 900]);
  assert.deepStrictEqual(
    await answers((to_me) => socket.requestStream(to('numbers'), 10, to_me), (count, stream) => {
      if (cuts.has(count)) between.cut();
      if (count % 10 === 0) stream.request(10);
    }),
    Array.from({length: 1000}, (_, i) => String(i + 1)));
  assert.ok(between.connections_seen > 2, `${between.connections_seen} connections`);
  socket.close();
  between.close();
  child.kill();
  console.log('ok: 1.0.0-alpha: resumes its session with our server');
}

(async () => {
  setTimeout(() => { console.error('it takes too long'); process.exit(1); }, 60000).unref();
  await every_interaction('tcp');
  await every_interaction('ws');
  await fragments();
  await resumption();
  process.exit(0);
})().catch((e) => { console.error(e); process.exit(1); });
