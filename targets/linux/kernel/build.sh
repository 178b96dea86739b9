# SPDX-License-Identifier: GPL-2.0-only
# What scripts/kernel does, in functions. Sourced after scripts/lib.sh, which gives root, say and die.

kernel_folder=$root/targets/linux/kernel
cache=${REGDIFF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/regdiff}/kernel

# Where a tree has the driver.
driver=drivers/s390/scsi

# The midlayer's files that get hook.h in front: object, its switch, the folder of its own headers.
hooked=(
  "hosts REGDIFF_HOSTS drivers/scsi"
  "scsi_transport_fc REGDIFF_TRANSPORT_FC drivers/scsi"
  "scsi_scan REGDIFF_SCAN drivers/scsi"
  "scsi_lib REGDIFF_LIB drivers/scsi"
  "scsi_error REGDIFF_ERROR drivers/scsi"
  "sd REGDIFF_SD drivers/scsi"
  "elevator REGDIFF_ELEVATOR block"
)

# Left out of an unpacked package: sources that no such kernel is built from. Kconfig files stay, the configuration reads them all.
not_needed=(
  '*/Documentation/*.rst' '*/tools/testing' '*/tools/perf' '*/samples/*.[ch]' '*/sound/*.[ch]'
  '*/drivers/gpu/*.[ch]' '*/drivers/net/*/*.[ch]' '*/drivers/media/*.[ch]' '*/drivers/staging/*.[ch]' '*/drivers/infiniband/*.[ch]'
  '*/arch/*/dts/*' '*/arch/[ac-rtvwyz]*/*.[chS]'
)

kernel_usage() { sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//p}' "$root/scripts/kernel"; }

kernel_main() {
  version=6.1 tree="" kasan=0 coverage=0 any_version=0 print_dir=0 jobs=$(nproc)
  local chosen=""
  while [ $# -gt 0 ]; do
    case $1 in
      --version) version=${2:?--version needs a number, such as 6.1}; chosen=$chosen.version; shift 2 ;;
      --tree) tree=${2:?--tree needs a folder}; chosen=$chosen.tree; shift 2 ;;
      --kasan) kasan=1; shift ;;
      --coverage) coverage=1; shift ;;
      --any-version) any_version=1; shift ;;
      --print-dir) print_dir=1; shift ;;
      --jobs) jobs=${2:?--jobs needs a number}; shift 2 ;;
      -h | --help) kernel_usage; return ;;
      *) say "unknown option $1"; kernel_usage >&2; exit 2 ;;
    esac
  done
  [ "$chosen" != .version.tree ] && [ "$chosen" != .tree.version ] || die "--version and --tree exclude each other"
  [ "$(uname -m)" = x86_64 ] || die "the kernel lane needs an x86_64 machine; this is $(uname -m)"

  fragments=("$kernel_folder/config/uml.config")
  [ "$kasan" = 0 ] || fragments+=("$kernel_folder/config/kasan.config")
  [ "$coverage" = 0 ] || fragments+=("$kernel_folder/config/coverage.config")
  identify_tree
  base_key=$(base_key) && key=$(full_key)
  out=$cache/$key
  if [ "$print_dir" = 1 ]; then echo "$out"; return; fi
  if [ -e "$out/manifest.json" ]; then
    say "cached: $name"
    echo "$out"
    return
  fi
  check_tools
  mkdir -p "$cache"
  # One build at a time: a second one finds the first one's result.
  exec 9>"$cache/lock"
  flock -n 9 || { say "another build runs; waiting"; flock 9; }
  if [ -e "$out/manifest.json" ]; then echo "$out"; return; fi
  # The lock is ours: what is partial is of a build that did not end, this one's included.
  sweep
  trap sweep EXIT
  SECONDS=0
  provide_tree
  check_tree
  [ -e "$cache/base-$base_key/done" ] || build_base
  build_rest
  echo "$out"
}

