# Shared by the scripts beside it, which source it under `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Where setup-engines puts things; not every shell has it on its path.
export PATH="${CARGO_INSTALL_ROOT:-${CARGO_HOME:-$HOME/.cargo}}/bin:$PATH"

# fuzz/rust-toolchain.toml asks for nightly, for those who type plain `cargo fuzz`. Nothing here needs it.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && command -v rustup >/dev/null; then
  RUSTUP_TOOLCHAIN=$(cd "$root" && rustup show active-toolchain | cut -d' ' -f1)
  export RUSTUP_TOOLCHAIN
fi

triple=$(cd "$root" && rustc -vV | sed -n 's/^host: //p')

say() { echo "$(basename "$0"): $*" >&2; }
die() { say "$*"; exit 1; }

# build libfuzzer|afl|honggfuzz|plain: all targets for one engine. A folder each, or every switch would rebuild the world.
build() {
  local args=(--locked --release --bins --target "$triple" --manifest-path "$root/fuzz/Cargo.toml")
  case $1 in
    # The drill's baseline, which is none of the registry's targets.
    libfuzzer | plain)
      if [ "$1" = plain ]; then args+=(-p regdiff-baseline); fi
      # From the root, because inside fuzz/ cargo reads the file by itself: flags that are there twice instrument twice.
      # Outer flags would replace those of the file.
      (cd "$root" && env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS cargo build "${args[@]}" --config fuzz/.cargo/config.toml --target-dir fuzz/target/plain) ;;
    afl)
      cargo afl build "${args[@]}" --no-default-features --features afl --target-dir "$root/fuzz/target/afl"
      # The mutator runs inside of afl-fuzz: no instrumentation.
      env -u RUSTFLAGS cargo build --locked --release --manifest-path "$root/fuzz/Cargo.toml" -p regdiff-afl-mutator \
        --target-dir "$root/fuzz/target/seeds" ;;
    honggfuzz)
      (cd "$root/fuzz" && hfuzz_environment && cargo hfuzz build) ;;
    *) die "unknown engine $1: libfuzzer, afl or honggfuzz" ;;
  esac
}

# Affinity is what makes AFL++ fast, but other processes may hold every core. There is no screen to draw on.
afl_environment=(AFL_NO_UI=1 AFL_TRY_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1)

# libFuzzer's default schedule keeps a frequency of every feature of every input, which takes most of its time on scenarios, and
# finds planted faults several times later (docs/speed.md).
libfuzzer_options=(-entropic=0)

# What afl-fuzz needs to mutate the scenarios of a target by structure; nothing for a target that reads texts.
afl_mutator() {
  case $1 in
    codec | text) ;;
    *)
      # FrameShift keeps offsets that a mutator of ours does not maintain, and dies of it.
      echo "REGDIFF_TARGET=$1" AFL_FRAMESHIFT_DISABLE=1 \
        "AFL_CUSTOM_MUTATOR_LIBRARY=$root/fuzz/target/seeds/release/libregdiff_afl_mutator.so" ;;
  esac
}

# One pinned worker: unpinned it is several times slower.
hfuzz_arguments="-n 1 --pin_thread_cpu 1 -v -t 5"

# cargo-hfuzz knows no options of its own, and no relative target folder.
hfuzz_environment() {
  export HFUZZ_BUILD_ARGS="--locked --no-default-features --features honggfuzz"
  export CARGO_TARGET_DIR="$root/fuzz/target/hfuzz"
}

# binary libfuzzer|afl TARGET
binary() {
  local flavour=$1
  if [ "$flavour" = libfuzzer ]; then flavour=plain; fi
  echo "$root/fuzz/target/$flavour/$triple/release/$2"
}

# signature [FILE]: the first line of a panic of ours, which is the signature, in what a target printed.
signature() { awk '/panicked at/ { getline; print; exit }' "$@"; }

# Runs a command in a process group of its own and ends the whole group with it: engines leave children behind.
own_group() {
  local pid status=0
  setsid "$@" &
  pid=$!
  trap 'kill -- "-$pid" 2>/dev/null || true; exit 143' INT TERM
  wait "$pid" || status=$?
  kill -- "-$pid" 2>/dev/null || true
  trap - INT TERM
  return "$status"
}

# packages NAME…: installs those that are missing.
packages() {
  if ! command -v apt-get >/dev/null; then
    say "no apt-get: install with your package manager what Debian calls $*"
    return
  fi
  local missing=() package
  for package in "$@"; do
    if ! grep -q "install ok installed" <(dpkg-query -W -f '${Status}' "$package" 2>/dev/null); then missing+=("$package"); fi
  done
  if [ ${#missing[@]} = 0 ]; then say "packages are there: $*"; return; fi
  local sudo=()
  if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
  say "installing packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

# seeds pack CORPUS FOLDER | seeds generate TARGET COUNT FOLDER | seeds dictionary: no engine and no flags of one.
seeds() {
  env -u RUSTFLAGS cargo run -q --locked --release --manifest-path "$root/fuzz/Cargo.toml" --no-default-features \
    --target-dir "$root/fuzz/target/seeds" --example seeds -- "$@"
}

# regdiff …, built for release.
regdiff() {
  cargo run -q --locked --release --manifest-path "$root/Cargo.toml" -p regdiff -- "$@"
}

# cpu_tree PROCESS: it and all below it, a line each with its CPU seconds and those of its children that have ended: engines put
# their children in sessions of their own.
cpu_tree() {
  { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed 's/^\([0-9]*\) (.*) /\1 /' | awk -v top="$1" -v hertz="$(getconf CLK_TCK)" '
    { parent[$1] = $3; time[$1] = $13 + $14 + $15 + $16 }
    END {
      for (process in parent) {
        for (at = process; at > 1 && at != top; at = parent[at]) {}
        if (at == top) print process, time[process] / hertz
      }
    }'
}
