// SPDX-License-Identifier: Apache-2.0
// service.mjs YIKA YIKA_KMS KEY_STOCK: the computing service of a real yika-kms, asked over its socket, against ciphers of
// others (keys 20.2). Every answer is worked out a second time by openssl, Node, des.js or sm-crypto; and what they make,
// the service takes. TV-… are the vectors of keys 19.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { check, Client, done, hex, KeyManager, repeat, run, unhex } from './kms.mjs'
import * as other from './outside.mjs'

const OK = 0
const [NOT_PERMITTED, NO_KEY, KEY_USE, BAD_DATA, INTEGRITY] = [3, 4, 6, 7, 8]
const [ECB, CBC, CTR] = [[1], [2], [3]].map((mode) => Buffer.from(mode))
const [LABEL, MODE, IV, DATA, FACTOR, PAN, RANDOM, SERIAL] = [1, 2, 3, 4, 7, 8, 9, 0x0a]
const [TERMINAL, TIME, AMOUNT, KEK, FORMAT, PROOF, NAME, MODULUS, CODE, PUBLIC] =
  [0x0b, 0x0c, 0x0d, 0x0f, 0x10, 0x11, 0x16, 0x17, 0x1a, 0x1c]

const ALL = repeat(0xa5, 32) // certificates' fingerprints: they stand for the TLS front's word
const FEW = repeat(0x5a, 32)

const value = {
  aes: unhex('2B7E151628AED2A6ABF7158809CF4F3C'),
  aes256: unhex('603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4'),
  tdes: unhex('0123456789ABCDEFFEDCBA9876543210'),
  tdes3: unhex('8AA83BF8CBDA10620BC1BF19FBB6CD58BC313D4A371CA8B5'),
  sm4: unhex('0123456789ABCDEFFEDCBA9876543210'),
  kek: unhex('88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6'),
  code: unhex('000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F'),
  dpk: unhex('11111111111111112222222222222222'),
  dtk: unhex('33333333333333334444444444444444'),
  hmac: randomBytes(32),
}
const PLACES = ['device', 'host']

const row = (label, use, place, name) => `key ${label}.01 ${use} ${place} ${name === '-' ? '-' : hex(value[name])}`
const rows = [
  ...PLACES.flatMap((place) => {
    const p = place === 'device' ? 'DEV' : 'HOST'
    return [
      row(`OUT.${p}.AES`, 'D0 A 128 B E 0', place, 'aes'), row(`OUT.${p}.AES256`, 'D0 A 256 B E 0', place, 'aes256'),
      row(`OUT.${p}.TDES`, 'D0 T 112 B E 0', place, 'tdes'), row(`OUT.${p}.TDES3`, 'D0 T 168 B E 0', place, 'tdes3'),
      row(`OUT.${p}.CMAC`, 'M6 A 128 C E 0', place, 'aes'), row(`OUT.${p}.CMAC256`, 'M6 A 256 C E 0', place, 'aes256'),
      row(`OUT.${p}.TCMAC`, 'M6 T 168 C E 0', place, 'tdes3'), row(`OUT.${p}.DPK`, '20 T 112 X S 1', place, 'dpk'),
      row(`OUT.${p}.DTK`, '23 T 112 X E 1', place, 'dtk'), row(`OUT.${p}.CODE`, '34 A 256 X S 1', place, 'code'),
      row(`OUT.${p}.IMK`, 'E0 T 112 X E 1', place, 'tdes'), row(`OUT.${p}.RSA`, 'S0 R 2048 S N 0', place, '-'),
    ]
  }),
  row('OUT.HOST.SM4', 'D0 4 128 B E 0', 'host', 'sm4'), row('OUT.HOST.CMAC4', 'M6 4 128 C E 0', 'host', 'sm4'),
  row('OUT.HOST.RETAIL', 'M3 T 112 C E 0', 'host', 'tdes'), row('OUT.HOST.HMAC', 'M7 H 256 C E 0', 'host', 'hmac'),
  row('OUT.HOST.DPK4', '20 4 128 X S 1', 'host', 'sm4'), row('OUT.HOST.KEK', 'K1 A 256 B S 0', 'host', 'kek'),
  row('OUT.HOST.SIGN', 'S2 2 256 S N 0', 'host', '-'), row('OUT.HOST.OPEN', 'S2 2 256 D N 0', 'host', '-'),
  `client all ${hex(ALL)} 1000000 all OUT.* all decrypt diversify-wrap sm2-decrypt`,
  `client few ${hex(FEW)} 1000000 D0 OUT.HOST.AES.* encrypt`,
]

