// Talks to rsocket_server (server.cpp) from a browser, with the npm RSocket client. To look at it:
//
//   rsocket_server ws://127.0.0.1:7070/
//   npm install rsocket-core@0.0.27 rsocket-websocket-client@0.0.27 buffer esbuild
//   npx esbuild page.js --bundle --define:global=window --outfile=page.bundle.js
//
// and open page.html#ws://127.0.0.1:7070/
import {Buffer} from 'buffer';
window.Buffer = Buffer;

const {
  RSocketClient, BufferEncoders, MESSAGE_RSOCKET_COMPOSITE_METADATA, MESSAGE_RSOCKET_ROUTING,
  encodeCompositeMetadata, encodeRoute,
} = require('rsocket-core');
const WebSocketClient = require('rsocket-websocket-client').default;

const show = (id, text) => { document.getElementById(id).textContent = text; };

const to = (route, data) => ({
  data: Buffer.from(data),
  metadata: encodeCompositeMetadata([[MESSAGE_RSOCKET_ROUTING, encodeRoute(route)]]),
});

const client = new RSocketClient({
  setup: {
    dataMimeType: 'application/octet-stream', metadataMimeType: MESSAGE_RSOCKET_COMPOSITE_METADATA.string,
    keepAlive: 10000, lifetime: 30000,
  },
  transport: new WebSocketClient({url: location.hash.slice(1)}, BufferEncoders),
});

client.connect().subscribe({
  onError: (e) => show('state', 'no connection: ' + e.message),
  onComplete: (socket) => {
    show('state', 'connected');

    const words = document.getElementById('words');
    words.oninput = () => socket.requestResponse(to('shout', words.value)).subscribe({
      onComplete: (answer) => show('answer', answer.data.toString()),
      onError: (e) => show('answer', e.message),
    });
    words.disabled = false;

    // Ten of a million numbers at a time: the server makes no more than are asked for.
    let subscription, count = 0;
    const more = document.getElementById('more');
    more.onclick = () => subscription.request(10);
    socket.requestStream(to('count', '1000000')).subscribe({
      onSubscribe: (s) => { subscription = s; more.disabled = false; s.request(10); },
      onNext: (item) => { show('last', item.data.toString()); show('count', ++count); },
    });
  },
});
