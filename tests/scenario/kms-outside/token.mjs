// SPDX-License-Identifier: Apache-2.0
// token.mjs YIKA YIKA_KMS KEY_STOCK: the token as others see it (keys 3.3, 20.2). pkcs11-tool lists it; pkcs11js, another
// language's way to PKCS#11, tries to get the master keys out, and opens key blocks of ours with them where they are.

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { check, done, hex, KeyManager, repeat, run, unhex } from './kms.mjs'

const pkcs11js = createRequire(import.meta.url)('pkcs11js')
const MODULE = '/usr/lib/softhsm/libsofthsm2.so'
const TOKEN = 'yika-kms'
const SENSITIVE = 0x11
const UNEXTRACTABLE = 0x6a
const NOT_PERMITTED = 0x68
const READ_ONLY = 0x10
const PROHIBITED = 0x1b
const WRAP_PAD = 0x210a
const CMAC = 0x108a

// TV-05, TV-06: the published test master key and what follows from it
const LMK_KCV = 'CC00BBC79C'
const PARTS = {
  E: unhex('225545D6E0BDEB8EBFDC874122F5F3272F4371323BAA88C825EBC5EB4EC3519D'),
  M: unhex('0CAD3E89313058D6C54CE28984274A227A2374A0A9AA8885F42341A96E7F3236'),
  W: unhex('8531F65BE11C8F75DDB638FDF2D5979B479090B91FAC3D07733BED6C00FF6DC7'),
  A: unhex('64282F4E9A329152D0565DD93E557DCDE4ED35EB1A1864D40168EA050E8C5D84'),
}
const USES = { E: ['ENCRYPT', 'DECRYPT'], M: ['SIGN', 'VERIFY'], W: ['WRAP', 'UNWRAP'], A: ['SIGN'] }
const ALL_USES = ['ENCRYPT', 'DECRYPT', 'SIGN', 'VERIFY', 'WRAP', 'UNWRAP', 'DERIVE']
const CLEAR = { host: '000102030405060708090A0B0C0D0E0F', device: '0F1E2D3C4B5A69788796A5B4C3D2E1F0' }
const ROWS = [
  `key OUT.HOST.DATA.01 D0 A 128 B E 0 host ${CLEAR.host}`,
  `key OUT.DEVICE.DATA.01 D0 A 128 B E 0 device ${CLEAR.device}`,
]

/* --- pkcs11-tool --- */

function pkcs11Tool(kms, ...args) {
  return run('pkcs11-tool', ['--module', MODULE, '--token-label', TOKEN, '--login', '--pin', kms.pin, ...args])
}

// [{ label, id, usage, access }]
function listed(text) {
  return text.split(/^(?=\S)/m).filter((part) => /Object;/.test(part)).map((part) => {
    const of = (name) => part.match(new RegExp(`^ +${name}: +(.*)$`, 'm'))?.[1] ?? ''
    return { kind: part.split(';')[0], label: of('label'), id: of('ID'), access: of('Access') }
  })
}

function look(kms) {
  const objects = listed(pkcs11Tool(kms, '--list-objects').stdout.toString())
  const masters = objects.filter(({ label }) => label.startsWith('OC-LMK'))
  check('pkcs11-tool lists the four objects of a master key, and the key of the audit', objects.map(({ label }) => label).sort(),
    ['OC-LMK00-A', 'OC-LMK00-E', 'OC-LMK00-M', 'OC-LMK00-W', 'OC-LOCAL-A'])
  for (const { label, kind, id, access } of masters) {
    check(`${label} is a secret key with the check value as its ID`, [kind, id.toUpperCase()], ['Secret Key Object', LMK_KCV])
    check(`${label} is sensitive and not extractable`, [/\bsensitive\b/.test(access), /(?<!never )extractable/.test(access)],
      [true, false])
  }
  const read = pkcs11Tool(kms, '--read-object', '--type', 'secrkey', '--label', 'OC-LMK00-E')
  check('pkcs11-tool cannot read one', [read.status !== 0, read.stdout.length], [true, 0])
  check('CKR_ATTRIBUTE_SENSITIVE is why', read.stderr.includes('CKR_ATTRIBUTE_SENSITIVE (0x11)'), true)
}

/* --- pkcs11js --- */

class Token {
  constructor(kms) {
    process.env.SOFTHSM2_CONF = kms.tokenConf
    this.api = new pkcs11js.PKCS11()
    this.api.load(MODULE)
    this.api.C_Initialize()
    const slot = this.api.C_GetSlotList(true).find((s) => this.api.C_GetTokenInfo(s).label.trim() === TOKEN)
    this.session = this.api.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
    this.api.C_Login(this.session, pkcs11js.CKU_USER, kms.pin)
  }

