/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <unistd.h>

#undef OK /* of ncurses, an int; ours is a result */
#include "device/pos/pos_curses.h"

enum { TURN_US = 200000, KEY_ESCAPE = 27, COLOUR_OFFLINE = 1, HEIGHT_MIN = 12, WIDTH_MIN = 60 };

/* The software reader: # and a number lay a card on it, # alone takes it away. */
struct reader_pad {
	bool open;
	char number[POS_CARD_NO_SIZE];
	size_t len;
};

static int key_of(int c)
{
	static const struct {
		int c;
		enum pos_key key;
	} keys[] = {
		{ '.', POS_KEY_POINT },
		{ '+', POS_KEY_PLUS },
		{ '*', POS_KEY_TIMES },
		{ 'x', POS_KEY_TIMES },
		{ KEY_BACKSPACE, POS_KEY_CLEAR_ONE },
		{ 127, POS_KEY_CLEAR_ONE },
		{ 8, POS_KEY_CLEAR_ONE },
		{ KEY_ESCAPE, POS_KEY_CLEAR_ALL },
		{ 'c', POS_KEY_CLEAR_ALL },
		{ '\n', POS_KEY_ENTER },
		{ '\r', POS_KEY_ENTER },
		{ KEY_ENTER, POS_KEY_ENTER },
		{ KEY_F(1), POS_KEY_FIXED_1 },
		{ KEY_F(2), POS_KEY_FIXED_2 },
		{ KEY_F(3), POS_KEY_FIXED_3 },
		{ 'v', POS_KEY_VOID },
	};

	if (c >= '0' && c <= '9')
		return (int)POS_KEY_0 + (c - '0');
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].c == c)
			return (int)keys[i].key;
	return -1;
}

static void draw_pane(const char *title, const char (*lines)[POS_LINE_SIZE], int column, int width)
{
	mvprintw(1, column, "%.*s", width, title);
	mvhline(2, column, ACS_HLINE, width);
	for (int i = 0; i < POS_LINES_MAX; i++)
		mvaddnstr(4 + i, column, lines[i], -1);
}

static void draw(struct pos_till *t, const struct reader_pad *pad)
{
	struct pos_view view;
	bool zh = t->screen.language == POS_CHINESE;
	int half = COLS / 2;

	pos_till_view(t, &view);
	erase();
	if (view.orange)
		attron(COLOR_PAIR(COLOUR_OFFLINE));
	draw_pane(zh ? "操作员" : "Clerk", (const char(*)[POS_LINE_SIZE])view.clerk, 1, half - 2);
	if (view.orange)
		attroff(COLOR_PAIR(COLOUR_OFFLINE));
	attron(A_BOLD);
	draw_pane(zh ? "顾客" : "Customer", (const char(*)[POS_LINE_SIZE])view.customer, half + 1,
	          half - 2);
	attroff(A_BOLD);
	mvvline(1, half - 1, ACS_VLINE, LINES - 3);
	if (pad->open)
		mvprintw(LINES - 2, 1, "%s %s_", zh ? "卡号" : "Card", pad->number);
	else
		mvaddstr(LINES - 2, 1,
		         zh ? "0-9 . + *  退格 清一  Esc 全清  回车 确认  F1-F3 定额  v 撤销  # "
		              "放卡/取卡  q 退出"
		            : "0-9 . + *  Bksp one  Esc all  Enter  F1-F3 fixed  v void  # card "
		              "on/off  q quit");
	if (view.sound == POS_SOUND_REFUSED || view.sound == POS_SOUND_ALARM)
		beep();
	refresh();
}

static result pad_key(struct pos_till *t, struct reader_pad *pad, int c)
{
	struct pos_input in = { .kind = POS_INPUT_CARD };

	if (c >= '0' && c <= '9' && pad->len + 1 < sizeof pad->number) {
		pad->number[pad->len++] = (char)c;
		pad->number[pad->len] = '\0';
		return OK;
	}
	if (c != '\n' && c != '\r' && c != KEY_ENTER && c != KEY_ESCAPE)
		return OK;
	memcpy(in.card_no, pad->number, sizeof in.card_no);
	*pad = (struct reader_pad){ .open = false };
	return *in.card_no && c != KEY_ESCAPE ? pos_till_input(t, &in) : OK;
}

static result take_key(struct pos_till *t, struct reader_pad *pad, int c)
{
	int key;

	if (pad->open)
		return pad_key(t, pad, c);
	if (c == '#' && *t->screen.card_no)
		return pos_till_input(t, &(struct pos_input){ .kind = POS_INPUT_CARD_GONE });
	if (c == '#') {
		pad->open = true;
		return OK;
	}
	key = key_of(c);
	if (key < 0)
		return OK;
	return pos_till_input(
	        t, &(struct pos_input){ .kind = POS_INPUT_KEY, .key = (enum pos_key)key });
}

static volatile sig_atomic_t asked_to_end;

static void on_signal(int signal_no)
{
	(void)signal_no;
	asked_to_end = 1;
}

static result run(struct pos_till *t)
{
	struct reader_pad pad = { .open = false };
	int c;

	while (!asked_to_end) {
		draw(t, &pad);
		TRY(pos_till_turn(t, STDIN_FILENO, monotonic_us() + TURN_US));
		while ((c = getch()) != ERR) {
			if (c == 'q' && !pad.open)
				return OK;
			TRY(take_key(t, &pad, c));
		}
	}
	return OK;
}

result pos_curses_run(struct pos_till *t)
{
	result r;

	setlocale(LC_CTYPE, "");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !initscr())
		return FAIL(SYSTEM_CALL,
		            "the till's screen needs a terminal; --script runs without one");
	/* The screen is given back and the host hears a sign-off, also at the end of a terminal. */
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	if (has_colors()) {
		start_color();
		init_pair(COLOUR_OFFLINE, COLOR_BLACK, COLOR_YELLOW);
	}
	r = run(t);
	endwin();
	return r;
}
