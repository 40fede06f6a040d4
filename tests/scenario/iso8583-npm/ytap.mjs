// SPDX-License-Identifier: Apache-2.0
// ytap.mjs — YTAP/1 in dialect A for a script: messages by npm iso_8583, CMAC by node:crypto, TLV and frames by hand.

import { createCipheriv } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import Iso8583 from 'iso_8583'

const exporter = fileURLToPath(new URL('../../../tools/ytap_export.py', import.meta.url))
// The library's own table knows neither our private fields nor LLLLVAR in F62: the platform's table replaces it.
export const formats = JSON.parse(execFileSync('python3', [exporter, 'npm'], { encoding: 'utf8' }))

const MAC_CHARS = 16
const MAC_FIELD = '64'

// RFC 4493, AES-128.
export function cmac(key, data) {
  const cbc = createCipheriv('aes-128-cbc', key, Buffer.alloc(16))
  const block = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const k1 = doubled(block.update(Buffer.alloc(16)))
  const whole = data.length > 0 && data.length % 16 === 0
  const sub = whole ? k1 : doubled(k1)
  const padded = whole ? Buffer.from(data) : Buffer.concat([data, Buffer.from([0x80])])
  const message = Buffer.concat([padded, Buffer.alloc((16 - (padded.length % 16)) % 16)])
  const last = message.length - 16
  for (let i = 0; i < 16; i++) message[last + i] ^= sub[i]
  return cbc.setAutoPadding(false).update(message).subarray(last)
}

function doubled(block) {
  const out = Buffer.alloc(16)
  for (let i = 0; i < 16; i++) out[i] = (block[i] << 1) | (i < 15 ? block[i + 1] >> 7 : 0)
  if (block[0] & 0x80) out[15] ^= 0x87
  return out
}

const f64 = (key, data) => cmac(key, data).subarray(0, 8).toString('hex').toUpperCase()

function failed(what, got) {
  if (got && got.error) throw new Error(`${what}: ${got.error}`)
  return got
}

// Fields by number as text, '0' the MTI; bytes as upper-case hex. With a key the message ends in F64.
export function pack(fields, key) {
  const message = key ? { ...fields, [MAC_FIELD]: '0'.repeat(MAC_CHARS) } : { ...fields }
  const packed = Buffer.from(failed('pack', new Iso8583(message, formats).getRawMessage()))
  if (key) {
    const end = packed.length - MAC_CHARS
    packed.write(f64(key, packed.subarray(0, end)), end, 'latin1')
  }
  return packed
}

// The fields of a message; with a key F64 must be there and right. F64 itself is left out.
export function unpack(message, key) {
  const fields = failed('unpack', new Iso8583({}, formats).getIsoJSON(message, { lenHeader: false }))
  const mac = fields[MAC_FIELD]
  delete fields[MAC_FIELD]
  if (key && mac !== f64(key, message.subarray(0, message.length - MAC_CHARS)))
    throw new Error(`F64 of ${fields[0]} with code ${fields[39]} is ${mac ?? 'missing'}`)
  return fields
}

export function frame(message) {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(message.length)
  return Buffer.concat([head, message])
}

// Bytes as they come; gives whole messages.
export class Splitter {
  #held = Buffer.alloc(0)

  push(bytes) {
    const messages = []
    this.#held = Buffer.concat([this.#held, bytes])
    while (this.#held.length >= 2 && this.#held.length >= 2 + this.#held.readUInt16BE(0)) {
      const end = 2 + this.#held.readUInt16BE(0)
      messages.push(this.#held.subarray(2, end))
      this.#held = this.#held.subarray(end)
    }
    return messages
  }
}

// { DF01: 'hex', … } both ways; values below 128 bytes are all a script needs to write.
export function tlv(tags) {
  return Object.entries(tags)
    .map(([tag, value]) => tag + (value.length / 2).toString(16).padStart(2, '0') + value)
    .join('')
    .toUpperCase()
}

export function untlv(hex) {
  const bytes = Buffer.from(hex ?? '', 'hex')
  const tags = {}
  for (let at = 0; at < bytes.length; ) {
    const wide = (bytes[at] & 0x1f) === 0x1f ? 2 : 1
    const tag = bytes.toString('hex', at, at + wide).toUpperCase()
    let len = bytes[at + wide]
    at += wide + 1
    if (len > 0x80)
      for (let more = len & 0x7f, n = (len = 0); n < more; n++) len = len * 256 + bytes[at++]
    tags[tag] = bytes.toString('hex', at, at + len).toUpperCase()
    at += len
  }
  return tags
}
