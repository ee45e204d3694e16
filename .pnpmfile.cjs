// pnpm calls this before it packs a package. The work is in a file of its own, because pnpm-lock.yaml has this one's checksum.
const { beforePacking } = require('./scripts/packed-manifest.cjs')

module.exports = { hooks: { beforePacking } }
