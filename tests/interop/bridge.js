'use strict';
const net = require('net');

/// A way to a server on this machine that can be cut, and counts who has come.
module.exports = function bridge(port) {
  const ends = new Set();
  const server = net.createServer((from) => {
    const onward = net.connect(port, '127.0.0.1');
    ++server.connections_seen;
    for (const [end, other] of [[from, onward], [onward, from]]) {
      ends.add(end);
      end.pipe(other);
      end.on('error', () => {});
      end.on('close', () => { ends.delete(end); other.destroy(); });
    }
  });
  server.connections_seen = 0;
  server.cut = () => { for (const end of ends) end.destroy(); };
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
};