sweep() { rm -rf "$cache"/*.partial "$cache"/source/*.partial; }

# A tree's identity: of a package its version, of a repository its commit and what differs from it, else every file. The driver's own files are
# apart: a kernel is not built again for a change of theirs.
identify_tree() {
  driver_identity=""
  if [ -n "$tree" ]; then
    [ -d "$tree" ] || die "$tree is not a folder. Name the top folder of a kernel's source, where Makefile, Kconfig and arch are"
    tree=$(cd "$tree" && pwd -P)
    check_tree
    name=$(basename "$tree")
    local top
    top=$(git -C "$tree" rev-parse --show-toplevel 2>/dev/null || true)
    if [ "$top" = "$tree" ]; then
      identity="git $(git -C "$tree" rev-parse HEAD)"
      kernel_identity="git $({ git -C "$tree" ls-tree -r HEAD | grep -v "	$driver/"
        git -C "$tree" diff HEAD --no-ext-diff --binary -- . ":!$driver"
        git -C "$tree" ls-files -o --exclude-standard -z -- . ":!$driver" | (cd "$tree" && xargs -0r sha256sum --)
      } | sha256sum | cut -c-32)"
    else
      kernel_identity="files $(cd "$tree" && find . -path "./$driver" -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -- | sha256sum | cut -c-32)"
      identity=$kernel_identity
    fi
    driver_identity=$(cd "$tree/$driver" && find . -name 'zfcp_*' -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -- | sha256sum | cut -c-16)
    identity="$identity driver $driver_identity"
    return
  fi
  case $version in *[!0-9.]* | "") die "--version $version: a number is expected, such as 6.1 or 6.12" ;; esac
  package=linux-source-$version
  archive=/usr/src/$package.tar.xz
  name=$package
  if [ ! -e "$archive" ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
      die "$package is missing. As root: apt-get install $package; or name a tree of your own with --tree DIR"
    say "installing $package"
    { apt-get update && apt-get install -y --no-install-recommends "$package"; } >&2 ||
      die "$package cannot be installed; see above. Name a tree of your own with --tree DIR"
    [ -e "$archive" ] || die "$package is installed, but $archive does not exist"
  fi
  identity="package $(sha256sum "$archive" | cut -c-32)"
  kernel_identity=$identity
}

options() { echo "kasan=$kasan coverage=$coverage $(gcc -dumpfullversion 2>/dev/null || true)"; }

# What the kernel itself is made of.
base_key() {
  {
    echo "$kernel_identity"; options
    cat "${fragments[@]}" "$kernel_folder"/overlay/midlayer/*.h
    echo "${hooked[@]}" "${not_needed[@]}"
    declare -f make_kernel kernel_arguments
    [ "$coverage" = 0 ] || { declare -f coverage_arguments; cat "$kernel_folder"/overlay/gcov/*.h; }
  } | sha256sum | cut -c-16
}

# And all that goes into the folder: modules, tools, guest.
full_key() {
  {
    base_key
    echo "$driver_identity"
    find "$kernel_folder/module" "$kernel_folder/overlay" "$kernel_folder/tools" "$kernel_folder/log-ids.toml" -type f -print0 |
      LC_ALL=C sort -z | xargs -0 cat
    find "$root/targets" -name '*.rs' -o -path "$root/targets/*" -name '*.json' -o -path "$root/targets/*" -name Cargo.toml | LC_ALL=C sort | xargs cat
    cat "$root/Cargo.lock"
    rustc -V
    [ -z "${REGDIFF_GUEST:-}" ] || cat "$REGDIFF_GUEST"
  } | sha256sum | cut -c-16
}

# tool PACKAGE: the cure names the package of Debian.
check_tools() {
  local missing=() pair
  for pair in gcc:gcc make:make flex:flex bison:bison bc:bc python3:python3 cpio:cpio flock:util-linux setarch:util-linux xz:xz-utils; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  local include
  include=$(echo '#include <libelf.h>' | gcc -E - >/dev/null 2>&1 || echo missing)
  [ -z "$include" ] || missing+=(libelf-dev)
  echo 'int main(void){return 0;}' | gcc -static -x c -o /dev/null - 2>/dev/null || missing+=(libc6-dev)
  if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "missing: ${missing[*]}. As root: apt-get install ${missing[*]}"
    say "installing ${missing[*]}"
    apt-get install -y --no-install-recommends "${missing[@]}" >&2 || die "cannot install ${missing[*]}; see above"
  fi
  local free
  mkdir -p "$cache"
  free=$(df -Pk "$cache" | awk 'NR==2{print $4}')
  [ "$free" -gt 2000000 ] || die "$cache has $((free / 1024)) MB left; about 2000 are needed. Set REGDIFF_CACHE to a place with more"
}

# step NAME COMMAND…: its output goes to a log that is shown when it fails.
step() {
  local what=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  say "$what …"
  if ! "$@" >"$log" 2>&1; then
    grep -n -m5 -E 'error|Error|undefined|No such' "$log" >&2 || true
    tail -20 "$log" >&2
    mkdir -p "$cache/failed" && mv "$log" "$cache/failed/last.log"
    cure_modules "$cache/failed/last.log"
    die "$what failed; the whole log is $cache/failed/last.log"
  fi
  rm -f "$log"
  say "$what: $((SECONDS - started)) s"
}

# What a failed build of the modules says about the tree. Other steps' logs have none of it.
cure_modules() {
  local names file
  names=$(sed -n 's/.*modpost: "\(zfcp_[a-z0-9_]*\)".*undefined.*/\1/p' "$1" | sort -u | head -5 | paste -sd' ')
  if [ -n "$names" ]; then
    say "the driver of $tree calls what it does not have ($names): a file is missing in $driver. Compare with the tree that it comes from"
    return
  fi
  file=$(sed -n 's,^[^ ]*/\([a-z_]*\.[ch]\):[0-9]*:[0-9]*: error:.*,\1,p' "$1" | head -1)
  case $file in
    "") ;;
    zfcp_*) say "the driver's $file does not compile on this kernel. Put the driver's files over a tree of the version they were written for, or near it" ;;
    *) say "our $file does not fit the driver of $tree: something it uses has another name or type there. Change it below $kernel_folder, with the version or a backport's own mark as condition" ;;
  esac
}

