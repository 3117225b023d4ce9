// The page of the demo's third act in a browser: the plot moves, the button makes the archive slow, and its
// lag is seen.
const browse = require("./browser");

browse(async (page, port) => {
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction(() => Number(document.body.dataset.drawn) > 3);
  await page.waitForFunction(() => Number(document.getElementById("messages").textContent) > 3);
  const drawn = await page.evaluate(() => Number(document.body.dataset.drawn));
  await page.waitForFunction(before => Number(document.body.dataset.drawn) > before, drawn);
  const plotted = await page.evaluate(() => {
    const c = document.getElementById("plot");
    return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(byte => byte !== 0);
  });
  if (!plotted) throw new Error("nothing is plotted");
  await page.click("#slow");
  await page.waitForFunction(() =>
    Number(document.querySelector('[data-kind="archive"] .lag')?.textContent) >= 5);
});
