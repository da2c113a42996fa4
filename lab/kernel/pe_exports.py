# SPDX-License-Identifier: MIT
"""Exports and imports of PE files; what kind of thing each export of a Wine builtin is."""

import struct


class Image:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        pe = struct.unpack_from("<I", self.data, 0x3C)[0]
        count, optional_size = (
            struct.unpack_from("<H", self.data, pe + 6)[0],
            struct.unpack_from("<H", self.data, pe + 20)[0],
        )
        self.time_stamp = struct.unpack_from("<I", self.data, pe + 8)[0]
        self.size_of_image = struct.unpack_from("<I", self.data, pe + 24 + 56)[0]
        self.image_base = struct.unpack_from("<Q", self.data, pe + 24 + 24)[0]
        self.directories = pe + 24 + 112
        self.sections = [
            struct.unpack_from("<8sIIII", self.data, pe + 24 + optional_size + 40 * i)
            for i in range(count)
        ]

    def at(self, rva):
        """File offset and section name of an RVA."""
        for name, virtual_size, address, raw_size, raw in self.sections:
            if address <= rva < address + max(virtual_size, raw_size):
                return rva - address + raw, name.rstrip(b"\0").decode()
        return None, None

    def text(self, rva):
        offset = self.at(rva)[0]
        return self.data[offset : self.data.index(b"\0", offset)].decode()

    def directory(self, index):
        return struct.unpack_from("<II", self.data, self.directories + 8 * index)

    def exports(self):
        """name -> real, thunk, stub (raises when called), data or forward."""
        rva, size = self.directory(0)
        table = struct.unpack_from("<10I", self.data, self.at(rva)[0])
        functions, names, ordinals = (self.at(table[i])[0] for i in (7, 8, 9))
        result = {}
        for i in range(table[6]):
            name = self.text(struct.unpack_from("<I", self.data, names + 4 * i)[0])
            ordinal = struct.unpack_from("<H", self.data, ordinals + 2 * i)[0]
            target = struct.unpack_from("<I", self.data, functions + 4 * ordinal)[0]
            offset, section = self.at(target)
            code = self.data[offset : offset + 32] if offset else b""
            result[name] = classify(rva <= target < rva + size, section, code)
        return result

    def imports(self):
        """[(module, name)]"""
        rva = self.directory(1)[0]
        result = []
        while rva:
            thunks, _, _, module, first = struct.unpack_from("<5I", self.data, self.at(rva)[0])
            if not module:
                break
            entry = self.at(thunks or first)[0]
            while True:
                value = struct.unpack_from("<Q", self.data, entry)[0]
                if not value:
                    break
                if not value >> 63:
                    result.append((self.text(module), self.text(value + 2)))
                entry += 8
            rva += 20
        return result


def classify(is_forward, section, code):
    if is_forward:
        return "forward"
    if section != ".text":
        return "data"
    # What Wine's spec compiler makes of "@ stub":
    # sub rsp,28h; lea rcx,module; lea rdx,name; call; nop
    if (
        code[:7] == bytes.fromhex("4883ec28488d0d")
        and code[11:14] == bytes.fromhex("488d15")
        and code[18] == 0xE8
        and code[23] == 0x90
    ):
        return "stub"
    if code[:2] == b"\xff\x25" or code[:3] == b"\x48\xff\x25" or code[:1] == b"\xe9":
        return "thunk"
    return "real"
