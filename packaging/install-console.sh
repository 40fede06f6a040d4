#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install-console.sh: the console's files as they are when Meson installs; they are built apart from it (tools/console.sh).
set -eu
from=$MESON_SOURCE_ROOT/console/dist
to=$MESON_INSTALL_DESTDIR_PREFIX/share/yika/console
if [ ! -e "$from/index.html" ]; then
	echo "install-console.sh: $from is not built; yikad will serve no console (tools/console.sh build, then install again)" >&2
	exit 0
fi
mkdir -p "$to"
cp -R "$from/." "$to/"
