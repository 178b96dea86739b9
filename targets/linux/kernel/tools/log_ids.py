#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Derives from a kernel tree what its log lines look like, and which of the project's log ids they are.

log_ids.py --tree DIR --table log-ids.toml --out FILE   for each id the formats of its lines
                                         [--lines FILE]   every line of the tree: place, level, pattern, id where the table knows it
log_ids.py --tree DIR --dump                            one line a call, for who extends the table

The output stays with the build: the texts are the kernel's. The table in the repository names calls by file, function, ordinal and
a hash of the format, so that a call is found when it moved (by its hash) and when its text changed (by its place).
"""

import argparse
import glob
import hashlib
import json
import os
import re
import sys
import tomllib

FILES = [
    "drivers/s390/scsi/zfcp_*.c", "drivers/scsi/hosts.c", "drivers/scsi/scsi*.c", "drivers/scsi/sd*.c", "block/*.c", "fs/sysfs/group.c",
]
LEVELS = {"emerg": 0, "alert": 1, "crit": 2, "err": 3, "error": 3, "warn": 4, "warning": 4, "notice": 5, "info": 6, "debug": 7, "dbg": 7, "default": 4, "cont": 4}
CALL = re.compile(
    r"\b((?:dev|pr|netdev)_(?:emerg|alert|crit|err|warn|warning|notice|info)(?:_ratelimited|_once)?"
    r"|(?:shost|sdev|starget|scmd|sd|sd_first|dev|rport)_printk(?:_ratelimited)?|printk(?:_ratelimited|_once)?"
    r"|WARN(?:_ON)?(?:_ONCE)?|panic)\s*\("
)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
CONVERSION = re.compile(r"%(?:%|[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|z|t|j)?([a-zA-Z])([A-Za-z]*))")


def without_comments(text):
    """Comments become blanks of the same length, strings stay."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)
    return pattern.sub(lambda m: m.group(0) if m.group(0)[0] in "\"'" else re.sub(r"[^\n]", " ", m.group(0)), text)


def functions(text):
    """(name, start, end) of every function body: bodies open and close in the first column."""
    for match in re.finditer(r"^\{", text, re.M):
        head = text[: match.start()]
        head = head[max(head.rfind("\n}"), head.rfind(";"), head.rfind("\n#"), 0):]
        names = re.findall(r"\b([A-Za-z_]\w*)\s*\(", head)
        names = [n for n in names if n not in ("__printf", "__attribute__", "__releases", "__acquires", "__must_hold")]
        end = text.find("\n}", match.start())
        if names and end > 0:
            yield names[0], match.start(), end


def arguments(text, start):
    """The arguments of the call whose parenthesis opens at `start`."""
    depth, last, result, i = 0, start + 1, [], start
    while i < len(text):
        c = text[i]
        if c == '"':
            i = STRING.match(text, i).end()
            continue
        if c == "'":
            i = re.compile(r"'(?:[^'\\]|\\.)*'").match(text, i).end()
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                result.append(text[last:i].strip())
                return result
        elif c == "," and depth == 1:
            result.append(text[last:i].strip())
            last = i + 1
        i += 1
    return result


def level_of(name, args):
    kern = re.search(r"\bKERN_([A-Z]+)", " ".join(args[:2]))
    if kern:
        return LEVELS.get(kern.group(1).lower(), 4)
    if name == "panic":
        return 0
    for word in name.split("_"):
        if word in LEVELS:
            return LEVELS[word]
    return 4


def format_of(args):
    for arg in args:
        stripped = re.sub(r"\b(?:KERN_[A-Z]+|PRI[a-z0-9]+)\b", "", arg).strip()
        if stripped.startswith('"'):
            return "".join(STRING.findall(stripped))
    return None


