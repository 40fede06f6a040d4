// SPDX-License-Identifier: Apache-2.0
// check.mjs PIPE: certificate requests, answers and RSA operations of ours against arithmetic of BigInt and the crypto
// that comes with Node.js. The layouts are written out here a second time, from the specification.

import { spawnSync } from 'node:child_process'
import { constants, createHash, createPrivateKey, createPublicKey, privateDecrypt, privateEncrypt, publicDecrypt,
  publicEncrypt, verify } from 'node:crypto'

const TEXT = Buffer.from('message digest')
const IIN = Buffer.from('62258800', 'hex')
const EXP = Buffer.from('1230', 'hex')
const TRK = Buffer.from('000123', 'hex')
const IDX = Buffer.from('000001', 'hex')
const SN = Buffer.from('0A0B0C', 'hex')
const SERVICE = { visa: '10100000', unionpay: '01010000' }

let count = 0
let failures = 0
function check(name, got, want = true) {
  const text = (value) => (Buffer.isBuffer(value) ? value.toString('hex') : JSON.stringify(value))
  const ok = text(got) === text(want)
  count++
  failures += ok ? 0 : 1
  console.log(`${ok ? 'ok' : 'not ok'} ${count} - ${name}`)
  if (!ok) console.log(`#   got  ${text(got)}\n#   want ${text(want)}`)
}

// --- arithmetic ---

const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`)
const bytesOf = (value, size) => Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex')
function power(base, exponent, modulus) {
  let result = 1n
  for (let b = base % modulus; exponent; exponent >>= 1n, b = (b * b) % modulus)
    if (exponent & 1n) result = (result * b) % modulus
  return result
}
const recover = (bytes, n, e) => bytesOf(power(number(bytes), e, number(n)), n.length)
const sha1 = (...parts) => createHash('sha1').update(Buffer.concat(parts)).digest()
const byte = (...values) => Buffer.from(values)

function run(pipe, args) {
  const done = spawnSync(pipe, args, { encoding: 'utf8', maxBuffer: 1 << 24 })
  if (done.status !== 0) throw new Error(`${pipe} ended with ${done.status}: ${done.stderr}`)
  return Object.fromEntries(done.stdout.trim().split('\n').map((line) => {
    const [name, hex] = line.split(' ')
    return [name, Buffer.from(hex, 'hex')]
  }))
}

// --- RSA ---

function checkRsa(v, e) {
  const n = v['issuer-n']
  const key = createPrivateKey({ key: v.pkcs8, format: 'der', type: 'pkcs8' })
  const pub = createPublicKey({ key: v.info, format: 'der', type: 'spki' })
  const raw = { padding: constants.RSA_NO_PADDING }
  check('raw private is undone by BigInt', recover(v['raw-private'], n, e), v.block)
  check('raw public is what BigInt makes', v['raw-public'], recover(v.block, n, e))
  check('raw private is what Node makes', v['raw-private'], privateEncrypt({ key, ...raw }, v.block))
  check('raw private is undone by Node', publicDecrypt({ key: pub, ...raw }, v['raw-private']), v.block)
  check('raw public is what Node makes', v['raw-public'], publicEncrypt({ key: pub, ...raw }, v.block))
  check('PKCS#1 verifies', verify('sha256', TEXT, pub, v['signed-pkcs1']))
  const pss = { key: pub, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  check('PSS verifies', verify('sha256', TEXT, pss, v['signed-pss']))
  for (const oaepHash of ['sha1', 'sha256'])
    check(`OAEP of ${oaepHash} opens`, privateDecrypt({ key, oaepHash }, v[`oaep-${oaepHash}`]), TEXT)
}

// --- requests ---

const exponentOf = (e) => (e === 3n ? byte(3) : byte(1, 0, 1))

function openPart(scheme, n, e) {
  const ni = byte(n.length)
  const el = byte(e.length)
  if (scheme === 'visa') return [byte(0x22), ni, n, el, e, TRK]
  if (scheme === 'unionpay') return [byte(0x22, 0x01), ni, n, el, e, TRK]
  if (scheme === 'mastercard') return [IIN, IDX, byte(1), ni, el, n, e]
  return [byte(0x22), IIN, EXP, TRK, byte(1), ni, n, el, e]
}

function signedPart(scheme, n, e) {
  const sizes = byte(1, 1, n.length, e.length)
  if (scheme in SERVICE)
    return [byte(0x23), Buffer.from(SERVICE[scheme], 'hex'), byte(2), IIN, EXP, TRK, sizes,
      n.subarray(0, n.length - 39 - e.length), e]
  return [byte(0x6a, scheme === 'mastercard' ? 0x11 : 0x23), IIN, EXP, TRK, sizes, n.subarray(0, n.length - 36)]
}

function hashOf(scheme, form, plain, signed, n, e) {
  if (scheme === 'mastercard') return sha1(byte(0x11), IIN, EXP, TRK, byte(1, 1, n.length, e.length), n, e)
  return form === 'b' || scheme === 'generic' ? sha1(plain, signed) : sha1(signed)
}

function checkRequest(v, profile, n, e) {
  const [scheme, form] = profile.split('-')
  const eBytes = exponentOf(e)
  const plain = Buffer.concat(openPart(scheme, n, eBytes))
  const signed = Buffer.concat(signedPart(scheme, n, eBytes))
  const hash = hashOf(scheme, form, plain, signed, n, eBytes)
  const file = v[`${profile}.request`]
  check(`${profile}: the open part`, file.subarray(0, plain.length), plain)
  check(`${profile}: the length`, file.length, plain.length + n.length)
  const tail = scheme in SERVICE ? [] : [byte(0xbc)]
  check(`${profile}: the self-signature`, recover(file.subarray(plain.length), n, e),
    Buffer.concat([signed, hash, ...tail]))
  const wanted = scheme === 'mastercard' ? Buffer.concat([IIN, IDX, byte(1), hash])
    : Buffer.from(hash.toString('hex').toUpperCase())
  check(`${profile}: the hash file`, v[`${profile}.hash-file`], wanted)
}

// --- answers ---

function checkAnswer(v, profile, ca, n, e) {
  const [scheme] = profile.split('-')
  const eBytes = exponentOf(e)
  const rest = n.subarray(ca.length - 36)
  const file = v[`${profile}.answer`]
  const service = scheme in SERVICE ? [Buffer.from(SERVICE[scheme], 'hex')] : []
  const plain = Buffer.concat(scheme === 'mastercard' ? [IIN, IDX, byte(0xf1), rest, eBytes]
    : [byte(0x24), ...service, IIN, SN, EXP, byte(rest.length), rest, byte(eBytes.length), eBytes, byte(0xf1)])
  check(`${profile}: the answer's open part`, file.subarray(0, plain.length), plain)
  const certificate = file.subarray(plain.length, plain.length + ca.length)
  const clear = recover(certificate, ca, 3n)
  const inside = n.subarray(0, ca.length - 36)
  const body = Buffer.concat([byte(2), IIN, EXP, SN, byte(1, 1, n.length, eBytes.length), inside,
    Buffer.alloc(ca.length - 36 - inside.length, 0xbb)])
  check(`${profile}: the certificate`, clear,
    Buffer.concat([byte(0x6a), body, sha1(body, rest, eBytes), byte(0xbc)]))
  const detached = file.subarray(plain.length + ca.length)
  if (!(scheme in SERVICE)) return check(`${profile}: nothing behind it`, detached.length, 0)
  const mark = scheme === 'visa' ? Buffer.from('3021300906052B0E03021A05000414', 'hex') : byte(1)
  const fill = Buffer.alloc(ca.length - 3 - mark.length - 20, 0xff)
  check(`${profile}: the detached signature`, recover(detached, ca, 3n),
    Buffer.concat([byte(0, 1), fill, byte(0), mark, sha1(plain, clear)]))
}

