#!/bin/bash -eu
# SPDX-License-Identifier: MIT OR Apache-2.0
# The same as for OSS-Fuzz; only how the source gets into the image differs.
exec bash -eux "$SRC/regdiff/scripts/oss-fuzz/build.sh"
