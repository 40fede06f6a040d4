/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate as XML: a dozen elements of hexadecimal digits, so no library writes them. */
#include "domain/keys/ipk_response.h"

static result check_text(struct str s)
{
	if (!str_is_utf8(s))
		return FAIL(INVALID_TEXT, "XML is UTF-8");
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)s.at[i] < ' ')
			return FAIL(INVALID_TEXT, "XML 1.0 has no control characters");
	return OK;
}

/* XML 1.0 2.4 */
static void put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		switch (s.at[i]) {
		case '&':
			buf_str(out, STR("&amp;"));
			break;
		case '<':
			buf_str(out, STR("&lt;"));
			break;
		case '>':
			buf_str(out, STR("&gt;"));
			break;
		case '"':
			buf_str(out, STR("&quot;"));
			break;
		default:
			buf_put(out, bytes_of(s.at + i, 1));
		}
}

static void put_hex(struct buf *out, const char *before, struct bytes b, const char *after)
{
	char hex[2 * EMV_KEY_MAX + 1];

	hex_encode(b, hex);
	buf_printf(out, "%s%s%s", before, hex, after);
}

static void put_tags(struct buf *out, const struct ipk_issued *i)
{
	const struct emv_certificate *c = &i->certificate;

	put_hex(out, " <tag id=\"8F\">", bytes_of(&i->ca->index, 1), "</tag>\n");
	put_hex(out, " <tag id=\"90\">", bytes_of(c->block, c->size), "</tag>\n");
	if (c->remainder_len)
		put_hex(out, " <tag id=\"92\">", bytes_of(c->remainder, c->remainder_len),
		        "</tag>\n");
	put_hex(out, " <tag id=\"9F32\">", bytes_of(c->exponent, c->exponent_len), "</tag>\n");
}

result ipk_response_xml(const struct ipk_issued *issued, struct str issuer, struct str scheme,
                        struct buf *out)
{
	const struct emv_holder *h = &issued->holder;

	TRY(check_text(issuer));
	TRY(check_text(scheme));
	buf_str(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ipkCertificate issuer=\""));
	put_escaped(out, issuer);
	buf_str(out, STR("\" scheme=\""));
	put_escaped(out, scheme);
	put_hex(out, "\" rid=\"", bytes_of(issued->ca->rid, EMV_RID), "\"");
	put_hex(out, " caIndex=\"", bytes_of(&issued->ca->index, 1), "\">\n");
	put_tags(out, issued);
	put_hex(out, " <issuerId>", bytes_of(h->id, EMV_ISSUER_ID), "</issuerId>\n");
	put_hex(out, " <expiry>", bytes_of(h->expiry, sizeof h->expiry), "</expiry>\n");
	put_hex(out, " <serial>", bytes_of(h->serial, sizeof h->serial), "</serial>\n");
	put_hex(out, " <hash alg=\"SHA-1\">", bytes_of(issued->hash, EMV_HASH), "</hash>\n");
	put_hex(out, " <source sha256=\"", bytes_of(issued->source, DIGEST_SIZE), "\"/>\n");
	buf_str(out, STR("</ipkCertificate>\n"));
	return buf_done(out);
}
