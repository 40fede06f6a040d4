/* SPDX-License-Identifier: Apache-2.0 */
/* What a key may be for: the codes of X9.143 6.3.1 (table 2) that are used here, with the
 * algorithms and modes it gives them, with our algorithms 4 (SM4) and 2 (SM2) where they make
 * sense, and our own codes (keys 9.3). */
#include "crypto/keyblock.h"

#define ANY "ESN"

static const struct use {
	const char *usage, *algorithms, *modes, *exportability, *fallback;
} uses[] = {
	{ "20", "T4", "X", ANY, "B3" },   /* purchase root, 消费主密钥 */
	{ "21", "T4", "X", ANY, "B3" },   /* load root, 圈存 */
	{ "22", "T4", "X", ANY, "B3" },   /* unload root, 圈提 */
	{ "23", "T4", "X", ANY, "B3" },   /* TAC root, 交易认证 */
	{ "24", "T4", "X", ANY, "B3" },   /* overdraft limit, 透支限额修改 */
	{ "25", "T4", "X", ANY, "B3" },   /* PIN unblock, 口令解锁 */
	{ "26", "T4", "X", ANY, "B3" },   /* PIN reload, 口令重装 */
	{ "27", "T4", "X", ANY, "E2" },   /* application maintenance, 应用维护 */
	{ "28", "T4", "X", ANY, "B3" },   /* internal authentication, 内部认证 */
	{ "29", "T4", "X", ANY, "B3" },   /* external authentication, 外部认证 */
	{ "30", "T4", "X", ANY, "E5" },   /* card control, 卡片主控 */
	{ "31", "T4", "X", ANY, "E5" },   /* application control, 应用主控 */
	{ "33", "T4A", "X", ANY, "B3" },  /* M1 sector-key root, 扇区密钥根 */
	{ "34", "T4A", "X", ANY, "B3" },  /* card authentication code root, 卡认证码 */
	{ "35", "A", "X", ANY, "B3" },    /* DESFire application root */
	{ "36", "A4H", "XC", ANY, "M6" }, /* dynamic and offline QR root, 二维码 */
	{ "40", "T4", "XB", ANY, "K0" },  /* PSAM control, PSAM 主控 */
	{ "41", "T4", "XB", ANY, "K0" },  /* PSAM maintenance, PSAM 维护 */
	{ "42", "T4", "XB", ANY, "K0" },  /* PSAM transport, PSAM 传输 */
	{ "50", "TA4", "X", ANY, "K0" },  /* terminal static key (TMK), 静态密钥 */
	{ "51", "A4", "X", "N", NULL },   /* day root, 日根密钥 */
	{ "53", "TA4", "C", ANY, "M6" },  /* daily MAC key, 动态密钥 */
	{ "54", "TA4", "B", ANY, "D0" },  /* daily data key, 动态密钥 */
	{ "55", "TA4", "B", ANY, "K0" },  /* daily key-wrap key, 动态密钥 */
	{ "60", "A4", "B", "N", NULL },   /* database column key */
	{ "61", "A4H", "C", ANY, "M6" },  /* list MAC, 黑白名单 */
	{ "62", "A4", "B", ANY, "K0" },   /* backup key */

	{ "B0", "AT", "X", ANY, NULL },       /* base derivation key (DUKPT) */
	{ "B1", "AT", "X", ANY, NULL },       /* initial DUKPT key */
	{ "B3", "AT4", "X", ANY, NULL },      /* derivation other than X9.24 */
	{ "C0", "AT4", "CGV", ANY, NULL },    /* card verification (CVK) */
	{ "D0", "ATD4", "BDE", ANY, NULL },   /* data */
	{ "E0", "AT4", "X", ANY, NULL },      /* EMV issuer root: application cryptograms */
	{ "E1", "AT4", "X", ANY, NULL },      /* secure messaging, confidentiality */
	{ "E2", "AT4", "X", ANY, NULL },      /* secure messaging, integrity */
	{ "E3", "AT4", "X", ANY, NULL },      /* data authentication code */
	{ "E4", "AT4", "X", ANY, NULL },      /* dynamic numbers */
	{ "E5", "AT4", "X", ANY, NULL },      /* card personalisation */
	{ "E6", "AT4", "X", ANY, NULL },      /* other */
	{ "I0", "ATD4", "N", ANY, NULL },     /* initialisation vector */
	{ "K0", "AT4", "BDE", ANY, NULL },    /* key encryption (KEK), 传输密钥 */
	{ "K1", "AT4", "BDE", ANY, NULL },    /* block protection (ZMK, KBPK) */
	{ "K2", "RE2", "BDE", ANY, NULL },    /* asymmetric key transport (TR-34) */
	{ "M0", "T", "CGV", ANY, NULL },      /* ISO 16609 MAC algorithm 1 */
	{ "M1", "ATD4", "CGV", ANY, NULL },   /* ISO 9797-1 algorithm 1 */
	{ "M3", "T", "CGV", ANY, NULL },      /* ISO 9797-1 algorithm 3, retail MAC */
	{ "M6", "AT4", "CGV", ANY, NULL },    /* ISO 9797-1 algorithm 5, CMAC */
	{ "M7", "H", "CGV", ANY, NULL },      /* HMAC */
	{ "M8", "AT4", "CGV", ANY, NULL },    /* ISO 9797-1 algorithm 6 */
	{ "P0", "AT4", "BDE", ANY, NULL },    /* PIN */
	{ "S0", "RE2", "SV", ANY, NULL },     /* signatures */
	{ "S1", "RE2", "SV", ANY, NULL },     /* signatures of a certification authority */
	{ "S2", "RE2", "BDESTV", ANY, NULL }, /* asymmetric key outside X9.24 */
	{ "V0", "AT4", "CGVX", ANY, NULL },   /* PIN verification, other; and roots of it */
	{ "V1", "AT", "CGV", ANY, NULL },     /* PIN verification, IBM 3624 */
	{ "V2", "AT", "CGV", ANY, NULL },     /* PIN verification, VISA PVV */
};

static const struct use *find(const char *usage)
{
	const struct use *use;

	EACH (use, uses)
		if (strncmp(use->usage, usage, 3) == 0) /* two characters and the NUL */
			return use;
	return NULL;
}

static bool is_among(const char *list, char c)
{
	return c && strchr(list, c);
}

result keyblock_check_use(const struct keyblock_header *h)
{
	const struct use *use = find(h->usage);

	if (use && is_among(use->algorithms, h->algorithm) && is_among(use->modes, h->mode) &&
	    is_among(use->exportability, h->exportability))
		return OK;
	return FAIL(KEYBLOCK_USE, "usage %.2s, algorithm %c, mode %c, exportability %c", h->usage,
	            h->algorithm, h->mode, h->exportability);
}

const char *keyblock_fallback_usage(const char *usage)
{
	const struct use *use = find(usage);

	return use ? use->fallback : NULL;
}
