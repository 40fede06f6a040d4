# SPDX-License-Identifier: Apache-2.0
# Visa family, hash over the signed block alone: form A of the uncertain point U1.
profile visa
request.name    {TRK}.INP
request.plain   22 NI N EL E TRK
request.block   23 SVC 02 IIN EXP TRK 01 01 NI EL N[0:NI-39-EL] E HASH
request.hash    sha1 block-before-HASH
hashfile        {TRK}.TXT hex HASH
response.plain  24 SVC IIN SN EXP RL R EL E CAI
response.cert   NCA
response.detach pkcs1-digestinfo sha1 plain + recovered-cert
defaults        SVC=10100000 EL=1 E=03
