// SPDX-License-Identifier: Apache-2.0
// keyblock.mjs PIPE: key blocks against a second implementation on Node's crypto: derivation, CMAC and CBC are
// computed here, blocks of ours are opened here, blocks made here are opened by ours, and changed ones are not.

import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const AIV = Buffer.from('A65959A6', 'hex') // RFC 5649 3
const hex = (bytes) => bytes.toString('hex').toUpperCase()
const round = (n, unit) => Math.ceil(n / unit) * unit

// A block cipher by name; TDES always with three keys.
function cipher(letter, key, mode) {
  const size = { A: `aes-${key.length * 8}`, T: 'des-ede3', 4: 'sm4' }[letter]
  const long = letter === 'T' && key.length === 16 ? Buffer.concat([key, key.subarray(0, 8)]) : key
  return [mode === 'ecb' && letter === 'T' ? size : `${size}-${mode}`, long]
}

function run(make, [name, key], iv, data) {
  const c = make(name, key, iv)
  c.setAutoPadding(false)
  return Buffer.concat([c.update(data), c.final()])
}
const ecb = (letter, key, data) => run(createCipheriv, cipher(letter, key, 'ecb'), null, data)
const encrypt = (letter, key, iv, data) => run(createCipheriv, cipher(letter, key, 'cbc'), iv, data)
const decrypt = (letter, key, iv, data) => run(createDecipheriv, cipher(letter, key, 'cbc'), iv, data)

// SP 800-38B over numbers of any length
function cmac(letter, key, data) {
  const size = letter === 'T' ? 8 : 16
  const bits = BigInt(size * 8)
  const number = (b) => BigInt(`0x${b.toString('hex')}`)
  const bytes = (n) => Buffer.from(n.toString(16).padStart(2 * size, '0'), 'hex')
  const double = (n) => ((n << 1n) & ((1n << bits) - 1n)) ^ (n >> (bits - 1n) ? (size === 8 ? 0x1bn : 0x87n) : 0n)
  const k1 = double(number(ecb(letter, key, Buffer.alloc(size))))
  const whole = data.length > 0 && data.length % size === 0
  const padded = whole ? data : Buffer.concat([data, Buffer.from([0x80]), Buffer.alloc(round(data.length + 1, size) - data.length - 1)])
  let state = 0n
  for (let at = 0; at < padded.length; at += size) {
    const last = at + size === padded.length
    const block = number(padded.subarray(at, at + size)) ^ (last ? (whole ? k1 : double(k1)) : 0n)
    state = number(ecb(letter, key, bytes(state ^ block)))
  }
  return bytes(state)
}

// X9.143 7.2 and keys 4: counter, usage, 00, algorithm, bits
function derive(letter, key, use) {
  const code = { T16: 0, T24: 1, A16: 2, A24: 3, A32: 4, 416: 0x8004 }[letter + key.length]
  const out = []
  for (let counter = 1; Buffer.concat(out).length < key.length; counter++) {
    const input = Buffer.alloc(8)
    input[0] = counter
    input.writeUInt16BE(use, 1)
    input.writeUInt16BE(code, 4)
    input.writeUInt16BE(key.length * 8, 6)
    out.push(cmac(letter, key, input))
  }
  return Buffer.concat(out).subarray(0, key.length)
}

const forms = {
  A: { letter: 'T', block: 8, mac: 4, variant: true },
  B: { letter: 'T', block: 8, mac: 8 },
  C: { letter: 'T', block: 8, mac: 4, variant: true },
  D: { letter: 'A', block: 16, mac: 16 },
  3: { letter: 'A', block: 16, mac: 16, wrapped: true },
  4: { letter: '4', block: 16, mac: 16 },
}

function keysOf(version, protection) {
  const { letter, variant } = forms[version]
  if (variant) return ['E', 'M'].map((c) => Buffer.from(protection.map((b) => b ^ c.charCodeAt(0))))
  return [derive(letter, protection, 0), derive(letter, protection, 1)]
}

function wrapped(make, protection, data) {
  const kwk = derive('A', protection, 0x8000)
  const c = make(`id-aes${kwk.length * 8}-wrap-pad`, kwk, AIV)
  return Buffer.concat([c.update(data), c.final()])
}

function mac(version, kbak, data) {
  const { letter, mac: size, variant } = forms[version]
  return (variant ? encrypt('T', kbak, Buffer.alloc(8), data).subarray(-8) : cmac(letter, kbak, data)).subarray(0, size)
}

// Take a block apart and open it; throws when anything is wrong.
function open(protection, block) {
  const version = block[0]
  const form = forms[version]
  if (Number(block.slice(1, 5)) !== block.length) throw new Error('length')
  let head = 16
  for (let n = Number(block.slice(12, 14)); n; n--) head += parseInt(block.slice(head + 2, head + 4), 16)
  if (head % form.block) throw new Error('optional blocks are not whole cipher blocks')
  const [kbek, kbak] = keysOf(version, protection)
  const tag = Buffer.from(block.slice(-2 * form.mac), 'hex')
  const body = Buffer.from(block.slice(head, -2 * form.mac), 'hex')
  const text = Buffer.from(block.slice(0, head))
  const clear = form.wrapped ? body : decrypt(form.letter, kbek, form.variant ? text.subarray(0, 8) : tag, body)
  const over = form.variant ? body : clear
  if (!mac(version, kbak, Buffer.concat([text, over])).equals(tag)) throw new Error('MAC')
  if (form.wrapped) return { key: wrapped(createDecipheriv, protection, body), head, body }
  return { key: clear.subarray(2, 2 + clear.readUInt16BE(0) / 8), head, body }
}