const label = (place, key) => [LABEL, `OUT.${place === 'device' ? 'DEV' : 'HOST'}.${key}.00`]

/* --- ciphers --- */

// As the third party has them: encrypt(key, iv, data), decrypt likewise; iv null: ECB.
const node = (name) => ({
  encrypt: (key, iv, data) => ((c) => (c.setAutoPadding(false), Buffer.concat([c.update(data), c.final()])))(createCipheriv(name(iv), key, iv)),
  decrypt: (key, iv, data) => ((c) => (c.setAutoPadding(false), Buffer.concat([c.update(data), c.final()])))(createDecipheriv(name(iv), key, iv)),
})
const program = (name) => ({
  encrypt: (key, iv, data) => other.encipher(name(iv), key, iv, data),
  decrypt: (key, iv, data) => other.encipher(name(iv), key, iv, data, true),
})
const desJs = {
  encrypt: (key, iv, data) => (iv ? other.desCbc(key, iv, data) : other.desEcb('encrypt', key, data)),
  decrypt: (key, iv, data) => {
    const clear = other.desEcb('decrypt', key, data)
    return iv ? Buffer.from(clear.map((byte, i) => byte ^ (i < 8 ? iv[i] : data[i - 8]))) : clear
  },
}
const smOptions = (iv) => ({ padding: 'none', output: 'array', ...(iv ? { mode: 'cbc', iv: [...iv] } : {}) })
const smJs = {
  encrypt: (key, iv, data) => Buffer.from(other.sm4.encrypt([...data], [...key], smOptions(iv))),
  decrypt: (key, iv, data) => Buffer.from(other.sm4.decrypt([...data], [...key], smOptions(iv))),
}
const ciphers = [
  { key: 'AES', name: 'aes', block: 16, places: PLACES, by: { node: node((iv) => (iv ? 'aes-128-cbc' : 'aes-128-ecb')), openssl: program((iv) => (iv ? 'aes-128-cbc' : 'aes-128-ecb')) } },
  { key: 'AES256', name: 'aes256', block: 16, places: PLACES, by: { node: node((iv) => (iv ? 'aes-256-cbc' : 'aes-256-ecb')) } },
  { key: 'TDES', name: 'tdes', block: 8, places: PLACES, by: { 'des.js': desJs, openssl: program((iv) => (iv ? 'des-ede-cbc' : 'des-ede')) } },
  { key: 'TDES3', name: 'tdes3', block: 8, places: PLACES, by: { 'des.js': desJs, openssl: program((iv) => (iv ? 'des-ede3-cbc' : 'des-ede3')) } },
  { key: 'SM4', name: 'sm4', block: 16, places: ['host'], by: { 'sm-crypto': smJs, openssl: program((iv) => (iv ? 'sm4-cbc' : 'sm4-ecb')) } },
]

async function cipherIs(client, c, place, who) {
  for (const mode of [ECB, CBC]) {
    const iv = mode === CBC ? randomBytes(c.block) : null
    const data = randomBytes(c.block * 9)
    const name = `${c.key} ${mode === CBC ? 'CBC' : 'ECB'} (${place}), ${who}`
    const common = [label(place, c.key), [MODE, mode], ...(iv ? [[IV, iv]] : [])]
    const secret = c.by[who].encrypt(value[c.name], iv, data)
    check(`${name}: what the service encrypts`, (await client.ask(0x10, [...common, [DATA, data]])).result, secret)
    check(`${name}: what it decrypts`, (await client.ask(0x11, [...common, [DATA, secret]])).result, c.by[who].decrypt(value[c.name], iv, secret))
  }
}

async function counterIs(client, key, place, name) {
  const data = randomBytes(61)
  const { of, result } = await client.ask(0x10, [label(place, key), [MODE, CTR], [DATA, data]])
  check(`${key} CTR (${place}): openssl decrypts it with the counter that came back`,
    other.openssl(['enc', '-d', `-${name}-ctr`, '-K', hex(value[key.toLowerCase()]), '-iv', hex(of(IV)[0])], result), data)
}

