// The page of the RSocket example in a browser: a request is answered, and a stream goes on as it is asked for.
const browse = require("./browser");

browse(async (page, port) => {
  const shows = (id, text) =>
    page.waitForFunction(([id, text]) => document.getElementById(id).textContent === text, [id, text]);
  await page.goto(`file://${process.argv[4]}#ws://127.0.0.1:${port}/`);
  await shows("state", "connected");
  await page.fill("#words", "hello");
  await shows("answer", "HELLO");
  await shows("count", "10");
  await page.click("#more");
  await shows("count", "20");
  await shows("last", "20");
  await page.fill("#words", ""); // the answer is an error, and comes behind whatever was sent before
  await page.waitForFunction(() => document.getElementById("answer").textContent.includes("nothing to shout"));
  await shows("count", "20");
});
