/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_known_test.h — for tests: two certificates made with openssl, and what openssl says
 * of the first one. Valid to 2036-11-27 12:57:16Z. */
#pragma once

#define CERTIFICATE_KNOWN                                                                          \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBvjCCAWWgAwIBAgIUTlgIaSy2GnKtV5alb5l8+s1bMdAwCgYIKoZIzj0EAwIw\n"                       \
	"NTELMAkGA1UEBhMCQ04xDzANBgNVBAoMBuagoeWbrTEVMBMGA1UEAwwMc2V0dGxl\n"                       \
	"bWVudC0xMB4XDTI2MTEzMDEyNTcxNloXDTM2MTEyNzEyNTcxNlowNTELMAkGA1UE\n"                       \
	"BhMCQ04xDzANBgNVBAoMBuagoeWbrTEVMBMGA1UEAwwMc2V0dGxlbWVudC0xMFkw\n"                       \
	"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtVOStctXG+NUO+I2RBHdjoCwgLECziXK\n"                       \
	"1vCtrVfct9ybJkiisCI4z/wQVNi4jkB4uc292iHwj0FWd768nhnXjaNTMFEwHQYD\n"                       \
	"VR0OBBYEFOTkBO+EhvDN8TMqmqtFu4tXpHmtMB8GA1UdIwQYMBaAFOTkBO+EhvDN\n"                       \
	"8TMqmqtFu4tXpHmtMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg\n"                       \
	"IheaanyLKGC3cAijZH8pmvGfX8RPm4aplEzOZKal2ngCIC2qvIWC+C2q4ARVlXu/\n"                       \
	"7AgbwdL6q+FQJw0LCHWM/W3u\n"                                                               \
	"-----END CERTIFICATE-----\n"

#define CERTIFICATE_KNOWN_SHA256  "EA7F9985AE826A2C6640FDAC641D46498816B01FB04B3AE971CEB6D30937BAC8"
#define CERTIFICATE_KNOWN_SUBJECT "CN=settlement-1,O=校园,C=CN"

/* Another one, which was valid in 2020. */
#define CERTIFICATE_OTHER                                                                          \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBDDCBsgIBATAKBggqhkjOPQQDAjASMRAwDgYDVQQDDAdleHBpcmVkMB4XDTIw\n"                       \
	"MDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowEjEQMA4GA1UEAwwHZXhwaXJlZDBZ\n"                       \
	"MBMGByqGSM49AgEGCCqGSM49AwEHA0IABEpDQSKNLLs1VQgvgDFbPcxTN6AA+gP3\n"                       \
	"SsgDJFFKiXCRxlH+ppjxFIqQ4fp4gGS3f7doFfYorVhPA5fhzluB2pMwCgYIKoZI\n"                       \
	"zj0EAwIDSQAwRgIhAO/J9VfEVUsPTklngFosivaeLs62r3yOoJQsNFSphQMjAiEA\n"                       \
	"2MR66F7ZSgqHUmRMBc3Or+sMRkLaut1IYxyfrj88Q2w=\n"                                           \
	"-----END CERTIFICATE-----\n"
