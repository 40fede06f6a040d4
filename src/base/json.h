/* SPDX-License-Identifier: Apache-2.0 */
/* json.h — reading by a table of fields that collects every violation; writing as a stream, no tree. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/money.h"

/* --- reading (over jansson, duplicates refused) --- */

enum jread_type { JREAD_TEXT, JREAD_INTEGER, JREAD_BOOL };

/* One member of a request object. Values land at `offset`: struct str (arena), int64_t, bool. */
struct jread_field {
	const char     *name;
	enum jread_type type;
	size_t          offset;
	bool            required;
	int64_t         min, max; /* of an integer, or of a text's length in bytes */
};

struct jread_violation {
	struct str  field; /* arena */
	const char *what;  /* "required", "type", "range", "unknown" */
};

enum { JREAD_VIOLATIONS_MAX = 32, JREAD_BODY_MAX = 1 << 20, JREAD_FILE_MAX = 16 << 20 };

struct jread_report {
	struct jread_violation rows[JREAD_VIOLATIONS_MAX];
	size_t                 count;
};

/* What a request object looks like: its members, and the size of the struct they land in. */
struct jread_schema {
	const struct jread_field *fields;
	size_t                    count, size;
	size_t                    text_max; /* bytes of the whole text; 0: JREAD_BODY_MAX */
};

/* Decode one object. A member that is absent or null leaves `out` as it was, so the caller's presets are the
 * defaults. JSON_SYNTAX (report empty) or JSON_FIELDS (report filled); `out` untouched on either. */
result jread_object(struct str text, const struct jread_schema *schema, struct arena *a, void *out,
                    struct jread_report *report);

/* One member of an object of up to JREAD_FILE_MAX bytes whose other members do not matter: a text, or the digits of a
 * whole number; empty when it is neither or there is none. JSON_SYNTAX. */
result jread_member(struct str text, const char *name, struct arena *a, struct str *out);
/* Several of them at once, in the order of `names`. */
result jread_members(struct str text, const char *const *names, size_t count, struct arena *a, struct str *out);

/* From now on memory of what is read is wiped before it is freed: for processes that are sent secrets. Once, before
 * threads. */
void jread_wipe_memory(void);

/* --- writing --- */

enum { JWRITE_DEPTH_MAX = 16 };

/* Zero-initialise with `.out`. Commas and quoting are its work; names and text must be UTF-8. */
struct jwrite {
	struct buf *out;
	int         depth;
	bool        comma[JWRITE_DEPTH_MAX];
};

/* `name` NULL inside an array or at the top. */
void jwrite_object(struct jwrite *j, const char *name);
void jwrite_array(struct jwrite *j, const char *name);
void jwrite_end(struct jwrite *j); /* closes the innermost object */
void jwrite_end_array(struct jwrite *j);
void jwrite_str(struct jwrite *j, const char *name, struct str value);
void jwrite_text(struct jwrite *j, const char *name, const char *value); /* NULL becomes null */
void jwrite_i64(struct jwrite *j, const char *name, int64_t value);
void jwrite_u64_text(struct jwrite *j, const char *name, uint64_t value); /* as a string: past 2^53 */
void jwrite_bool(struct jwrite *j, const char *name, bool value);
void jwrite_null(struct jwrite *j, const char *name);