// Make a block: options whole already, pad up to the next cipher block and some more.
function seal(version, protection, fields, options, key) {
  const form = forms[version]
  const [kbek, kbak] = keysOf(version, protection)
  const used = 2 + key.length
  const length = Buffer.alloc(2)
  length.writeUInt16BE(key.length * 8)
  const pad = randomBytes(round(used, form.block) - used + form.block * randomInt(3))
  const clear = form.wrapped ? wrapped(createCipheriv, protection, key) : Buffer.concat([length, key, pad])
  const total = 16 + options.text.length + 2 * (clear.length + form.mac)
  const head = version + String(total).padStart(4, '0') + fields.slice(0, 7) + String(options.count).padStart(2, '0') +
    fields.slice(7) + options.text
  const text = Buffer.from(head)
  if (form.variant) {
    const body = encrypt('T', kbek, text.subarray(0, 8), clear)
    return head + hex(body) + hex(mac(version, kbak, Buffer.concat([text, body])))
  }
  const tag = mac(version, kbak, Buffer.concat([text, clear]))
  return head + hex(form.wrapped ? clear : encrypt(form.letter, kbek, tag, clear)) + hex(tag)
}

const pipe = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: pipe.stdout })[Symbol.asyncIterator]()
async function ask(...words) {
  pipe.stdin.write(`${words.join(' ')}\n`)
  return (await lines.next()).value
}

let count = 0
let failures = 0
function point(name, fault) {
  count++
  failures += fault ? 1 : 0
  console.log(`${fault ? 'not ok' : 'ok'} ${count} - ${name}`)
  if (fault) console.log(`#   ${fault}`)
}

function attempt(what) {
  try {
    return what()
  } catch (error) {
    return { fault: error.message }
  }
}

const protections = [['A', 16], ['A', 24], ['B', 16], ['B', 24], ['C', 16], ['C', 24], ['D', 16], ['D', 24], ['D', 32], ['4', 16], ['3', 32], ['3', 16]]
const keys = [
  ['20', 'T', 'X', 16], ['K0', 'T', 'B', 24], ['K1', 'A', 'B', 32], ['P0', 'A', 'E', 16], ['51', '4', 'X', 16],
  ['D0', 'D', 'D', 8], ['M7', 'H', 'C', 33], ['S0', 'R', 'S', 1192], ['S0', 'R', 'S', 2349], ['S1', '2', 'S', 121],
]
const labels = [[], ['LB=DPK-CAMPUS01'], ['KP=01CC00BBC79C', 'KC=00D2B91C', 'LB=x'], [`LB=${'long'.repeat(60)}`, 'TC=20261122T101500Z']]
const whole = [{ text: '', count: 0 }, { text: 'KP1001CC00BBC79C', count: 1 }, { text: 'LB14DPK-CAMPUS-00001PB0Cabcdefgh', count: 2 }]
const nibble = (c) => (parseInt(c, 16) ^ 1).toString(16).toUpperCase()

// Blocks of ours, opened here: key, hidden length, header.
for (const [version, size] of protections.filter(([v]) => !forms[v].variant)) {
  let fault = ''
  for (const [usage, algorithm, mode, length] of keys) {
    for (const options of labels) {
      const protection = randomBytes(size)
      const key = randomBytes(length)
      const block = await ask('seal', version, hex(protection), usage, algorithm, mode, '01', 'N', '1', hex(key), ...options)
      const got = attempt(() => open(protection, block))
      const least = { T: 24, D: 24, A: 32, 4: 32 }[algorithm] ?? 1
      const body = forms[version].wrapped ? round(length, 8) + 8 : round(2 + Math.max(length, least), forms[version].block)
      if (got.fault || !got.key.equals(key)) fault = `${block}: ${got.fault ?? 'another key'}`
      else if (got.body.length !== body) fault = `${block}: a body of ${got.body.length}, not ${body}`
      else if (block.slice(5, 12) !== `${usage}${algorithm}${mode}01N` || block.slice(14, 16) !== '10') fault = `${block}: header`
      else if (options.some((o) => !block.slice(16, got.head).includes(o.replace('=', (o.length + 1).toString(16).padStart(2, '0').toUpperCase())))) fault = `${block}: options`
    }
  }
  point(`version ${version} under ${size} bytes: ours open here`, fault)
}

// Blocks made here, opened by ours, and not with a digit of the body, of the MAC or a letter of the header changed.
for (const [version, size] of protections) {
  let fault = ''
  for (const [usage, algorithm, mode, length] of keys) {
    for (const options of whole) {
      const protection = randomBytes(size)
      const key = randomBytes(length)
      const block = seal(version, protection, `${usage}${algorithm}${mode}00E00`, options, key)
      const got = await ask('open', hex(protection), block)
      if (got !== hex(key)) fault = `${block}: ${got}`
      for (const at of [16 + options.text.length + randomInt(8), block.length - 1 - randomInt(8)]) {
        const changed = block.slice(0, at) + nibble(block[at]) + block.slice(at + 1)
        const answer = await ask('open', hex(protection), changed)
        if (answer !== '!KEYBLOCK_MAC') fault = `changed at ${at}: ${changed}: ${answer}`
      }
      const answer = await ask('open', hex(protection), `${block.slice(0, 11)}S${block.slice(12)}`)
      if (answer !== '!KEYBLOCK_MAC') fault = `exportability changed: ${block}: ${answer}`
    }
  }
  point(`version ${version} under ${size} bytes: those made here open there, changed ones do not`, fault)
}

pipe.stdin.end()
console.log(`1..${count}`)
process.exitCode = failures ? 1 : 0
