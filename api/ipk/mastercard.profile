# SPDX-License-Identifier: Apache-2.0
# Mastercard: the scheme counts an issuer's keys, the hash goes by a channel of its own (uncertain point U4).
profile mastercard
request.name    {IIN}-{IDX}.sip
request.plain   IIN IDX 01 NI EL N E
request.block   6A 11 IIN EXP TRK 01 01 NI EL N[0:NI-36] HASH BC
request.hash    sha1 11 IIN EXP TRK 01 01 NI EL N E
hashfile        {IIN}-{IDX}.hip raw IIN IDX 01 HASH
response.plain  IIN IDX CAI R E
response.cert   NCA
response.detach none
defaults        EL=1 E=03
