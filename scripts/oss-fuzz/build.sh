#!/bin/bash -eu
# SPDX-License-Identifier: MIT OR Apache-2.0
# What OSS-Fuzz and ClusterFuzzLite run in their image; scripts/oss-fuzz/check runs it as they do.
# The image sets RUSTUP_TOOLCHAIN and RUSTFLAGS: no `+toolchain` here, and nothing replaced.
cd "$SRC/regdiff"

# Its flags are for plain cargo, and its folder for binaries is not where the service's coverage build looks.
rm -f fuzz/.cargo/config.toml

cargo fuzz build -O --debug-assertions

# Seeds are made by an ordinary program: the sanitiser's flags would build its dependencies once more for nothing.
env -u RUSTFLAGS cargo run --locked --release --manifest-path fuzz/Cargo.toml --no-default-features \
  --target-dir fuzz/target/seeds --example seeds -- pack corpus fuzz/corpus

# A target that finds a known bug at once is rejected, so only those listed are copied: the build makes all of them.
grep -v '^#' scripts/oss-fuzz/targets | while read -r target; do
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  if [ -n "$(ls "fuzz/corpus/$target" 2>/dev/null)" ]; then zip -jqr "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"; fi
  if [ -f "fuzz/dict/$target.dict" ]; then cp "fuzz/dict/$target.dict" "$OUT/"; fi
  if [ -f "fuzz/options/$target.options" ]; then cp "fuzz/options/$target.options" "$OUT/"; fi
done
