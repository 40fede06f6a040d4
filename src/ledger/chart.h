/* SPDX-License-Identifier: Apache-2.0 */
/* chart.h — the chart of accounts and the kinds of events, each as one table with its words in both
 * languages. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

enum chart_side { CHART_DEBIT, CHART_CREDIT, CHART_EITHER };

/*
 * CHART(name, code, side, Chinese, English): finance-and-rules.md 1.2. `name` becomes CHART_name.
 * The place in this list never changes; the number stored in rows and pages is `code`.
 */
#define CHART_TABLE(CHART)                                                                         \
	CHART(TILL_CASH, 1001, DEBIT, "操作员尾箱现金", "Cash in operator till")                   \
	CHART(SAFE_CASH, 1002, DEBIT, "库存现金", "Cash in safe, to be banked")                    \
	CHART(BANK, 1010, DEBIT, "一卡通专户存款", "Bank, card-fund account")                      \
	CHART(CHANNEL_RECEIVABLE, 1020, DEBIT, "第三方支付应收",                                   \
	      "Receivable from payment channel")                                                   \
	CHART(CHEQUE_RECEIVABLE, 1030, DEBIT, "支票/经费本应收",                                   \
	      "Cheques and fund-book receivable")                                                  \
	CHART(FUNDER_RECEIVABLE, 1040, DEBIT, "补助拨款应收", "Receivable from subsidy funder")    \
	CHART(HOLDER_RECEIVABLE, 1050, DEBIT, "持卡人应收", "Receivable from cardholder")          \
	CHART(MERCHANT_RECEIVABLE, 1060, DEBIT, "商户应收", "Receivable from merchant")            \
	CHART(OPERATOR_SHORTAGE, 1070, DEBIT, "操作员短款应收", "Operator shortage receivable")    \
	CHART(INTER_PARK, 1900, EITHER, "园区往来", "Inter-park position")                         \
	CHART(MAIN_PURSE, 2001, CREDIT, "持卡人主钱包", "Cardholder main purse")                   \
	CHART(SUBSIDY_PURSE, 2002, CREDIT, "补助钱包", "Cardholder subsidy purse")                 \
	CHART(RESERVE, 2003, CREDIT, "备用金账户", "Cardholder reserve account")                   \
	CHART(CARD_DEPOSIT, 2004, CREDIT, "卡押金", "Card deposits held")                          \
	CHART(SUBSIDY_GRANTED, 2005, CREDIT, "待领补助", "Subsidies granted, not collected")       \
	CHART(UNITS, 2006, CREDIT, "次数钱包", "Prepaid units")                                    \
	CHART(HOLDS, 2010, CREDIT, "预扣冻结", "Holds")                                            \
	CHART(CLOSING, 2015, CREDIT, "销户/补卡待清", "Purses in closing or replacement")          \
	CHART(MERCHANT_TAKINGS, 2101, CREDIT, "商户待结算", "Merchant takings, not settled")       \
	CHART(MERCHANT_STATEMENT, 2102, CREDIT, "商户应付结算款", "Merchant statement payable")    \
	CHART(MERCHANT_DEPOSIT, 2103, CREDIT, "商户存款", "Merchant deposit account")              \
	CHART(AGENCY_PAYABLE, 2201, CREDIT, "代收应付", "Agency collections payable")              \
	CHART(REFUND_PAYABLE, 2301, CREDIT, "退款应付", "Refunds payable to bank cards")           \
	CHART(DORMANT, 2302, CREDIT, "久悬未取款", "Dormant balances")                             \
	CHART(TAX_PAYABLE, 2401, CREDIT, "应交税费", "Tax payable")                                \
	CHART(SUBSIDY_ADVANCE, 2501, CREDIT, "补助拨款预收", "Subsidy money received in advance")  \
	CHART(LOAD_CLEARING, 3001, EITHER, "圈存清算", "Bank load clearing")                       \
	CHART(PAYOUT_CLEARING, 3002, EITHER, "付款清算", "Payout clearing")                        \
	CHART(BANK_DIFFERENCE, 3010, EITHER, "银行差错挂账", "Bank or channel difference")         \
	CHART(ORPHAN_RECORDS, 3011, EITHER, "无主/异常流水挂账", "Orphan terminal records")        \
	CHART(CARD_DRIFT, 3012, EITHER, "卡库不平挂账", "Card and book drift")                     \
	CHART(TILL_DIFFERENCE, 3013, EITHER, "长短款待查", "Till over or short, under inquiry")    \
	CHART(RESULT_CARRIED, 4001, CREDIT, "结余", "Result carried")                              \
	CHART(CARD_COST_INCOME, 5001, CREDIT, "工本费收入", "Card cost income")                    \
	CHART(FEE_INCOME, 5002, CREDIT, "手续费收入", "Service fee income")                        \
	CHART(COMMISSION_INCOME, 5003, CREDIT, "佣金收入", "Commission income")                    \
	CHART(SURCHARGE_INCOME, 5004, CREDIT, "搭伙费/管理费收入", "Board surcharge income")       \
	CHART(LAPSED_INCOME, 5005, CREDIT, "退卡盈余/逾期收入",                                    \
	      "Closing surplus, lapsed balances")                                                  \
	CHART(CANTEEN_SALES, 5006, CREDIT, "自营餐厅收入", "Self-operated canteen sales")          \
	CHART(CHANNEL_FEES, 6001, DEBIT, "通道手续费", "Channel and bank fees")                    \
	CHART(DISCOUNTS, 6002, DEBIT, "折扣让利支出", "Discounts paid by operator or employer")    \
	CHART(FREE_MEALS, 6003, DEBIT, "免费餐支出", "Free meals paid by employer")                \
	CHART(MERCHANT_BONUS, 6004, DEBIT, "充值商户提成", "Top-up merchant bonus")                \
	CHART(LOSSES, 6005, DEBIT, "短款/坏账", "Losses and write-offs")