async function checkCiphers(client) {
  for (const c of ciphers)
    for (const place of c.places)
      for (const who of Object.keys(c.by)) await cipherIs(client, c, place, who)
  for (const place of PLACES) await counterIs(client, 'AES', place, 'aes-128')
  await counterIs(client, 'SM4', 'host', 'sm4')
  const block = unhex('0123456789ABCDEFFEDCBA9876543210')
  const { result } = await client.ask(0x10, [label('host', 'SM4'), [MODE, ECB], [DATA, block]])
  check('TV-11', hex(result), '681EDF34D206965E86B3E94F536E4246')
  check('TV-11 by sm-crypto', hex(smJs.encrypt(value.sm4, null, block)), '681EDF34D206965E86B3E94F536E4246')
  await checkChain(client)
}

// As TV-11 goes on for a million blocks, as far as messages carry it.
async function checkChain(client) {
  let [ours, theirs] = [value.sm4, value.sm4]
  for (let i = 0; i < 200; i++) {
    ours = (await client.ask(0x10, [label('host', 'SM4'), [MODE, ECB], [DATA, ours]])).result
    theirs = smJs.encrypt(value.sm4, null, theirs)
  }
  check('SM4 two hundred times over itself, sm-crypto', ours, theirs)
}

/* --- MACs and hashes --- */

const macs = [
  ...PLACES.flatMap((place) => [
    { place, key: 'CMAC', by: 'openssl', of: (data) => other.cmac('AES-128-CBC', value.aes, data) },
    { place, key: 'CMAC256', by: 'openssl', of: (data) => other.cmac('AES-256-CBC', value.aes256, data) },
    { place, key: 'TCMAC', by: 'openssl', of: (data) => other.cmac('DES-EDE3-CBC', value.tdes3, data) },
  ]),
  { place: 'host', key: 'CMAC4', by: 'openssl', of: (data) => other.cmac('SM4-CBC', value.sm4, data) },
  { place: 'host', key: 'RETAIL', by: 'des.js', of: (data) => other.retailMac(value.tdes, data) },
  { place: 'host', key: 'HMAC', by: 'openssl', of: (data) => other.hmac('SHA256', value.hmac, data) },
]

async function checkMacs(client) {
  for (const { place, key, by, of } of macs)
    for (const size of [1, 8, 15, 16, 17, 64, 1000]) {
      const data = randomBytes(size)
      const mac = of(data)
      const name = `${key} of ${size} bytes (${place}), ${by}`
      check(name, (await client.ask(0x20, [label(place, key), [DATA, data]])).result, mac)
      check(`${name}: verified`, (await client.ask(0x21, [label(place, key), [DATA, data], [PROOF, mac]])).status, OK)
      mac[0] ^= 1
      check(`${name}: another is not`, (await client.ask(0x21, [label(place, key), [DATA, data], [PROOF, mac]])).status, INTEGRITY)
    }
  const { result } = await client.ask(0x20, [label('host', 'CMAC4'), [DATA, 'abc']])
  check('TV-14', hex(result), '8E75238AC2672A6AEE408C1E251854D8')
}

async function checkHashes(client) {
  for (const size of [0, 1, 3, 55, 56, 63, 64, 65, 119, 1000, 5000]) {
    const data = randomBytes(size)
    const { result } = await client.ask(0x63, [[DATA, data]])
    check(`SM3 of ${size} bytes, sm-crypto`, hex(result), other.sm3([...data]).toUpperCase())
    check(`SM3 of ${size} bytes, openssl`, result, other.openssl(['dgst', '-sm3', '-binary'], data))
    check(`SM3 of ${size} bytes, Node`, result, createHash('sm3').update(data).digest())
  }
  check('TV-12', hex((await client.ask(0x63, [[DATA, 'abc']])).result), '66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0')
}

/* --- SM2 --- */

const USER = '1234567812345678'

function opensslVerifies(kms, point, userId, message, der) {
  const args = ['-sm3', '-verify', kms.file('sm2.pem', other.sm2Pem(point)), '-signature', kms.file('sm2.sig', der)]
  return run('openssl', ['dgst', ...args, '-sigopt', `distid:${userId}`, kms.file('sm2.message', message)]).status === 0
}

