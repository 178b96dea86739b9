# Tables of a line count in lcov's form: lines per crate, and regions above a share of their crate with the reason for each.
# Variables: root, the repository with a slash at its end; why, the file of reasons (path, tab, reason); share, in per cent.

BEGIN {
  while ((getline line < why) > 0) {
    if (line == "" || line ~ /^#/) continue
    tab = index(line, "\t")
    order[++reasons] = substr(line, 1, tab - 1)
    reason[order[reasons]] = substr(line, tab + 1)
  }
}

/^SF:/ {
  path = substr($0, 4)
  ours = index(path, root) == 1
  if (!ours) next
  path = substr(path, length(root) + 1)
  ours = path ~ /^(targets|oracle)\// && path !~ /\/(tests|examples|benches)\//
  if (!ours) next
  crate = path
  sub(/\/src\/.*/, "", crate)
}

ours && /^DA:/ {
  split(substr($0, 4), part, ",")
  lines[path]++; all[crate]++
  if (part[2] + 0 > 0) { ran[path]++; run[crate]++ } else missed[path] = missed[path] (missed[path] == "" ? "" : " ") part[1]
  of[path] = crate
}

# Line numbers as ranges.
function ranges(text,    number, n, i, out, from, to) {
  n = split(text, number, " ")
  for (i = 1; i <= n; i++) {
    from = to = number[i]
    while (i < n && number[i + 1] - to <= 2) to = number[++i]
    out = out (out == "" ? "" : ", ") (from == to ? from : from "-" to)
  }
  return out
}

# A file, or the folder that the reasons name it by.
function region(path,    i, best) {
  best = path
  for (i = 1; i <= reasons; i++) if (path == order[i] || index(path, order[i] "/") == 1) { best = order[i]; break }
  return best
}

function sorted(set, out,    key, n, i, j, held) {
  n = 0
  for (key in set) out[++n] = key
  for (i = 2; i <= n; i++) {
    held = out[i]
    for (j = i - 1; j > 0 && out[j] > held; j--) out[j + 1] = out[j]
    out[j + 1] = held
  }
  return n
}

END {
  print "| crate | lines | run | % |\n|---|---|---|---|"
  n = sorted(all, crates)
  for (i = 1; i <= n; i++) {
    crate = crates[i]
    printf "| `%s` | %d | %d | %.1f |\n", crate, all[crate], run[crate], 100 * run[crate] / all[crate]
    total += all[crate]; total_run += run[crate]
  }
  printf "| all | %d | %d | **%.1f** |\n", total, total_run, 100 * total_run / total
  print "\nRegions of which more than " share " % of their crate's lines do not run, and why:\n"
  print "| region | lines that do not run | of the crate | why |\n|---|---|---|---|"
  for (path in lines) {
    at = region(path)
    left[at] += lines[path] - ran[path]; crate_of[at] = of[path]
  }
  n = sorted(left, regions)
  for (i = 1; i <= n; i++) {
    at = regions[i]
    part_of = 100 * left[at] / all[crate_of[at]]
    if (part_of <= share) {
      if (at in reason) { bad = 1; print "a reason that nothing needs: " at > "/dev/stderr" }
      continue
    }
    used[at] = 1
    if (!(at in reason)) {
      bad = 1
      print "no reason: " at ", " left[at] " lines: " ranges(missed[at]) > "/dev/stderr"
    }
    printf "| `%s` | %d | %.1f %% | %s |\n", at, left[at], part_of, at in reason ? reason[at] : "**not looked at**"
  }
  for (i = 1; i <= reasons; i++) if (!(order[i] in left)) { bad = 1; print "a reason for what is not there: " order[i] > "/dev/stderr" }
  exit bad
}