/* CHART_MAIN_PURSE == 2001: the code itself. */
enum chart_code {
#define CHART(name, code, side, zh, en) CHART_##name = (code),
	CHART_TABLE(CHART)
#undef CHART
};

enum { CHART_COUNT = 44 };

struct chart_row {
	uint16_t code;
	enum chart_side side;
	const char *name, *zh, *en;
};

const struct chart_row *chart_rows(void); /* CHART_COUNT of them, codes ascending */
/* Place of a code in the table, or -1. */
int chart_index(uint32_t code);
const struct chart_row *chart_find(uint32_t code); /* NULL when there is none */
/* Do debits lower this account? true for liabilities, income and result. EITHER counts like DEBIT.
 */
bool chart_is_credit(uint32_t code);
bool chart_is_purse(uint32_t code); /* 2001–2003, 2010, 2015: identity I5 */

/*
 * KIND(name, number, Chinese, English): what happened. Numbers are stored and never change.
 */
#define KIND_TABLE(KIND)                                                                           \
	KIND(OPENING, 1, "期初余额", "Opening balance")                                            \
	KIND(ACCOUNT_OPEN, 2, "开户", "Account opened")                                            \
	KIND(ACCOUNT_CHANGE, 3, "账户变更", "Account changed")                                     \
	KIND(PURCHASE, 4, "消费", "Purchase")                                                      \
	KIND(PURCHASE_VOID, 5, "消费撤销", "Purchase voided")                                      \
	KIND(REFUND, 6, "退货", "Refund")                                                          \
	KIND(TOPUP, 7, "充值", "Top-up")                                                           \
	KIND(TOPUP_VOID, 8, "充值撤销", "Top-up voided")                                           \
	KIND(SUBSIDY, 9, "补助", "Subsidy")                                                        \
	KIND(REVERSAL, 10, "冲正", "Reversal")                                                     \
	KIND(TOMBSTONE, 11, "冲正占位", "Reversed before it came")                                 \
	KIND(HOLD, 12, "预扣", "Hold")                                                             \
	KIND(CAPTURE, 13, "预扣确认", "Hold captured")                                             \
	KIND(RELEASE, 14, "预扣释放", "Hold released")                                             \
	KIND(ADJUSTMENT, 15, "调账", "Adjustment")                                                 \
	KIND(TRANSFER, 16, "转账", "Transfer")                                                     \
	KIND(FEE, 17, "收费", "Fee")                                                               \
	KIND(LOAD, 18, "圈存", "Bank load")                                                        \
	KIND(PAYOUT, 19, "付款", "Payout")                                                         \
	KIND(STATEMENT, 20, "商户结算", "Merchant statement")                                      \
	KIND(CLOSING, 21, "销户", "Account closing")                                               \
	KIND(TILL_CASH, 22, "现金缴存", "Till cash movement")                                      \
	KIND(RECORD, 23, "记录", "Record without money")

enum event_kind {
	KIND_NONE,
#define KIND(name, number, zh, en) KIND_##name = (number),
	KIND_TABLE(KIND)
#undef KIND
};

enum { KIND_LIMIT = 32 }; /* kinds are below it */

struct kind_row {
	uint8_t kind;
	const char *name, *zh, *en; /* name: "PURCHASE" */
};

const struct kind_row *kind_find(uint32_t kind); /* NULL when there is none */
enum event_kind kind_by_name(const char *name);  /* KIND_NONE when there is none */