  find(label) {
    this.api.C_FindObjectsInit(this.session, [{ type: pkcs11js.CKA_LABEL, value: label }])
    const found = this.api.C_FindObjects(this.session, 2)
    this.api.C_FindObjectsFinal(this.session)
    return found
  }

  // A flag of an object.
  is(object, name) {
    const [{ value }] = this.api.C_GetAttributeValue(this.session, object, [{ type: pkcs11js[`CKA_${name}`] }])
    return value[0] === 1
  }

  cbc(key, encrypt, iv, data) {
    const which = encrypt ? 'C_Encrypt' : 'C_Decrypt'
    this.api[`${which}Init`](this.session, { mechanism: pkcs11js.CKM_AES_CBC, parameter: iv }, key)
    return this.api[which](this.session, data, Buffer.alloc(data.length))
  }

  sign(key, mechanism, data, size) {
    this.api.C_SignInit(this.session, { mechanism }, key)
    return this.api.C_Sign(this.session, data, Buffer.alloc(size))
  }

  // A key of this program's own, wrapping, for the session.
  ownKey() {
    const flag = (name, value) => ({ type: pkcs11js[`CKA_${name}`], value })
    return this.api.C_GenerateKey(this.session, { mechanism: pkcs11js.CKM_AES_KEY_GEN },
      [flag('TOKEN', false), flag('WRAP', true), flag('UNWRAP', true), flag('VALUE_LEN', 32)])
  }

  wrap(by, key) {
    return this.api.C_WrapKey(this.session, { mechanism: WRAP_PAD }, by, key, Buffer.alloc(64))
  }

  unwrap(by, wrapped) {
    return this.api.C_UnwrapKey(this.session, { mechanism: WRAP_PAD }, by, wrapped, [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY }, { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
      { type: pkcs11js.CKA_TOKEN, value: false }, { type: pkcs11js.CKA_ENCRYPT, value: true },
      { type: pkcs11js.CKA_SENSITIVE, value: false }, { type: pkcs11js.CKA_EXTRACTABLE, value: true },
    ])
  }

  value(key) {
    return this.api.C_GetAttributeValue(this.session, key, [{ type: pkcs11js.CKA_VALUE }])[0].value
  }

  close() {
    this.api.C_CloseSession(this.session)
    this.api.C_Finalize()
  }
}

// CKR_… of what must fail.
function refusal(work) {
  try {
    work()
    return 'done'
  } catch (error) {
    return error.code ?? Number(/:(\d+)$/.exec(error.message)?.[1]) // of codes it has no name for
  }
}

function guard(token, letter) {
  const label = `OC-LMK00-${letter}`
  const [key, ...more] = token.find(label)
  const own = token.ownKey()
  const [wrapper] = token.find('OC-LMK00-W')
  check(`${label} stands there once`, [key !== undefined, more.length], [true, 0])
  check(`${label} is private, sensitive, not extractable, not modifiable`,
    ['TOKEN', 'PRIVATE', 'SENSITIVE', 'EXTRACTABLE', 'MODIFIABLE'].map((name) => token.is(key, name)),
    [true, true, true, false, false])
  check(`${label} does what it is for`, ALL_USES.filter((name) => token.is(key, name)), ALL_USES.filter((u) => USES[letter].includes(u)))
  check(`${label} cannot be read`, refusal(() => token.value(key)), SENSITIVE)
  check(`${label} cannot be wrapped by a stranger's key`, refusal(() => token.wrap(own, key)), UNEXTRACTABLE)
  check(`${label} cannot be wrapped by KWK`, refusal(() => token.wrap(wrapper, key)), UNEXTRACTABLE)
  check(`${label} cannot be made extractable`, refusal(() => token.api.C_SetAttributeValue(token.session, key,
    [{ type: pkcs11js.CKA_EXTRACTABLE, value: true }])), PROHIBITED)
  check(`${label} has no copy that is extractable`, refusal(() => token.api.C_CopyObject(token.session, key,
    [{ type: pkcs11js.CKA_TOKEN, value: false }, { type: pkcs11js.CKA_EXTRACTABLE, value: true }])), READ_ONLY)
  return key
}

/* --- what it computes, against Node's own crypto --- */

function aes(key, iv, data) {
  const c = createCipheriv('aes-256-cbc', key, iv)
  c.setAutoPadding(false)
  return Buffer.concat([c.update(data), c.final()])
}

// The program `openssl`: Node has no CMAC.
function cmac(key, data) {
  const { stdout } = run('openssl', ['mac', '-cipher', 'AES-256-CBC', '-macopt', `hexkey:${hex(key)}`, 'CMAC'], data)
  return unhex(stdout.toString().trim())
}

