// SPDX-License-Identifier: Apache-2.0
// seal.mjs PIPE: sealed entry against the functions a browser has (WebCrypto), both ways. PIPE opens and makes sealed
// texts with the platform's own code.

import { spawn } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline'

const { subtle } = webcrypto
const CURVE = { name: 'ECDH', namedCurve: 'P-256' }
const POINT = 65
const NONCE = 12
const AAD = Buffer.from('lmk.component')
const hex = (bytes) => Buffer.from(bytes).toString('hex').toUpperCase()
const concat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))

let count = 0
let failures = 0
function check(name, got, want) {
  const ok = got === want
  count++
  failures += ok ? 0 : 1
  console.log(`${ok ? 'ok' : 'not ok'} ${count} - ${name}`)
  if (!ok) console.log(`#   got  ${got}\n#   want ${want}`)
}

const newPair = () => subtle.generateKey(CURVE, false, ['deriveBits'])
const rawPoint = async (pair) => Buffer.from(await subtle.exportKey('raw', pair.publicKey))

async function textKey(mine, theirs, epk, recipient, use) {
  const point = await subtle.importKey('raw', theirs, CURVE, false, [])
  const shared = await subtle.deriveBits({ name: 'ECDH', public: point }, mine, 256)
  const secret = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: concat(epk, recipient), info: Buffer.from('YIKA-SEAL-1') }
  return subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, [use])
}

async function seal(recipient, aad, text) {
  const pair = await newPair()
  const epk = await rawPoint(pair)
  const nonce = webcrypto.getRandomValues(new Uint8Array(NONCE))
  const key = await textKey(pair.privateKey, recipient, epk, recipient, 'encrypt')
  return concat(epk, nonce, await subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aad }, key, text))
}

async function open(pair, aad, sealed) {
  const epk = sealed.subarray(0, POINT)
  const nonce = sealed.subarray(POINT, POINT + NONCE)
  const key = await textKey(pair.privateKey, epk, epk, await rawPoint(pair), 'decrypt')
  const gcm = { name: 'AES-GCM', iv: nonce, additionalData: aad }
  return Buffer.from(await subtle.decrypt(gcm, key, sealed.subarray(POINT + NONCE)))
}

const pipe = spawn(process.argv[2], [], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: pipe.stdout })[Symbol.asyncIterator]()
const ended = new Promise((resolve) => pipe.on('close', resolve))
const next = async () => (await lines.next()).value
const ask = (...words) => {
  pipe.stdin.write(words.map((word) => (typeof word === 'string' ? word : hex(word))).join(' ') + '\n')
  return next()
}

const recipient = Buffer.from(await next(), 'hex')
const browser = await newPair()
const texts = ['', '0F1E 2D3C 4B5A 6978 B8', '口令 12345678', 'x'.repeat(4096)].map((text) => Buffer.from(text))

for (const text of texts) {
  const sealed = await seal(recipient, AAD, text)
  check(`${text.length} bytes sealed by the browser are read`, await ask('open', AAD, sealed), hex(text))
  const answer = Buffer.from(await ask('make', AAD, await rawPoint(browser), text), 'hex')
  check(`${text.length} bytes sealed for the browser are read there`, hex(await open(browser, AAD, answer)), hex(text))
}

const sealed = await seal(recipient, AAD, texts[1])
for (const [name, at] of Object.entries({ point: 40, nonce: 70, text: 80, tag: sealed.length - 1 })) {
  const changed = Buffer.from(sealed)
  changed[at] ^= 1
  check(`a changed ${name} is refused`, await ask('open', AAD, changed), '!SEAL_BROKEN')
}
check('another purpose is refused', await ask('open', Buffer.from('lmk.other'), sealed), '!SEAL_BROKEN')
check('a text for somebody else is refused', await ask('open', AAD, await seal(await rawPoint(browser), AAD, texts[1])),
  '!SEAL_BROKEN')
check('a point that is none is refused', await ask('make', AAD, Buffer.alloc(POINT, 4), texts[1]), '!SEAL_BROKEN')

const answer = Buffer.from(await ask('make', AAD, await rawPoint(browser), texts[1]), 'hex')
const failed = (promise) => promise.then(() => 'opened', (error) => error.name)
check('the browser refuses another purpose', await failed(open(browser, Buffer.from('x'), answer)), 'OperationError')
check('another browser reads nothing', await failed(open(await newPair(), AAD, answer)), 'OperationError')

pipe.stdin.end()
check('the pipe ends well', await ended, 0)
console.log(`1..${count}`)
process.exit(failures ? 1 : 0)
