// The repository prints with the Chromium that ships inside @sparticuz/chromium; nothing is downloaded.
module.exports = { skipDownload: true }
