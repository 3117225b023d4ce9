// A page in a browser. Usage of what uses it: node SCRIPT <port of our server> <browser>...
const { chromium } = require("playwright-core");

/// Does `use(page, port)` and ends the process: with 0 and "ok" if that was good.
module.exports = async function browse(use) {
  const [port, executablePath] = process.argv.slice(2);
  try {
    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(20000);
      await use(page, port);
      console.log("ok");
    } finally {
      await browser.close();
    }
  } catch (e) {
    console.error(e);
    process.exitCode = 1;
  }
};