async function serviceSigns(kms, client, point) {
  for (const userId of [USER, 'campus@yika']) {
    const message = randomBytes(100)
    const options = { hash: true, der: true, userId }
    const id = userId === USER ? [] : [[NAME, userId]]
    const der = (await client.ask(0x60, [label('host', 'SIGN'), [DATA, message], [FORMAT, [1]], ...id])).result
    const raw = (await client.ask(0x60, [label('host', 'SIGN'), [DATA, message], ...id])).result
    const publicKey = '04' + hex(point).toLowerCase()
    check(`SM2 of the service, user ${userId}: openssl verifies`, opensslVerifies(kms, point, userId, message, der), true)
    check('sm-crypto verifies DER', other.sm2.doVerifySignature([...message], hex(der).toLowerCase(), publicKey, options), true)
    check('sm-crypto verifies r ‖ s', other.sm2.doVerifySignature([...message], hex(raw).toLowerCase(), publicKey, { ...options, der: false }), true)
    message[0] ^= 1
    check('openssl refuses another message', opensslVerifies(kms, point, userId, message, der), false)
    check('sm-crypto too', other.sm2.doVerifySignature([...message], hex(der).toLowerCase(), publicKey, options), false)
  }
}

async function serviceVerifies(kms, client) {
  const pair = other.sm2.generateKeyPairHex()
  const point = unhex(pair.publicKey).subarray(1)
  for (const der of [true, false]) {
    const message = randomBytes(50)
    const signature = unhex(other.sm2.doSignature([...message], pair.privateKey, { hash: true, der, userId: USER }))
    const ask = (data) => client.ask(0x61, [[MODULUS, point], [DATA, data], [PROOF, signature], [FORMAT, [der ? 1 : 0]]])
    check(`the service verifies sm-crypto's ${der ? 'DER' : 'r ‖ s'}`, (await ask(message)).status, OK)
    message[49] ^= 0x80
    check('and no other message', (await ask(message)).status, INTEGRITY)
  }
  const key = kms.file('own.pem', other.openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2']))
  const der = other.openssl(['pkey', '-in', key, '-pubout', '-outform', 'DER'])
  const message = randomBytes(77)
  const args = ['dgst', '-sm3', '-sign', key, '-sigopt', `distid:${USER}`, kms.file('own.message', message)]
  const signature = other.openssl(args)
  const asked = [[MODULUS, der.subarray(-64)], [DATA, message], [PROOF, signature], [FORMAT, [1]]]
  check("the service verifies openssl's", (await client.ask(0x61, asked)).status, OK)
}

// C1 ‖ C3 ‖ C2; sm-crypto leaves the 04 of C1 out.
async function serviceOpens(client, point) {
  const clear = randomBytes(32)
  const sealed = unhex('04' + other.sm2.doEncrypt([...clear], '04' + hex(point), 1))
  check("the service opens sm-crypto's SM2 encryption", (await client.ask(0x62, [label('host', 'OPEN'), [DATA, sealed]])).result, clear)
  sealed[sealed.length - 1] ^= 1
  check('and nothing that was changed', (await client.ask(0x62, [label('host', 'OPEN'), [DATA, sealed]])).status, INTEGRITY)
}

async function checkSm2(kms, client) {
  const [sign, open] = await Promise.all(['SIGN', 'OPEN'].map(async (key) => (await client.ask(0x02, [label('host', key)])).of(PUBLIC)[0]))
  await serviceSigns(kms, client, sign)
  await serviceVerifies(kms, client)
  await serviceOpens(client, open)
  const [x, y] = ['09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020', 'CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13']
  const signature = 'F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA'
  const { status } = await client.ask(0x61, [[MODULUS, unhex(x + y)], [DATA, 'message digest'], [PROOF, unhex(signature)]])
  check('TV-13', status, OK)
  check('TV-13 by sm-crypto', other.sm2.doVerifySignature('message digest', signature.toLowerCase(), '04' + (x + y).toLowerCase(), { hash: true, userId: USER }), true)
}

/* --- RSA --- */

async function checkRsa(kms, client) {
  for (const place of PLACES) {
    const spki = (await client.ask(0x02, [label(place, 'RSA')])).of(PUBLIC)[0]
    const pem = kms.file('rsa.pem', other.spkiPem(spki))
    for (const [mode, options] of [[2, []], [3, ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']]]) {
      const message = randomBytes(200)
      const { result } = await client.ask(0x50, [label(place, 'RSA'), [MODE, [mode]], [DATA, message]])
      const verify = (data) => run('openssl', ['dgst', '-sha256', '-verify', pem, ...options, '-signature', kms.file('rsa.sig', result), kms.file('rsa.message', data)]).status
      check(`RSA-2048 (${place}) ${mode === 2 ? 'PKCS#1' : 'PSS'}: openssl verifies`, verify(message), 0)
      message[0] ^= 1
      check('and no other message', verify(message), 1)
    }
  }
}

/* --- diversification --- */

async function bare(client, root, factors, more = []) {
  const answer = await client.ask(0x30, [root, ...factors.map((f) => [FACTOR, f]), [KEK, 'OUT.HOST.KEK.00'], [FORMAT, '0'], ...more])
  return answer.result && other.encipher('aes-256-ecb', value.kek, null, answer.result, true)
}

async function checkDiversification(client) {
  const id = unhex('1234567890123456')
  for (const place of PLACES) {
    for (const factor of [id, randomBytes(8), randomBytes(8)]) {
      const child = await bare(client, label(place, 'DPK'), [factor])
      check(`PBOC diversification (${place}), des.js`, child, other.pbocChild(value.dpk, factor))
      const whole = Buffer.concat([factor, factor.map((byte) => byte ^ 0xff)])
      check(`PBOC diversification (${place}), openssl enc -des-ede`, child, other.encipher('des-ede', value.dpk, null, whole))
      const derived = await bare(client, label(place, 'CODE'), [factor], [[NAME, 'KMS-DIV-OUT']])
      check(`KBKDF (${place}), openssl kdf`, derived, other.kbkdf('AES-256-CBC', value.code, 'KMS-DIV-OUT', hex(factor), 16))
    }
    check(`TV-18 (${place})`, hex(await bare(client, label(place, 'DPK'), [id])), 'C48FE04F44E54AF57CA5A7ADF1552CE1')
    check(`TV-21 (${place})`, hex(await bare(client, label(place, 'CODE'), [id], [[NAME, 'KMS-DIV-PUR']])), 'C29B2ED54F36598F81F6C27448FE67A4')
  }
  const child = await bare(client, label('host', 'DPK4'), [id])
  check('SM4 diversification, sm-crypto', child, other.sm4Child(value.sm4, id))
  check('TV-21, SM4', hex(child), '4577E9A70967475E6B47CD99B83ABA1D')
}

/* --- purse --- */

const TRADE = { amount: unhex('000003E8'), type: unhex('06'), terminal: unhex('112233445566'), time: unhex('20261122123456') }

async function purchaseIs(client, place, { factor, random, serial }, want) {
  const session = other.desEcb('encrypt', other.pbocChild(value.dpk, factor), Buffer.concat([random, serial.subarray(0, 2), serial.subarray(4)]))
  const mac1 = other.pbocMac(session, Buffer.concat([TRADE.amount, TRADE.type, TRADE.terminal, TRADE.time]))
  const values = [label(place, 'DPK'), [FACTOR, factor], [RANDOM, random], [SERIAL, serial], [AMOUNT, TRADE.amount], [TERMINAL, TRADE.terminal], [TIME, TRADE.time]]
  const mac2 = other.pbocMac(session, TRADE.amount)
  check(`MAC1 of a purchase (${place}), des.js`, (await client.ask(0x33, values)).result, mac1)
  check('its MAC2 is right', (await client.ask(0x33, [...values, [PROOF, mac2]])).status, OK)
  mac2[3] ^= 1
  check('another is not', (await client.ask(0x33, [...values, [PROOF, mac2]])).status, INTEGRITY)
  if (want) check('TV-23', hex(mac1), want)
}

function tacItem(factor, serial) {
  const data = Buffer.concat([TRADE.amount, TRADE.type, TRADE.terminal, serial, TRADE.time])
  return Buffer.concat([factor, data, other.pbocMac(other.fold(other.pbocChild(value.dtk, factor)), data)])
}

async function tacsAre(client, place) {
  const items = Array.from({ length: 100 }, () => tacItem(randomBytes(8), randomBytes(4)))
  const first = tacItem(unhex('1234567890123456'), unhex('00000123'))
  check('TV-24 by des.js', hex(first.subarray(-4)), '12BC17E6')
  const ask = (all) => client.ask(0x34, [label(place, 'DTK'), [MODE, [1]], ...all.map((item) => [DATA, item])])
  const right = await ask([first, ...items])
  check(`101 TACs of des.js (${place})`, [right.status, hex(right.result)], [OK, 'F'.repeat(25) + '8'])
  items[6][33] ^= 1 // the eighth of them with the first
  const wrong = await ask([first, ...items])
  check('one wrong among them', [wrong.status, hex(wrong.result)], [INTEGRITY, 'FE' + 'F'.repeat(23) + '8'])
}

async function checkPurse(client) {
  for (const place of PLACES) {
    await purchaseIs(client, place, { factor: unhex('1234567890123456'), random: unhex('A1B2C3D4'), serial: unhex('000500000123') }, '14A2F314')
    await purchaseIs(client, place, { factor: randomBytes(8), random: randomBytes(4), serial: randomBytes(6) })
    await tacsAre(client, place)
  }
}

/* --- bank cards --- */

async function checkEmv(client) {
  const data = unhex('00000001000000000000000001560000000000015626112200123456781800001C03A0B800')
  const [atc, arc] = [unhex('001C'), unhex('3030')]
  for (const [pan, psn] of [['6225880000000001', '01'], ['6225889999123456', '00']]) {
    const session = other.emvSession(other.emvCard(value.tdes, pan, psn), atc)
    const arqc = other.retailMac(session, data)
    if (psn === '01') check('TV-33 by des.js', hex(arqc), 'B33138133BB4DD8B')
    for (const place of PLACES) {
      const ask = (proof) => client.ask(0x58, [label(place, 'IMK'), [MODE, [2]], [PAN, unhex(pan + 'FFFF' + psn)], [SERIAL, atc], [DATA, data], [PROOF, proof], [CODE, arc]])
      check(`ARPC to an ARQC of des.js (${place})`, (await ask(arqc)).result, other.emvArpc(session, arqc, arc))
      check('another ARQC', (await ask(arqc.map((byte) => byte ^ 1))).status, INTEGRITY)
    }
  }
}

/* --- who may what --- */

async function checkRights(kms) {
  const few = new Client()
  check('the front names a client', await few.open(kms.socket, FEW), OK)
  const encrypt = (place, key) => few.ask(0x10, [label(place, key), [MODE, ECB], [DATA, repeat(0, 16)]])
  check('what it may', (await encrypt('host', 'AES')).status, OK)
  check('no other label', (await encrypt('device', 'AES')).status, NOT_PERMITTED)
  check('no other operation', (await few.ask(0x11, [label('host', 'AES'), [MODE, ECB], [DATA, repeat(0, 16)]])).status, NOT_PERMITTED)
  few.close()
  const nobody = new Client()
  check('a certificate of no client is not let in', await nobody.open(kms.socket, repeat(0x11, 32)), NOT_PERMITTED)
  nobody.close()
}

async function checkRefusals(client) {
  check('no such key', (await client.ask(0x02, [[LABEL, 'OUT.HOST.NONE.00']])).status, NO_KEY)
  check('a MAC key does not encrypt', (await client.ask(0x10, [label('host', 'CMAC'), [MODE, ECB], [DATA, repeat(0, 16)]])).status, KEY_USE)
  check('half a block', (await client.ask(0x10, [label('host', 'AES'), [MODE, ECB], [DATA, repeat(0, 15)]])).status, BAD_DATA)
  check('PING is answered', (await client.ask(0xf0, [])).head, '4f430102')
}

const kms = new KeyManager(...process.argv.slice(2))
const client = new Client()
try {
  kms.make()
  kms.stock(rows)
  await kms.start()
  check('the service knows the client', await client.open(kms.socket, ALL), OK)
  for (const part of [checkCiphers, checkMacs, checkHashes, checkDiversification, checkPurse, checkEmv, checkRefusals]) await part(client)
  for (const part of [checkSm2, checkRsa]) await part(kms, client)
  await checkRights(kms)
  client.close()
  check('yika-kms ends well', await kms.stop(), 0)
} finally {
  await kms.stop()
  kms.remove()
}
done()
