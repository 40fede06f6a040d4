// SPDX-License-Identifier: Apache-2.0
// codec.mjs PIPE: npm iso_8583 against the platform's codec. PIPE takes framed messages in dialect A, checks form,
// presence and F64, and gives each back as it would write it itself.

import { spawn } from 'node:child_process'
import { frame, formats, pack, Splitter, tlv, unpack } from './ytap.mjs'

const KEY = Buffer.from('101112131415161718191A1B1C1D1E1F', 'hex')
const COMMON = { 11: '000003', 12: '120501', 13: '0901', 41: '40010007', 42: 'YKT300100000042' }
const tsn = tlv({ DF01: '0000000000989683' })
const original = tsn + tlv({ DF02: '0000000000989682' })
const card = { 2: '6230001000012345678', 22: '072', 23: '001', 49: '156' }

const requests = {
  hello: {
    0: '0800', ...COMMON, 60: '00000001801',
    62: tlv({ DF10: '0102', DF11: 'A0A1A2A3A4A5A6A7A8A9AAABACADAEAF', DF12: '100020000123', DF13: '01', DF14: '4A53' }),
  },
  'sign-in': {
    0: '0800', ...COMMON, 60: '00000001802', 63: '001',
    62: tlv({ DF10: '0102', DF15: 'B0'.repeat(16), DF17: 'C0'.repeat(16) }),
  },
  echo: { 0: '0800', ...COMMON, 60: '00000731301' },
  status: { 0: '0800', ...COMMON, 60: '00000731831', 62: tlv({ DF78: '00' }) },
  purchase: { 0: '0200', ...COMMON, ...card, 3: '000000', 4: '000000001250', 25: '00', 57: tsn, 60: '22000731000' },
  'purchase repeat': { 0: '0201', ...COMMON, ...card, 3: '000000', 4: '000000001250', 25: '00', 57: tsn, 60: '22000731000' },
  void: { 0: '0200', ...COMMON, ...card, 3: '200000', 4: '000000001250', 25: '00', 57: original, 60: '23000731000' },
  refund: { 0: '0220', ...COMMON, ...card, 3: '200000', 4: '000000000050', 25: '00', 57: original, 60: '25000731000', 63: '9' },
  balance: { 0: '0200', ...COMMON, 2: card[2], 3: '310000', 22: '072', 25: '00', 57: tsn, 60: '01000731000' },
  'top-up': { 0: '0200', ...COMMON, ...card, 3: '630000', 4: '000000010000', 25: '91', 57: tsn, 60: '46000731000' },
  reversal: {
    0: '0400', ...COMMON, ...card, 3: '000000', 4: '000000001250', 25: '00', 39: '98', 57: original, 60: '22000731000',
    61: '0007310000030901',
  },
  upload: { 0: '0320', ...COMMON, 60: '00000731201', 62: tlv({ DF70: '00000000000001F5' }) + 'C160' + '5A'.repeat(96) },
  settlement: { 0: '0500', ...COMMON, 60: '00000731201', 62: tlv({ DF73: '00000000' }) },
}

// Messages that must come back as a refusal, and its name.
const without = (fields, n) => Object.fromEntries(Object.entries(fields).filter(([key]) => key !== String(n)))
const refusals = {
  'no amount': [pack(without(requests.purchase, 4), KEY), 'ISO8583_MISSING'],
  'F39 in a purchase': [pack({ ...requests.purchase, 39: '00' }, KEY), 'ISO8583_FORBIDDEN'],
  'unknown transaction': [pack({ ...requests.purchase, 60: '99000731000' }, KEY), 'ISO8583_VALUE'],
  'field 5': [pack({ ...requests.purchase, 5: '000000000001' }, KEY), 'ISO8583_BROKEN'],
  'field 70': [pack({ ...requests.echo, 70: '301' }, KEY), 'ISO8583_BROKEN'],
  'wrong F64': [pack(requests.purchase, Buffer.alloc(16)), 'FRONT_MAC_WRONG'],
  'cut off': [pack(requests.purchase, KEY).subarray(0, 60), 'ISO8583_BROKEN'],
}

let count = 0
let failures = 0
function point(name, fault) {
  count++
  failures += fault ? 1 : 0
  console.log(`${fault ? 'not ok' : 'ok'} ${count} - ${name}`)
  if (fault) console.log(`#   ${fault}`)
}

function difference(got, want) {
  const keys = [...new Set([...Object.keys(got), ...Object.keys(want)])]
  const wrong = keys.filter((key) => got[key] !== want[key])
  return wrong.map((key) => `field ${key}: got ${got[key]}, want ${want[key]}`).join('; ')
}

const pipe = spawn(process.argv[2], [KEY.toString('hex')], { stdio: ['pipe', 'pipe', 'inherit'] })
const splitter = new Splitter()
const waiting = []
pipe.stdout.on('data', (bytes) => splitter.push(bytes).forEach((message) => waiting.shift()(message)))
pipe.on('error', (error) => point('the pipe runs', error.message))
const ended = new Promise((resolve) => pipe.on('close', resolve))

const ask = (message) =>
  new Promise((resolve, reject) => {
    waiting.push(resolve)
    ended.then((status) => reject(new Error(`the pipe ended with ${status}`)))
    pipe.stdin.write(frame(message))
  })

for (const [name, fields] of Object.entries(requests)) {
  const key = name === 'hello' ? null : KEY
  try {
    const answer = await ask(pack(fields, key))
    point(`${name} comes back as it was sent`, difference(unpack(answer, key), fields))
  } catch (error) {
    point(`${name} comes back as it was sent`, error.message)
  }
}
for (const [name, [message, want]] of Object.entries(refusals)) {
  const answer = (await ask(message)).toString('utf8')
  point(`${name} is refused`, answer.startsWith(`!${want} `) ? '' : `got ${answer}`)
}
point('the table names the message MAC', formats[64].Label === 'message MAC' ? '' : JSON.stringify(formats[64]))
pipe.stdin.end()
point('the pipe ends well', (await ended) === 0 ? '' : 'it did not')
console.log(`1..${count}`)
process.exit(failures ? 1 : 0)
