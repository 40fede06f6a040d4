// SPDX-License-Identifier: Apache-2.0
// outside.mjs — ciphers, MACs and derivations of others: the program `openssl`, npm des.js and sm-crypto, and the few
// lines that PBOC and EMV add to them. Nothing here is the platform's.

import des from 'des.js'
import smCrypto from 'sm-crypto'
import { run, unhex, hex } from './kms.mjs'

export const { sm2, sm3, sm4 } = smCrypto

// What `openssl` prints or writes.
export function openssl(args, input) {
  const { status, stdout, stderr } = run('openssl', args, input)
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  return stdout
}

// name as `openssl enc` has it; iv null for ECB
export function encipher(name, key, iv, data, decrypt = false) {
  return openssl(['enc', decrypt ? '-d' : '-e', `-${name}`, '-nopad', '-K', hex(key), ...(iv ? ['-iv', hex(iv)] : [])], data)
}

const macOf = (args) => (data) => unhex(openssl(['mac', ...args], data).toString().trim())
export const cmac = (name, key, data) => macOf(['-cipher', name, '-macopt', `hexkey:${hex(key)}`, 'CMAC'])(data)
export const hmac = (digest, key, data) => macOf(['-digest', digest, '-macopt', `hexkey:${hex(key)}`, 'HMAC'])(data)

// SP 800-108 in counter mode, with CMAC. context in hex.
export function kbkdf(name, key, label, context, size) {
  const options = { mac: 'CMAC', cipher: name, hexkey: hex(key), salt: label, hexinfo: context }
  const args = Object.entries(options).flatMap(([option, value]) => ['-kdfopt', `${option}:${value}`])
  return unhex(openssl(['kdf', '-keylen', String(size), ...args, 'KBKDF']).toString().replace(/[^0-9A-F]/g, ''))
}

/* --- DES by des.js --- */

const make = (type, key) => (key.length === 8 ? des.DES.create({ type, key, padding: false })
  : des.EDE.create({ type, key: [...key, ...(key.length === 16 ? key.subarray(0, 8) : [])], padding: false }))

// ECB of whole blocks; 8 bytes of key are DES, 16 and 24 triple DES.
export function desEcb(type, key, data) {
  const cipher = make(type, key)
  return Buffer.from([...cipher.update([...data]), ...cipher.final()])
}

const xor = (a, b) => Buffer.from(a.map((byte, i) => byte ^ b[i]))
const invert = (data) => Buffer.from(data.map((byte) => byte ^ 0xff))
const padded = (data) => Buffer.concat([data, Buffer.from([0x80]), Buffer.alloc((15 - data.length % 8) % 8)])

export function desCbc(key, iv, data) {
  const out = []
  for (let at = 0, last = iv; at < data.length; at += 8) {
    last = desEcb('encrypt', key, xor(data.subarray(at, at + 8), last))
    out.push(last)
  }
  return Buffer.concat(out)
}

/* --- PBOC (keys 14): the rules in a few lines --- */

export const pbocChild = (root, factor) =>
  Buffer.concat([desEcb('encrypt', root, factor), desEcb('encrypt', root, invert(factor))])
export const sm4Child = (root, factor) =>
  Buffer.from(sm4.encrypt([...factor, ...invert(factor)], [...root], { padding: 'none', output: 'array' }))
// DES CBC-MAC with padding 80…, left four bytes
export const pbocMac = (key, data) => desCbc(key, Buffer.alloc(8), padded(data)).subarray(-8).subarray(0, 4)
export const fold = (key) => xor(key.subarray(0, 8), key.subarray(8))
// ISO 9797-1 algorithm 3, padding 2
export function retailMac(key, data) {
  const chained = desCbc(key.subarray(0, 8), Buffer.alloc(8), padded(data)).subarray(-8)
  return desEcb('encrypt', key.subarray(0, 8), desEcb('decrypt', key.subarray(8, 16), chained))
}

/* --- EMV (keys 16.6) --- */

// Odd parity, as EMV asks of card keys.
function withParity(key) {
  return Buffer.from(key.map((byte) => {
    const ones = (byte & 0xfe).toString(2).replaceAll('0', '').length
    return (byte & 0xfe) | (ones % 2 === 0 ? 1 : 0)
  }))
}

// pan: digits; psn: one byte. Option A.
export function emvCard(root, pan, psn) {
  const y = unhex((pan + psn).slice(-16))
  return withParity(pbocChild(root, y))
}

export function emvSession(card, atc) {
  const r = (byte) => Buffer.concat([atc, Buffer.from([byte]), Buffer.alloc(5)])
  return Buffer.concat([desEcb('encrypt', card, r(0xf0)), desEcb('encrypt', card, r(0x0f))])
}

export const emvArpc = (session, arqc, arc) => desEcb('encrypt', session, xor(arqc, Buffer.concat([arc, Buffer.alloc(6)])))

/* --- SM2 --- */

const SPKI = unhex('3059301306072A8648CE3D020106082A811CCF5501822D034200')

// x ‖ y as a public key that openssl reads
export function sm2Pem(point) {
  const der = Buffer.concat([SPKI, Buffer.from([4]), point])
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PUBLIC KEY-----\n`
}
export const spkiPem = (der) =>
  `-----BEGIN PUBLIC KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PUBLIC KEY-----\n`
