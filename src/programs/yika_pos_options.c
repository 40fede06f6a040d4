/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/yika_pos_options.h"

#include <getopt.h>

#include "base/log.h"

const char yika_pos_usage[] =
        "Usage: yika-pos --sam FILE --host HOST:PORT --journal FILE [options]\n"
        "  --passphrase FILE   first line opens the SAM (default: the SAM's name with .pass)\n"
        "  --script FILE       run the lines of FILE (- for standard input) instead of the screen\n"
        "  --lang zh|en        language of both sides (default zh)\n"
        "  --offline C:T       sell without the host: up to C yuan per card, T in all (default: "
        "not at all)\n"
        "  --fixed A,B,C       prices of the three fixed-price keys\n"
        "  --school NAME       what the customer sees while the till is idle\n"
        "  --verbose           log every step\n";

static bool take_offline(struct str text, struct pos_offline *out)
{
	struct str card, total;
	struct money a, b;

	if (!str_cut(text, ':', &card, &total) || !is_ok(money_parse(card, &a)) ||
	    !is_ok(money_parse(total, &b)))
		return false;
	*out = (struct pos_offline){ a.fen, b.fen };
	return a.fen >= 0 && b.fen >= 0;
}

static bool take_fixed(struct str text, int64_t fen[POS_FIXED_KEYS])
{
	struct str one, rest = text;
	struct money m;

	for (size_t i = 0; i < POS_FIXED_KEYS && rest.len > 0; i++) {
		str_cut(rest, ',', &one, &rest);
		if (!is_ok(money_parse(one, &m)) || m.fen < 0)
			return false;
		fen[i] = m.fen;
	}
	return rest.len == 0;
}

static bool take_option(struct yika_pos_options *a, int option, const char *value)
{
	switch (option) {
	case 's':
		a->sam = value;
		return true;
	case 'p':
		a->passphrase = value;
		return true;
	case 'h':
		a->host = value;
		return true;
	case 'j':
		a->journal = value;
		return true;
	case 'x':
		a->script = value;
		return true;
	case 'l':
		a->till.language = strcmp(value, "en") == 0 ? POS_ENGLISH : POS_CHINESE;
		return strcmp(value, "en") == 0 || strcmp(value, "zh") == 0;
	case 'o':
		return take_offline(str_of(value), &a->till.node.offline);
	case 'f':
		return take_fixed(str_of(value), a->till.facts.fixed_fen);
	case 'n':
		str_copy(str_of(value), a->till.facts.school_zh, sizeof a->till.facts.school_zh);
		str_copy(str_of(value), a->till.facts.school_en, sizeof a->till.facts.school_en);
		return true;
	case 'v':
		log_set_level(LOG_LEVEL_DEBUG);
		return true;
	default:
		return false;
	}
}

bool yika_pos_options(int argc, char **argv, struct yika_pos_options *a)
{
	static const struct option options[] = {
		{ "sam", 1, NULL, 's' },     { "passphrase", 1, NULL, 'p' },
		{ "host", 1, NULL, 'h' },    { "journal", 1, NULL, 'j' },
		{ "script", 1, NULL, 'x' },  { "lang", 1, NULL, 'l' },
		{ "offline", 1, NULL, 'o' }, { "fixed", 1, NULL, 'f' },
		{ "school", 1, NULL, 'n' },  { "verbose", 0, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*a = (struct yika_pos_options){
		.till = { .facts = { .school_zh = "一卡通", .school_en = "Campus card" } },
	};
	log_set_level(LOG_LEVEL_WARNING);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(a, option, optarg))
			return false;
	return optind == argc && a->sam && a->host && a->journal;
}
