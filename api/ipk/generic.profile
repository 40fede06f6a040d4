# SPDX-License-Identifier: Apache-2.0
# For a CA of one's own: no service identifiers, the hash covers all there is, the answer is signed once.
profile generic
request.name    {IIN}-{TRK}.ipk
request.plain   22 IIN EXP TRK 01 NI N EL E
request.block   6A 23 IIN EXP TRK 01 01 NI EL N[0:NI-36] HASH BC
request.hash    sha1 plain + block-before-HASH
hashfile        {IIN}-{TRK}.txt hex HASH
response.plain  24 IIN SN EXP RL R EL E CAI
response.cert   NCA
response.detach none
defaults        EL=1 E=03
