// SPDX-License-Identifier: Apache-2.0
// parts.mjs PART_PIPE: what the service does not offer by itself (key derivation of any label, HMAC-SM3, shares of a master
// key), behind a pipe, against openssl, sm-crypto and npm shamir-secret-sharing (keys 20.2).

import { spawn } from 'node:child_process'
import { createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { combine, split } from 'shamir-secret-sharing'
import { check, done, hex, unhex } from './kms.mjs'
import { cmac, hmac, kbkdf, openssl, sm3 } from './outside.mjs'

const pipe = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: pipe.stdout })[Symbol.asyncIterator]()
async function ask(...words) {
  pipe.stdin.write(words.map((word) => (word instanceof Uint8Array ? hex(word) : String(word))).join(' ') + '\n')
  return (await lines.next()).value
}

const AES = unhex('000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F')
const SM4 = unhex('0123456789ABCDEFFEDCBA9876543210')
const LMK = 'F296F0973E1EBAA64656E5F4839221309FBF1B3F97B793BF6040E4C068486C70'
const SHARES = [
  'FD88DDAB7544D3DEC1C040404040C0C09FAE390CD3E2F5C8E8D94E7BA495828F01',
  'ECAAAAEFA8AA68565361B4871E2DF8CB9F9D5F591F1D5F516B69ABADEBE9AB9502',
  'E3B487D3E3F0012ED4F71133DDFF193B9F8C7D6A5B483926E3F001162734456A03',
]

async function derivations() {
  const ctx = Buffer.from('ctx')
  check('TV-16', await ask('kdf', 'A', AES, 'label', ctx, 32), 'BEC8239282EF72871D376C9B0E49E0422E16E46972091525295C91FA70EFF281')
  check('TV-16, openssl kdf', hex(kbkdf('AES-256-CBC', AES, 'label', hex(ctx), 32)), 'BEC8239282EF72871D376C9B0E49E0422E16E46972091525295C91FA70EFF281')
  check('TV-17', await ask('kdf', '4', SM4, 'label', ctx, 16), 'DEA9A23594B14AD60D9E277ECE8C0DA4')
  check('TV-17, openssl kdf', hex(kbkdf('SM4-CBC', SM4, 'label', hex(ctx), 16)), 'DEA9A23594B14AD60D9E277ECE8C0DA4')
  const sorts = [['A', 'AES-128-CBC', 16], ['A', 'AES-192-CBC', 24], ['A', 'AES-256-CBC', 32], ['4', 'SM4-CBC', 16]]
  for (const [letter, name, size] of sorts)
    for (const length of [8, 16, 24, 32, 64]) {
      const [key, context] = [randomBytes(size), randomBytes(1 + length)]
      check(`${length} bytes by ${name}, openssl kdf`, await ask('kdf', letter, key, 'OC1:MAC', context, length),
        hex(kbkdf(name, key, 'OC1:MAC', hex(context), length)))
    }
}

// Master keys of SM4 link the audit by it.
async function hmacs() {
  check('TV-14', await ask('hmac-sm3', SM4, Buffer.from('abc')), '28D8A61BE67D8BF7652C4EDA7092B612F88BE62184F55005C57DDF076E764199')
  check('TV-14, SM4-CMAC of openssl', hex(cmac('SM4-CBC', SM4, Buffer.from('abc'))), '8E75238AC2672A6AEE408C1E251854D8')
  for (const size of [16, 32, 64, 65, 100]) {
    const [key, data] = [randomBytes(size), randomBytes(3 * size)]
    const ours = await ask('hmac-sm3', key, data)
    check(`HMAC-SM3 with a key of ${size} bytes, openssl`, ours, hex(hmac('SM3', key, data)))
    if (size <= 64) check('sm-crypto', ours, sm3([...data], { key: hex(key) }).toUpperCase())
  }
  check('TV-12, openssl', hex(openssl(['dgst', '-sm3', '-binary'], Buffer.from('abcd'.repeat(16)))), 'DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732')
}

const bytes = (text) => Uint8Array.from(unhex(text))

async function shares() {
  for (const [a, b] of [[0, 1], [1, 2], [2, 0]]) {
    check('TV-35 by shamir-secret-sharing', hex(await combine([bytes(SHARES[a]), bytes(SHARES[b])])), LMK)
    check('TV-35', await ask('combine', SHARES[a], SHARES[b]), LMK)
  }
  for (const [needed, count] of [[2, 2], [2, 3], [3, 5], [16, 16]]) {
    const secret = Uint8Array.from(randomBytes(32))
    const theirs = await split(secret, count, needed)
    check(`${needed} of ${count} shares of shamir-secret-sharing`, await ask('combine', ...theirs.slice(0, needed)), hex(secret))
    const ours = (await ask('split', needed, count, secret)).split(' ')
    check(`${count} shares of ours`, ours.length, count)
    check(`${needed} of them by shamir-secret-sharing`, hex(await combine(ours.slice(-needed).map(bytes))), hex(secret))
    const few = needed > 2 ? await combine(ours.slice(0, needed - 1).map(bytes)) : new Uint8Array(32)
    check('one less is not enough', hex(few) === hex(secret), false)
  }
}

// A component of a master key in its file (keys 5.1), as anybody may open it who has the PIN.
function component() {
  const [header, sealed] = readFileSync(new URL('../../corpus/component/published', import.meta.url), 'latin1').trim().split('\n')
  const [, n, r, p, salt] = header.match(/kdf=scrypt:(\d+):(\d+):(\d+):([0-9A-F]+)/)
  const key = scryptSync('123456', unhex(salt), 32, { N: 2 ** n, r: Number(r), p: Number(p), maxmem: 1 << 28 })
  check('TV-36, scrypt of Node', hex(key), '1D1AA6EA3EF665392D0E278C6DA7A3B529B9CA887C2D30BF994A58BE8360E70D')
  const gcm = createDecipheriv('aes-256-gcm', key, unhex(header.match(/nonce=([0-9A-F]+)/)[1])).setAAD(Buffer.from(header))
  gcm.setAuthTag(unhex(sealed.slice(-32)))
  const value = Buffer.concat([gcm.update(unhex(sealed.slice(0, -32))), gcm.final()])
  check('TV-36, opened by Node', hex(value), '0F1E2D3C4B5A69788796A5B4C3D2E1F000112233445566778899AABBCCDDEEFF')
}

await derivations()
await hmacs()
await shares()
component()
check('nonsense is refused', await ask('combine', SHARES[0], SHARES[0]), '!SHARES_BAD')
pipe.stdin.end()
done()