provide_tree() {
  [ -z "$tree" ] || return 0
  tree=$cache/source/$package-$(echo "$identity" | cut -d' ' -f2 | cut -c-16)
  [ ! -d "$tree" ] || return 0
  local partial=$tree.partial
  rm -rf "$partial"
  mkdir -p "$partial"
  step "unpacking $package" tar -xJf "$archive" -C "$partial" --strip-components=1 "${not_needed[@]/#/--exclude=}"
  mv "$partial" "$tree"
}

# Versions that the channel, the overlay and the host's side fit, as `Version` of targets/linux/src/built.rs has them.
fitting=(6.1 6.12)

# check_version NUMBER: of a tree.
check_version() {
  local known
  for known in "${fitting[@]}"; do [ "$1" != "$known" ] || return 0; done
  [ "$(printf '%s\n' 5.4 "$1" | sort -V | head -1)" = 5.4 ] ||
    die "$tree is Linux $1: User-Mode Linux has virtual time from 5.4 on, and the lane needs it. Put the driver's files ($driver) over a tree of ${fitting[0]}, where they compile, and give that"
  if [ "$any_version" = 1 ]; then
    say "$tree is Linux $1, which the lane does not fit (${fitting[*]} do): going on as far as it goes"
    return
  fi
  die "$tree is Linux $1; the lane fits $(echo "${fitting[@]}" | sed "s, , and ,"). Put the driver's files ($driver) over a tree of one of these, where they compile, and give that; or teach the lane: --any-version builds as far as it goes, and shows what has to change"
}

# What must be there, each with the cure for what lacks it. Nothing is built or read in full before.
check_tree() {
  local file number
  grep -qs '^PATCHLEVEL' "$tree/Makefile" ||
    die "$tree is not a kernel tree: it has no Makefile with VERSION and PATCHLEVEL. Name the top folder of a kernel's source"
  number=$(sed -n 's/\r$//; s/^\(VERSION\|PATCHLEVEL\) *= *//p' "$tree/Makefile" | head -2 | paste -sd.)
  check_version "$number"
  for file in arch/um/Makefile arch/um/Kconfig block/blk-mq.c drivers/scsi/scsi_transport_fc.c scripts/basic/fixdep.c $driver/zfcp_erp.c $driver/zfcp_def.h; do
    [ -e "$tree/$file" ] ||
      die "$tree has no $file: headers alone, or a trimmed source. Give the whole source, of a partial checkout: git sparse-checkout disable"
    if grep -q '^version https://git-lfs' <(head -c 40 "$tree/$file"); then
      die "$tree/$file is a pointer of Git LFS, not the file. Bring the files: git lfs pull"
    fi
  done
  if grep -q $'\r' "$tree/arch/um/Makefile" "$tree/scripts/basic/fixdep.c"; then
    die "$tree has lines that end with a carriage return, and its scripts do not run. Check it out again: git config core.autocrlf false"
  fi
  if [ "$kasan" = 1 ] && ! grep -q 'HAVE_ARCH_KASAN' "$tree/arch/um/Kconfig"; then
    die "$tree has no KASAN for User-Mode Linux (kernel 6.0 and later have); leave --kasan out"
  fi
  if [ -e "$tree/.config" ] || [ -d "$tree/include/config" ]; then
    die "$tree was built in place, and a build beside it refuses that. Give a clean checkout: git worktree add ../clean, or make mrproper in it"
  fi
}