function use(token, keys) {
  const [iv, data] = [repeat(0x35, 16), repeat(0xc3, 48)]
  check('KBEK encrypts in the token as it does outside', token.cbc(keys.E, true, iv, data), aes(PARTS.E, iv, data))
  check('KBAK makes the CMAC that openssl makes', token.sign(keys.M, CMAC, data, 16), cmac(PARTS.M, data))
  check('KBEK makes no MAC', refusal(() => token.sign(keys.E, CMAC, data, 16)), NOT_PERMITTED)
  check('KBAK does not encrypt', refusal(() => token.cbc(keys.M, true, iv, data)), NOT_PERMITTED)
  const first = '1|2026-11-22T02:15:00.000Z|SO1|LMK.LOAD|slot=01 comp=1 kcv=B88AF8DD20|OK'
  const link = token.sign(keys.A, pkcs11js.CKM_SHA256_HMAC, Buffer.concat([Buffer.alloc(32), Buffer.from(first)]), 32)
  check('TV-34: AUK links the audit', hex(link), 'A3B6796310BFEE171351DADD520AD09405CD45CB204038627AAD821233805ACC')
  check('as HMAC-SHA-256 of Node does', link, createHmac('sha256', PARTS.A).update(Buffer.alloc(32)).update(first).digest())
}

// A block of ours: head, body, MAC (keys 9.1).
function parts(block) {
  let head = 16
  for (let n = Number(block.slice(12, 14)); n; n--) head += parseInt(block.slice(head + 2, head + 4), 16)
  return { head: Buffer.from(block.slice(0, head)), body: unhex(block.slice(head, -32)), mac: unhex(block.slice(-32)) }
}

function openD(token, keys, name, block, want) {
  const { head, body, mac } = parts(block)
  const clear = token.cbc(keys.E, false, mac, body)
  const bits = clear.readUInt16BE(0)
  check(`${name}: a block of version D opens with KBEK`, [bits, hex(clear.subarray(2, 2 + bits / 8))], [want.length * 4, want])
  check(`${name}: its MAC is KBAK's`, token.sign(keys.M, CMAC, Buffer.concat([head, clear]), 16), mac)
  check(`${name}: the same bytes come out when it is made again`, token.cbc(keys.E, true, mac, clear), body)
}

function open3(token, keys, name, block, want) {
  const { head, body, mac } = parts(block)
  check(`${name}: MAC of a block of version 3`, token.sign(keys.M, CMAC, Buffer.concat([head, body]), 16), mac)
  const key = token.unwrap(keys.W, body)
  check(`${name}: its body opens with KWK in the token`, hex(token.value(key)), want)
  check(`${name}: and is the same when it is wrapped again`, token.wrap(keys.W, key), body)
  const c = createDecipheriv('id-aes256-wrap-pad', PARTS.W, unhex('A65959A6'))
  check(`${name}: Node unwraps it too`, hex(Buffer.concat([c.update(body), c.final()])), want)
  const { stdout } = run('openssl', ['enc', '-id-aes256-wrap-pad', '-K', hex(PARTS.W), '-iv', 'A65959A6'], unhex(want))
  check(`${name}: openssl makes the same body (AES-256-WRAP-PAD)`, stdout, body)
}

const K20 = '11111111111111112222222222222222'
const TV_B4 = 'D011220TX01E0000E021B7069CC349D60F75C8BBC4D3B2FBE0CCCF60FDAB2C4314B89F52310826E51D974670375E94776D97C1846FEF906D'
const TV_B9 = '3009620TX01E0010160E16B69C560974522B78D8561CB1002312790CB1848E7BD2D0437BBC05567E864B9B09AC2C3BAF'

const kms = new KeyManager(...process.argv.slice(2))
try {
  kms.make()
  const stored = kms.stock(ROWS)
  process.env.SOFTHSM2_CONF = kms.tokenConf
  look(kms)
  const token = new Token(kms)
  const keys = Object.fromEntries(Object.keys(PARTS).map((letter) => [letter, guard(token, letter)]))
  use(token, keys)
  openD(token, keys, 'TV-B4', TV_B4, K20)
  openD(token, keys, 'a stored key', stored['OUT.HOST.DATA.01'].block, CLEAR.host)
  open3(token, keys, 'TV-B9', TV_B9, K20)
  open3(token, keys, 'a stored key', stored['OUT.DEVICE.DATA.01'].block, CLEAR.device)
  check('a changed body does not open', refusal(() => {
    const { body } = parts(TV_B9)
    body[9] ^= 1
    token.unwrap(keys.W, body)
  }) !== 'done', true)
  token.close()
} finally {
  kms.remove()
}
done()
