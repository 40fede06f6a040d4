# SPDX-License-Identifier: Apache-2.0
"""The rules that tools/tidy.py holds the tree to, one module for each kind of thing it reads."""
