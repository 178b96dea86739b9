#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Structure sizes of a built kernel, as a profile of targets/scenario/src/layouts.json.

layout.py --source                                writes a C file of numbers, to be compiled as a module's object is.
layout.py --object FILE --name NAME [--tree DIR]  reads the numbers back and writes the profile.
"""

import argparse
import json
import re
import struct
import subprocess
import sys
import tempfile

SDB = ["table.sgl", "table.nents", "table.orig_nents", "length"]
SG = ["page_link", "offset", "length", "dma_address", "dma_length", "dma_flags"]
REQUEST = ["q", "mq_ctx", "mq_hctx", "cmd_flags", "rq_flags", "tag", "internal_tag", "timeout", "__data_len", "__sector", "bio", "biotail", "queuelist"]
# Members that exist only with an option of the configuration, by the preprocessor's condition.
OPTIONAL = {"dma_length": "defined(CONFIG_NEED_SG_DMA_LENGTH)", "dma_flags": "defined(CONFIG_NEED_SG_DMA_FLAGS) || defined(CONFIG_PCI_P2PDMA)"}

NUMBERS = [
    ("kernel_version", "LINUX_VERSION_CODE"),
    ("cache_line", "L1_CACHE_BYTES"),
    ("page_size", "PAGE_SIZE"),
    ("request_size", "sizeof(struct request)"),
    ("scsi_cmnd_size", "sizeof(struct scsi_cmnd)"),
    ("sdb_offset", "offsetof(struct scsi_cmnd, sdb)"),
    ("prot_sdb_offset", "offsetof(struct scsi_cmnd, prot_sdb)"),
    ("prot_op_offset", "offsetof(struct scsi_cmnd, prot_op)"),
    ("prot_flags_offset", "offsetof(struct scsi_cmnd, prot_flags)"),
    ("scsi_data_buffer_size", "sizeof(struct scsi_data_buffer)"),
    ("scatterlist_size", "sizeof(struct scatterlist)"),
    ("hostt_sg_tablesize", "(QDIO_MAX_ELEMENTS_PER_BUFFER - 1) * ZFCP_QDIO_MAX_SBALS_PER_REQ - 2"),
    ("shost.prot_capabilities", "offsetof(struct Scsi_Host, prot_capabilities)"),
    ("shost.prot_guard_type", "offsetof(struct Scsi_Host, prot_guard_type)"),
    ("shost.can_queue", "offsetof(struct Scsi_Host, can_queue)"),
    ("shost.tag_set", "offsetof(struct Scsi_Host, tag_set)"),
    ("shost.sizeof", "sizeof(struct Scsi_Host)"),
    ("tag_set_cmd_size_offset", "offsetof(struct blk_mq_tag_set, cmd_size)"),
    ("tag_set_size", "sizeof(struct blk_mq_tag_set)"),
    ("inline_sg_count", "SCSI_INLINE_SG_CNT"),
    ("inline_prot_sg_count", "SCSI_INLINE_PROT_SG_CNT"),
]
MISSING = 0xFFFFFFFF


def entries():
    """Name and C expression (or None where a condition guards it) of every number, in order."""
    for name, expression in NUMBERS:
        yield name, expression, None
    for prefix, type_name, members in (("sdb", "scsi_data_buffer", SDB), ("sg", "scatterlist", SG), ("request", "request", REQUEST)):
        for member in members:
            condition = OPTIONAL.get(member)
            yield f"{prefix}.{member}.offset", f"offsetof(struct {type_name}, {member})", condition
            yield f"{prefix}.{member}.size", f"sizeof(((struct {type_name} *)0)->{member})", condition


def source(tree):
    lines = [
        "/* Made by layout.py. */",
        "#include <linux/blk-mq.h>",
        "#include <linux/cache.h>",
        "#include <linux/module.h>",
        "#include <linux/scatterlist.h>",
        "#include <linux/version.h>",
        "#include <scsi/scsi_cmnd.h>",
        "#include <scsi/scsi_host.h>",
        '#include "zfcp_qdio.h"',
        # Two constants of a file, not of a header: taken from there as they are.
        *inline_counts(tree),
        'const u32 regdiff_layout[] __attribute__((section(".regdiff_layout"), used)) = {',
    ]
    for name, expression, condition in entries():
        if condition:
            lines += [f"#if {condition}", f"\t{expression}, /* {name} */", "#else", f"\t{MISSING}u,", "#endif"]
        else:
            lines.append(f"\t{expression}, /* {name} */")
    lines += ["};", 'MODULE_LICENSE("GPL");']
    return "\n".join(lines) + "\n"


def inline_counts(tree):
    text = open(f"{tree}/drivers/scsi/scsi_lib.c").read()
    found = re.search(r"^#ifdef\s+CONFIG_ARCH_NO_SG_CHAIN\n(?:.*\n){1,8}?#endif", text, re.M)
    if not found or "SCSI_INLINE_SG_CNT" not in found.group(0):
        sys.exit(f"{tree}/drivers/scsi/scsi_lib.c does not say SCSI_INLINE_SG_CNT as expected")
    return found.group(0).split("\n")


def members(numbers, prefix, names, size, rewritten=False):
    result = []
    end = 0
    for name in names:
        offset = numbers[f"{prefix}.{name}.offset"]
        if offset == MISSING:
            continue
        member = {"name": name, "offset": offset, "size": numbers[f"{prefix}.{name}.size"]}
        if rewritten:
            member["rewritten_when_the_slot_is_next_allocated"] = True
        result.append(member)
        end = offset + member["size"]
    if size and end < size:
        result.append({"name": "(padding)", "offset": end, "size": size - end})
    return result


def profile(path, name):
    with tempfile.NamedTemporaryFile() as raw:
        subprocess.run(["objcopy", "-O", "binary", "-j", ".regdiff_layout", path, raw.name], check=True)
        data = open(raw.name, "rb").read()
    names = [entry[0] for entry in entries()]
    if len(data) != 4 * len(names):
        sys.exit(f"{path} has {len(data)} bytes of numbers, {4 * len(names)} were expected")
    n = dict(zip(names, struct.unpack(f"<{len(names)}I", data)))
    version = n["kernel_version"]
    return {
        "name": name,
        "source": "compiled against the configured tree by targets/linux/kernel/tools/layout.py",
        "confidence": "measured",
        "kernel_version": f"{version >> 16}.{version >> 8 & 255}.{version & 255}",
        "elevator_policy": "at_add_disk",
        "arch": "um-x86_64",
        "endianness": "little",
        "debug": False,
        "config_notes": "targets/linux/kernel/config/uml.config",
        "cache_line": n["cache_line"],
        "page_size": n["page_size"],
        "max_order": 4,
        "request_size": n["request_size"],
        "scsi_cmnd_size": n["scsi_cmnd_size"],
        "sdb_offset": n["sdb_offset"],
        "prot_sdb_offset": n["prot_sdb_offset"],
        "prot_op_offset": n["prot_op_offset"],
        "prot_flags_offset": n["prot_flags_offset"],
        "scsi_data_buffer_size": n["scsi_data_buffer_size"],
        "scsi_data_buffer_members": members(n, "sdb", SDB, n["scsi_data_buffer_size"]),
        "scatterlist_size": n["scatterlist_size"],
        "scatterlist_members": members(n, "sg", SG, n["scatterlist_size"]),
        "inline_sg_count": n["inline_sg_count"],
        "inline_prot_sg_count": n["inline_prot_sg_count"],
        "hostt_cmd_size": 0,
        "hostt_can_queue": 4096,
        "hostt_sg_tablesize": n["hostt_sg_tablesize"],
        "hostt_sg_prot_tablesize": 0,
        "hostt_cmd_per_lun": 0,
        "reserved_tags": 0,
        "nr_hw_queues": 1,
        "shost_offsets": {key.split(".")[1]: n[key] for key in names if key.startswith("shost.")},
        "tag_set_cmd_size_offset": n["tag_set_cmd_size_offset"],
        "tag_set_size": n["tag_set_size"],
        "next_request_first_members": members(n, "request", REQUEST, 0, rewritten=True),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", action="store_true")
    parser.add_argument("--tree", required=False)
    parser.add_argument("--object")
    parser.add_argument("--name")
    arguments = parser.parse_args()
    if arguments.source:
        sys.stdout.write(source(arguments.tree))
    else:
        json.dump(profile(arguments.object, arguments.name), sys.stdout, indent=1)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
