/** An adapter's responses in each test, by store and test name, in a form that must be equal for all adapters. */
export type Transcript = Record<string, string[]>

/**
 * Lists where adapters responded differently, one text for each difference; empty if there is none. A test that one adapter
 * skipped, because its framework lacks the feature, is compared among the others.
 *
 * @example
 * const transcripts = { express: carrierSuite(runner, express).transcript, koa: carrierSuite(runner, koa).transcript }
 * it('all adapters respond alike', async () => expect(transcriptDifferences(transcripts)).toEqual([]))
 */
export function transcriptDifferences(transcripts: Readonly<Record<string, Transcript>>): string[] {
  const adapters = Object.entries(transcripts)
  const tests = new Set(adapters.flatMap(([, transcript]) => Object.keys(transcript)))
  return [...tests].flatMap((test) => {
    const told = adapters.filter(([, transcript]) => test in transcript)
    const [[first, model]] = told as [[string, Transcript]]
    return told.flatMap(([adapter, transcript]) => {
      const [expected, actual] = [model[test]!.join('\n'), transcript[test]!.join('\n')]
      return expected === actual ? [] : [`${test}\n${first}:\n${expected}\n${adapter}:\n${actual}`]
    })
  })
}