// Just enough of XML 1.0 to see that elements close and attributes are quoted.
function elements(text) {
  const found = []
  const open = []
  const form = /\s*(?:<\?xml [^?<>]*\?>|<(\w+)((?: \w+="[^"<>]*")*)(\/?)>|<\/(\w+)>|([^<>\s][^<>]*))/y
  for (let at = 0; at < text.trimEnd().length; at = form.lastIndex) {
    form.lastIndex = at
    const match = form.exec(text)
    if (!match) throw new Error(`not XML at ${at}: ${text.slice(at, at + 40)}`)
    if (match[1]) found.push({ name: match[1], attributes: match[2].trim(), text: '' })
    if (match[1] && !match[3]) open.push(found.at(-1))
    if (match[4] && open.pop()?.name !== match[4]) throw new Error(`${match[4]} closes what is not open`)
    if (match[5]) open.at(-1).text += match[5]
  }
  if (open.length) throw new Error('an element is left open')
  return found
}

function checkXml(v, profile, ca, n) {
  const all = elements(v[`${profile}.xml`].toString('utf8'))
  const tag = (id) => all.find((e) => e.attributes === `id="${id}"`)?.text
  const rest = n.subarray(ca.length - 36)
  check(`${profile}: XML names issuer and scheme`, all[0].attributes,
    `issuer="A&amp;B &lt;&quot;C&quot;&gt;" scheme="${profile}" rid="A000000999" caIndex="F1"`)
  const file = v[`${profile}.answer`].toString('hex').toUpperCase()
  check(`${profile}: XML has the certificate of the answer`, file.includes(tag('90')) && tag('90').length, 2 * ca.length)
  check(`${profile}: XML has the remainder`, tag('92') ?? '', rest.toString('hex').toUpperCase())
}

for (const [ca, issuer, exponent] of [['1152', '1024', '3'], ['1408', '1408', '65537'], ['1984', '1408', '3']]) {
  console.log(`# issuer ${issuer} bits with exponent ${exponent} under a CA of ${ca}`)
  try {
    const v = run(process.argv[2], [ca, issuer, exponent])
    checkRsa(v, BigInt(exponent))
    for (const profile of ['visa', 'visa-b', 'unionpay', 'unionpay-b', 'mastercard', 'generic']) {
      checkRequest(v, profile, v['issuer-n'], BigInt(exponent))
      checkAnswer(v, profile, v['ca-n'], v['issuer-n'], BigInt(exponent))
      checkXml(v, profile, v['ca-n'], v['issuer-n'])
    }
  } catch (error) {
    check(error.message, false)
  }
}
console.log(`1..${count}`)
process.exit(failures ? 1 : 0)
