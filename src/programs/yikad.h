/* SPDX-License-Identifier: Apache-2.0 */
/* yikad.h — the parts of the running daemon, for its files. */
#pragma once

#include "programs/kms_beside.h"
#include "programs/platform.h"
#include "service/control/control.h"
#include "service/rest/rest.h"
#include "service/terminal/terminal_front.h"

struct daemon {
	struct site site;
	struct clock_file clock;
	struct kms_beside kms;
	struct platform platform;
	struct terminal_front *front;
	struct rest *web;
	struct control *control;
};

/* The operator's line: status, cards, terminals, PINs. */
result yikad_control_start(struct daemon *d);
/* Terminal lines as the configuration says. */
result yikad_front_start(struct daemon *d);
/* Console and REST as the configuration says; nothing when they are off. */
result yikad_web_start(struct daemon *d);
