/* SPDX-License-Identifier: Apache-2.0 */
#include "programs/demo/plan.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "黄",   "赵",
	                                "吴", "周", "徐", "孙", "马", "朱", "胡",   "郭",
	                                "何", "高", "林", "罗", "郑", "梁", "谢",   "宋",
	                                "唐", "许", "邓", "冯", "韩", "曹", "欧阳", "上官" };
static const char *const given_first[] = { "子", "梓", "雨", "思", "嘉", "浩", "宇",
	                                   "欣", "佳", "文", "志", "晓", "俊", "明",
	                                   "雅", "诗", "天", "若", "泽", "可" };
static const char *const given_second[] = { "涵", "轩", "桐", "然", "琪", "杰", "怡",
	                                    "豪", "宁", "萱", "博", "玲", "辰", "妍",
	                                    "峰", "洁", "航", "悦", "鹏", "瑶" };
static const char *const departments[] = { "计算机学院",   "机械工程学院", "外国语学院",
	                                   "经济管理学院", "化学学院",     "建筑学院",
	                                   "数学学院",     "医学院" };
static const char *const staff_departments[] = { "后勤处", "图书馆", "教务处", "保卫处" };
static const char *const canteens[] = { "第一食堂", "第二食堂", "第三食堂", "清真食堂",
	                                "教工餐厅" };
static const char *const windows[] = { "家常菜", "面食", "麻辣香锅", "早点", "盖浇饭", "小炒" };
static const char *const shops[] = { "校园超市", "水果店", "文具店", "书店",   "咖啡屋",
	                             "洗衣房",   "打印店", "医务室", "体育馆", "面包房" };

#define PICK(random, table) (table)[random_below((random), ARRAY_LEN(table))]

/* A meal: when it begins and ends (minutes of the day), how likely on weekdays and weekends (of 10
 * 000), its price. */
struct meal {
	int from, to;
	uint32_t weekday, weekend;
	int32_t low_fen, high_fen;
	bool canteen;
};
static const struct meal meals[] = {
	{ 6 * 60 + 30, 8 * 60 + 40, 5200, 2800, 250, 900, true },
	{ 11 * 60 + 20, 13 * 60, 8600, 5500, 700, 1800, true },
	{ 17 * 60, 19 * 60, 6900, 4800, 650, 1700, true },
	{ 9 * 60, 21 * 60 + 30, 2400, 2600, 300, 4500, false },
};

static void make_person(struct demo_campus *c, size_t i)
{
	struct demo_person *p = &c->people[i];
	struct random_seeded *r = &c->random;

	p->is_staff = i % 12 == 0;
	snprintf(p->name, sizeof p->name, "%s%s%s", PICK(r, surnames),
	         random_chance(r, 8000) ? PICK(r, given_first) : "", PICK(r, given_second));
	snprintf(p->department, sizeof p->department, "%s",
	         p->is_staff ? PICK(r, staff_departments) : PICK(r, departments));
	p->card_no = DEMO_CARD_BASE + i;
	p->canteen = (uint16_t)random_below(r, ARRAY_LEN(canteens) * ARRAY_LEN(windows));
	p->appetite = (uint16_t)(75 + random_below(r, 60));
}

static void make_merchants(struct demo_campus *c)
{
	uint16_t next = 0;

	for (size_t i = 0; i < DEMO_MERCHANTS; i++) {
		struct demo_merchant *m = &c->merchants[i];

		m->is_canteen = i < ARRAY_LEN(canteens) * ARRAY_LEN(windows);
		if (m->is_canteen)
			snprintf(m->name, sizeof m->name, "%s%s", canteens[i / ARRAY_LEN(windows)],
			         windows[i % ARRAY_LEN(windows)]);
		else
			snprintf(m->name, sizeof m->name, "%s",
			         shops[i - ARRAY_LEN(canteens) * ARRAY_LEN(windows)]);
		m->first_terminal = next;
		m->terminal_count = DEMO_TERMINALS / DEMO_MERCHANTS;
		next = (uint16_t)(next + m->terminal_count);
	}
}

