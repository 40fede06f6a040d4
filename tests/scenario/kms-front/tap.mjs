// SPDX-License-Identifier: Apache-2.0
// tap.mjs: checks that print TAP, and waiting.

let count = 0
let failures = 0

export function check(name, got, want = true) {
  const text = (value) => (Buffer.isBuffer(value) ? value.toString('hex') : JSON.stringify(value))
  const ok = text(got) === text(want)
  count++
  failures += ok ? 0 : 1
  console.log(`${ok ? 'ok' : 'not ok'} ${count} - ${name}`)
  if (!ok) console.log(`#   got  ${text(got)}\n#   want ${text(want)}`)
}

export function finish() {
  console.log(`1..${count}\n# ${count - failures} passed, ${failures} failed`)
  return failures ? 1 : 0
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// What `ask` gives as soon as it is true; false after so many milliseconds.
export async function until(ask, ms = 10000) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    const got = await ask()
    if (got) return got
  }
  return false
}