make_kernel() {
  # Nothing of the caller's environment is for the kernel's makefiles.
  env -u MAKEFLAGS -u CFLAGS -u LDFLAGS -u ARCH -u CROSS_COMPILE make -C "$tree" ARCH=um SUBARCH=x86_64 O="$build" -j"$jobs" \
    KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' KBUILD_BUILD_USER=regdiff KBUILD_BUILD_HOST=regdiff "$@"
}

kernel_arguments() {
  local entry object switch headers
  for entry in "${hooked[@]}"; do
    read -r object switch headers <<<"$entry"
    echo "CFLAGS_$object.o=-D$switch -I$tree/$headers -include $kernel_folder/overlay/midlayer/hook.h"
  done
  # Exported for modules that nobody loads; a static C library has no such function any more.
  echo "CFLAGS_user_syms.o=-D__xmknod=mknodat"
  # hook.h has one that gives the same numbers in every run.
  echo "CFLAGS_util.o=-Dos_getrandom=regdiff_host_getrandom"
  # And descriptors that raise no interrupts.
  echo "CFLAGS_file.o=-Dos_set_fd_async=regdiff_host_set_fd_async -Dos_set_fd_block=regdiff_host_set_fd_block"
}

# The counters' bookkeeping offers itself to modules.
coverage_arguments() {
  echo "CFLAGS_gcc_base.o=-DREGDIFF_GCOV_EXPORT -include $kernel_folder/overlay/gcov/export.h"
}

build_base() {
  local base=$cache/base-$base_key
  build=$base.partial
  rm -rf "$build"
  mkdir -p "$build"
  cat "${fragments[@]}" >"$build/fragment"
  step "configuring $name" make_kernel KCONFIG_ALLCONFIG="$build/fragment" allnoconfig
  check_configuration
  local arguments
  mapfile -t arguments < <(kernel_arguments; [ "$coverage" = 0 ] || coverage_arguments)
  # `modules` too: without it there is no Module.symvers.
  step "building $name (minutes)" make_kernel "${arguments[@]}" linux modules
  echo "$SECONDS" >"$build/seconds"
  touch "$build/done"
  rm -rf "$base"
  mv "$build" "$base"
  # The tree's path is known to the build, its own is in a few scripts only.
  build=$base
}