def escaped(text):
    """For any dialect of regular expressions: only what has a meaning is escaped."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)


def unescaped(text):
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\\\", "\\")


def pattern_of(form):
    """A regular expression for the end of a line: conversions are groups."""
    out, at = [], 0
    form = unescaped(form).rstrip("\n")
    for match in CONVERSION.finditer(form):
        out.append(escaped(form[at: match.start()]))
        kind = match.group(1)
        rest = ""
        if match.group(0) == "%%":
            out.append("%")
        elif kind == "p":
            out.append("(.*?)")
        else:
            # Only after p do letters belong to the conversion.
            rest = match.group(2)
            out.append({"d": r"(-?\d+)", "i": r"(-?\d+)", "u": r"(\d+)", "x": r"\s*([0-9a-f]+)", "X": r"\s*([0-9A-F]+)", "c": "(.)"}.get(kind, "(.*?)"))
        out.append(escaped(rest))
        at = match.end()
    out.append(escaped(form[at:]))
    return "".join(out)


def calls(tree):
    for spec in FILES:
        for path in sorted(glob.glob(os.path.join(tree, spec))):
            name = os.path.relpath(path, tree)
            text = without_comments(open(path, encoding="utf-8", errors="replace").read())
            prefix = ""
            pr_fmt = re.search(r"#define\s+pr_fmt\(fmt\)\s+(.*)", text)
            if pr_fmt:
                prefix = pr_fmt.group(1)
                for macro in re.findall(r"\b[A-Z_]{4,}\b", prefix):
                    value = re.search(rf'#define\s+{macro}\s+("[^"]*")', text)
                    module = os.path.splitext(os.path.basename(name))[0]
                    prefix = prefix.replace(macro, value.group(1) if value else f'"{module}"')
                prefix = "".join(STRING.findall(prefix))
            for function, start, end in functions(text):
                ordinal = 0
                for match in CALL.finditer(text, start, end):
                    call = match.group(1)
                    args = arguments(text, match.end() - 1)
                    form = format_of(args[1:] if call.startswith("WARN") else args)
                    line = text.count("\n", 0, match.start()) + 1
                    if form is None and not call.startswith("WARN"):
                        continue
                    ordinal += 1
                    entry = {"file": name, "function": function, "ordinal": ordinal, "line": line, "level": level_of(call, args), "call": call}
                    if form is None:
                        # The line of the splat that names the place. Modules outside the tree name their own folder.
                        entry["hash"] = hashlib.sha256(re.sub(r"\s+", "", ",".join(args)).encode()).hexdigest()[:12]
                        entry["format"] = ""
                        entry["pattern"] = rf"WARNING: .* at (?:\S*/)?{escaped(os.path.basename(name))}:{line} {function}(?:\+.*)?(?: \[\w+\])?$"
                    else:
                        entry["hash"] = hashlib.sha256(form.encode()).hexdigest()[:12]
                        entry["format"] = form
                        lead = escaped(prefix) if call.startswith("pr_") else ""
                        entry["pattern"] = rf"(?:^|[:\]] ){lead}{pattern_of(form)}$"
                    yield entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--table")
    parser.add_argument("--out")
    parser.add_argument("--lines", help="all calls of the tree, with patterns and places")
    parser.add_argument("--dump", action="store_true")
    arguments_ = parser.parse_args()
    lines = list(calls(arguments_.tree))
    if arguments_.dump:
        for e in lines:
            print(f"{e['file']}\t{e['function']}\t{e['ordinal']}\t{e['hash']}\t{e['level']}\t{e['call']}\t{e['format']}")
        return
    table = tomllib.load(open(arguments_.table, "rb"))
    missing, formats = [], {}
    for log_id, places in table.items():
        found = []
        for place in places:
            same = [e for e in lines if e["file"] == place["file"] and e["hash"] == place.get("hash") and
                    e["function"] == place["function"]]
            if not same:
                same = [e for e in lines if e["file"] == place["file"] and e["function"] == place["function"] and e["ordinal"] == place["ordinal"]
                        and e["call"] == place["call"]]
            found += same
        for entry in found:
            entry["id"] = log_id
        # What a line's text must have; a warning without a text of its own is known by its place, which is in the other file.
        texts = [place["text"] for place in places if "text" in place and found] or [unescaped(e["format"]) for e in found if e["format"]]
        if texts:
            formats[log_id] = sorted(set(texts))
        if not found:
            missing.append(log_id)
    if missing:
        print(f"log_ids.py: {arguments_.tree} has no line for {', '.join(missing)}: they are never seen from this kernel", file=sys.stderr)
    with open(arguments_.out, "w", encoding="utf-8") as out:
        json.dump(formats, out, indent=1, sort_keys=True)
    if arguments_.lines:
        with open(arguments_.lines, "w", encoding="utf-8") as out:
            json.dump({"missing": missing, "lines": lines}, out, indent=1)


if __name__ == "__main__":
    main()
