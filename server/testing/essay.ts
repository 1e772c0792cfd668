/** A long answer with everything Markdown has, for what must not depend on how long an answer is. */
const section = (number: number) => `

## Section ${number}

Aside answers from **your own documents**, and says where each sentence comes from; a *person* can take over at any
moment, see [the guide](https://docs.example/guide#${number}) and \`npm run setup\`.

- The answer goes on when its reader leaves.
- It is taken up again where the reader was:
  1. what was missed, then
  2. what is being said now.

| what | at most | found |
|---|--:|---|
| first token | ${number} ms | in the *log* |
| whole answer | ${number * 20} ms | in \`usage\` |

\`\`\`ts
export const section = (number: number) => \`Section \${number}\`
console.log(section(${number}))
\`\`\`

> What is kept is kept once, and erased with its owner.`

/** So many tokens: words, each with the space before it. */
export function essayTokens(count: number): string[] {
  const tokens: string[] = []
  for (let number = 1; tokens.length < count; number++) tokens.push(...(section(number).match(/\s*\S+/g) ?? []))
  return [tokens[0]!.trimStart(), ...tokens.slice(1, count)]
}