# A line of the fragment that did not take: a dependency that this tree has and the others have not.
check_configuration() {
  local line missing=()
  while read -r line; do
    case $line in CONFIG_*=n | \#* | "") continue ;; esac
    grep -qxF "$line" "$build/.config" || missing+=("$line")
  done <"$build/fragment"
  [ ${#missing[@]} -eq 0 ] || die "$name does not offer, or not in this combination: ${missing[*]}"
}

build_rest() {
  build=$cache/base-$base_key
  local partial=$out.partial guest
  rm -rf "$partial"
  mkdir -p "$partial/modules" "$partial/objects"
  ln -s "$kernel_folder"/module/*.c "$kernel_folder"/module/zfcp/*.c "$tree"/drivers/s390/scsi/zfcp_*.c "$partial/objects/"
  cp "$kernel_folder/module/Kbuild" "$partial/objects/"
  step "building the modules" make_kernel M="$partial/objects" REGDIFF="$kernel_folder/module" REGDIFF_TREE="$tree" \
    REGDIFF_OBJECTS="$partial/objects" REGDIFF_COVERAGE="$coverage" modules
  local module
  for module in regdiff zfcp; do
    strip --strip-debug -o "$partial/modules/$module.ko" "$partial/objects/$module.ko"
  done
  strip --strip-debug -o "$partial/modules/mq-deadline.ko" "$build/block/mq-deadline.ko"
  step "measuring layouts" measure_layout
  step "finding log lines" python3 "$kernel_folder/tools/log_ids.py" --tree "$tree" --table "$kernel_folder/log-ids.toml" \
    --out "$partial/log-ids.json" --lines "$partial/log-lines.json"
  build_guest
  cp "$build/linux" "$partial/linux"
  strip --strip-debug "$partial/linux"
  pack_initramfs
  if [ "$coverage" = 1 ]; then
    mkdir "$partial/coverage"
    mv "$partial/objects"/zfcp_*.gcno "$partial/coverage/"
  fi
  rm -rf "$partial/objects"
  write_manifest
  rm -rf "$out"
  mv "$partial" "$out"
  say "$name: done after $SECONDS s"
}

# REGDIFF_GUEST: another program as /init, for trying things by hand.
build_guest() {
  if [ -n "${REGDIFF_GUEST:-}" ]; then
    cp "$REGDIFF_GUEST" "$partial/guest"
    return
  fi
  local triple=x86_64-unknown-linux-gnu folder=$cache/target
  if [ ! -e "$root/targets/linux/guest/Cargo.toml" ]; then
    die "targets/linux/guest is missing: the guest program is part of the project"
  fi
  # rustup's standard library for this target has the static objects; others may lack them.
  step "building the guest" env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="-C target-feature=+crt-static" CARGO_TARGET_DIR="$folder" \
    cargo build --locked --release --manifest-path "$root/Cargo.toml" --target $triple -p regdiff-guest
  cp "$folder/$triple/release/regdiff-guest" "$partial/guest"
  strip "$partial/guest"
}

# Device nodes need no root this way.
pack_initramfs() {
  local module
  {
    echo "dir /dev 0755 0 0"; echo "dir /proc 0755 0 0"; echo "dir /sys 0755 0 0"; echo "dir /modules 0755 0 0"; echo "dir /tmp 0755 0 0"
    echo "nod /dev/console 0600 0 0 c 5 1"; echo "nod /dev/null 0666 0 0 c 1 3"
    echo "file /init $partial/guest 0755 0 0"
    for module in regdiff zfcp mq-deadline; do
      echo "file /modules/$module.ko $partial/modules/$module.ko 0644 0 0"
    done
  } >"$partial/initramfs.list"
  [ -x "$build/usr/gen_init_cpio" ] || step "building gen_init_cpio" gcc -O1 -o "$build/usr/gen_init_cpio" "$tree/usr/gen_init_cpio.c"
  "$build/usr/gen_init_cpio" -t 0 "$partial/initramfs.list" >"$partial/initramfs.cpio"
  rm "$partial/initramfs.list"
}

# Sizes as the compiler says them: a file of numbers, compiled as the modules are, read back as data.
measure_layout() {
  local folder=$partial/objects
  python3 "$kernel_folder/tools/layout.py" --source --tree "$tree" >"$folder/layout.c" &&
    echo 'obj-m := layout.o' >"$folder/Kbuild.layout" &&
    mkdir -p "$folder/layout" && mv "$folder/layout.c" "$folder/layout/" && mv "$folder/Kbuild.layout" "$folder/layout/Kbuild" &&
    make_kernel M="$folder/layout" KCFLAGS="-I$kernel_folder/overlay -I$tree/drivers/s390/scsi" layout.o &&
    python3 "$kernel_folder/tools/layout.py" --object "$folder/layout/layout.o" --name "$(layout_name)" >"$partial/layout.json"
}

kernel_release() { cat "$build/include/config/kernel.release"; }

layout_name() {
  echo "uml-$(kernel_release | cut -d- -f1 | cut -d. -f1,2)-x86_64"
}

write_manifest() {
  python3 - "$partial/manifest.json" <<PYTHON
import json, sys
json.dump({
    "key": "$key", "base": "$base_key", "tree": "$name", "identity": "$identity", "release": "$(kernel_release)",
    "compiler": "$(gcc --version | head -1)", "kasan": bool($kasan), "coverage": bool($coverage),
    "seconds": $SECONDS, "kernel_seconds": int(open("$build/seconds").read()),
    "layout": json.load(open("$partial/layout.json")),
}, open(sys.argv[1], "w"), indent=1, sort_keys=True)
PYTHON
}
