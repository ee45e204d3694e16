// One line for each change that names the package, and none for a dependency: all packages have the same version.
const { default: standard } = require('@changesets/cli/changelog')

module.exports = { getReleaseLine: standard.getReleaseLine, getDependencyReleaseLine: async () => '' }
