// Members of examples/ws_chat by node's ws: what one says all hear, compressed or not, and a close is
// answered.
const assert = require("assert");
const { once } = require("events");
const WebSocket = require("ws");

const join = async (query, options) => {
  const ws = new WebSocket(`ws://127.0.0.1:${process.argv[2]}/${query}`, options);
  ws.heard = [];
  ws.on("message", (data, binary) => { assert(!binary); ws.heard.push(data.toString()); });
  await once(ws, "open");
  return ws;
};

(async () => {
  const members = [
    await join("", { perMessageDeflate: true }),
    await join("?when=drop", { perMessageDeflate: false }),
    await join("?when=leave"),
  ];
  const texts = ["hello", "größer als ASCII: €", "x".repeat(200000), ""];
  for (const [i, text] of texts.entries())
    members[i % members.length].send(text);
  await Promise.all(members.map(async m => {
    while (m.heard.length < texts.length) await once(m, "message");
    assert.deepStrictEqual([...m.heard].sort(), [...texts].sort());
  }));

  members[0].ping("beat");
  const [beat] = await once(members[0], "pong");
  assert.strictEqual(beat.toString(), "beat");

  members[0].close(1000, "bye");
  const [code] = await once(members[0], "close");
  assert.strictEqual(code, 1000);

  members[1]._socket.write(Buffer.from([0x81, 0x05])); // a frame that is not masked
  const [why] = await once(members[1], "close");
  assert.strictEqual(why, 1002);

  const big = members[2];
  big.send("x".repeat(2 * 1024 * 1024));
  const [tooBig] = await once(big, "close");
  assert.strictEqual(tooBig, 1009);
  console.log("ok");
  process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });
