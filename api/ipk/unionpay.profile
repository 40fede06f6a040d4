# SPDX-License-Identifier: Apache-2.0
# UnionPay (银联): as the Visa family, with the algorithm of the public key in the open part; its place is the
# uncertain point U2. Hash over the signed block alone.
profile unionpay
request.name    {TRK}.INP
request.plain   22 01 NI N EL E TRK
request.block   23 SVC 02 IIN EXP TRK 01 01 NI EL N[0:NI-39-EL] E HASH
request.hash    sha1 block-before-HASH
hashfile        {TRK}.TXT hex HASH
response.plain  24 SVC IIN SN EXP RL R EL E CAI
response.cert   NCA
response.detach pkcs1-raw01 sha1 plain + recovered-cert
defaults        SVC=01010000 EL=1 E=03