void demo_campus_init(struct demo_campus *c, uint64_t seed)
{
	random_seeded_init(&c->random, seed);
	for (size_t i = 0; i < DEMO_PEOPLE; i++)
		make_person(c, i);
	make_merchants(c);
}

int32_t demo_topup_fen(struct demo_campus *c, const struct demo_person *p)
{
	return (int32_t)(5000 * (1 + random_below(&c->random, p->is_staff ? 6 : 4)));
}

static bool is_weekend(struct bizdate day)
{
	int64_t weekday = (bizdate_days(day) + 3) % 7; /* 1970-01-01 was a Thursday; 0 is Monday */

	return weekday >= 5;
}

/* Most people keep to one canteen window; the rest, and all shops, are chosen freely. */
static uint16_t choose_terminal(struct demo_campus *c, const struct demo_person *p,
                                const struct meal *meal)
{
	struct random_seeded *r = &c->random;
	size_t canteen_count = ARRAY_LEN(canteens) * ARRAY_LEN(windows);
	const struct demo_merchant *m;

	if (meal->canteen)
		m = &c->merchants[random_chance(r, 6000) ? p->canteen
		                                         : random_below(r, canteen_count)];
	else
		m = &c->merchants[canteen_count + random_below(r, DEMO_MERCHANTS - canteen_count)];
	return (uint16_t)(m->first_terminal + random_below(r, m->terminal_count));
}

static void plan_meal(struct demo_campus *c, size_t person, const struct meal *meal,
                      struct instant midnight, struct demo_event *e)
{
	struct random_seeded *r = &c->random;
	const struct demo_person *p = &c->people[person];
	int64_t minute =
	        meal->from + (int64_t)((random_below(r, (uint64_t)(meal->to - meal->from)) +
	                                random_below(r, (uint64_t)(meal->to - meal->from))) /
	                               2);
	int64_t price = meal->low_fen +
	                (int64_t)random_below(r, (uint64_t)(meal->high_fen - meal->low_fen));

	*e = (struct demo_event){
		.at = { midnight.us + (minute * 60 + (int64_t)random_below(r, 60)) * SECOND_US },
		.kind = DEMO_PURCHASE,
		.person = (uint16_t)person,
		.terminal = choose_terminal(c, p, meal),
		.amount_fen = (int32_t)(price * p->appetite / 100 / 10 * 10),
	};
}

static int by_time(const void *a, const void *b)
{
	const struct demo_event *x = a, *y = b;

	if (x->at.us != y->at.us)
		return x->at.us < y->at.us ? -1 : 1;
	return x->person < y->person ? -1 : x->person > y->person;
}

/* Now and then a sale is taken back: at once at the till, or later at the merchant's. */
static size_t plan_correction(struct demo_campus *c, const struct demo_event *sale,
                              struct demo_event *out)
{
	struct random_seeded *r = &c->random;
	bool is_void;

	if (!random_chance(r, 40))
		return 0;
	is_void = random_chance(r, 5000);
	*out = *sale;
	out->kind = is_void ? DEMO_VOID : DEMO_REFUND;
	out->at.us += (int64_t)(is_void ? 20 + random_below(r, 40) : 300 + random_below(r, 1500)) *
	              SECOND_US;
	return 1;
}

size_t demo_day(struct demo_campus *c, struct bizdate day, struct instant until,
                struct demo_event *out, size_t size)
{
	struct instant midnight = { bizdate_days(day) * 86400 * SECOND_US -
		                    (int64_t)TIME_ZONE_CHINA_S * SECOND_US };
	bool weekend = is_weekend(day);
	size_t count = 0, kept = 0;

	for (size_t person = 0; person < DEMO_PEOPLE; person++)
		for (size_t m = 0; m < ARRAY_LEN(meals); m++) {
			if (!random_chance(&c->random,
			                   weekend ? meals[m].weekend : meals[m].weekday))
				continue;
			ASSERT(count + 2 <= size);
			plan_meal(c, person, &meals[m], midnight, &out[count++]);
			count += plan_correction(c, &out[count - 1], &out[count]);
		}
	qsort(out, count, sizeof *out, by_time);
	while (kept < count && out[kept].at.us < until.us)
		kept++;
	return kept;
}
