"""Sealed values read with nothing but SPEC 22: plain Python, none of the project's C.

  sealed_read.py        its own test: the bytes of SPEC 22.9 and 22.11
"""
import base64
import hashlib
import struct
import sys

from stranger import chacha, chacha_block, mac, tag, u16, unseal, x25519, xor

FIELD = 65535


def b2(data, key=b"", size=32):
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def xchacha(key, nonce):
    """The key and nonce of ChaCha20-Poly1305 that XChaCha20-Poly1305 comes down to."""
    start = struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + struct.unpack("<4I", nonce[:16])
    out = struct.unpack("<16I", chacha_block(start))
    plain = [o - s & 0xFFFFFFFF for o, s in zip(out, start)]  # HChaCha20 does not add the start
    return struct.pack("<8I", *plain[:4], *plain[12:]), bytes(4) + nonce[16:]


def unbase64(text):
    data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    assert base64.b64encode(data).decode().rstrip("=") == text, "one form only"
    return data


def reader(pk):
    return b2(tag("dongbo/reader/1") + pk)[:8]


def unwrap(element, secret, pk, rid):
    """(kid, K) of an element that is for this reader; None: it is for another."""
    data = unbase64(element)
    kid, wrapper, to, box = data[:8], data[8:40], data[40:48], data[48:]
    if to != reader(pk):
        return None
    key = b2(tag("dongbo/wrap/1") + wrapper + pk + rid, x25519(secret, wrapper))
    k = unseal(*xchacha(key, kid + bytes(16)), b"", box)
    assert b2(tag("dongbo/seal-id/1"), k)[:8] == kid
    return kid, k


def open_value(k, rid, kind, field, value):
    assert value.startswith("seal1:")
    data = unbase64(value[6:])
    kid, siv, box = data[:8], data[8:32], data[32:]
    assert b2(tag("dongbo/seal-id/1"), k)[:8] == kid
    bound = tag("dongbo/seal/1") + rid + u16(kind) + u16(field)
    padded = unseal(*xchacha(b2(tag("dongbo/seal-ke/1"), k), siv), bound, box)
    assert len(padded) % 64 == 0
    text = padded.rstrip(b"\0")
    assert text[-1] == 0x80 and len(padded) - len(text) < 64
    text = text[:-1]
    assert b2(bound + text, b2(tag("dongbo/seal-eq/1"), k), 24) == siv
    return text.decode()


def read_record(state, rid, secret, pk):
    """The texts of a record's state (SPEC 6.5) that this reader opens, by field number."""
    kind, _, registers, _ = state
    keys = dict(filter(None, (unwrap(r[2], secret, pk, rid) for r in registers if r[0] == FIELD)))
    out = {}
    for r in registers:
        value = r[1][1]
        if isinstance(value, str) and value.startswith("seal1:") and unbase64(value[6:])[:8] in keys:
            out[r[0]] = open_value(keys[unbase64(value[6:])[:8]], rid, kind, r[0], value)
    return out


def open_file(text, rid, sealed):
    """The open bytes of a sealed file; `text` is that of its record's field file_key (SPEC 22.11)."""
    one, key, address, size = text.split(" ")
    begin, nonce, box = sealed[:16], sealed[16:40], sealed[40:]
    assert one == "1" and begin == tag("dongbo/file/1") and (len(box) - 16) % 16384 == 0
    padded = unseal(*xchacha(bytes.fromhex(key), nonce), begin + rid, box)
    plain = padded.rstrip(b"\0")
    assert plain[-1] == 0x80 and len(padded) - len(plain) < 16384
    plain = plain[:-1]
    assert (b2(plain, tag("dongbo/attach/1")).hex(), str(len(plain))) == (address, size)
    return plain


VECTOR = ("seal1:h9A5aTIooOXbJJAqlTqWJt/enHGsnKc0mqgcMSK8rHg9F0kshxaC2Nx+xV6ECmrS0OOVOcpyZa6p4qEZjzcBcr1UpA9q9lCcDkUF"
          "TiY9UlOdnYIifZcMAsGz11euJKjRAk5jMqHqQfastXDzNcKN/w")

FILE_HASH = "4cc844f62f3a911c1f6937e29d1b974e0481c426b7611c65fdb53986ec3352bb"
FILE_TEXT = "1 " + 32 * "07" + " a36dbc0688d55cd6eb18798fec2ff4482058e6294329968b1b4d11c298504f41 3"

if __name__ == "__main__":
    assert open_value(bytes([7]) * 32, bytes([1, 2, 3, 4, 5, 6, 7, 8]) + bytes(8), 15, 18, VECTOR) == "Hoa"
    print("SPEC 22.9 opens")
    file_key, file_nonce, file_rid = bytes([7]) * 32, bytes([9]) * 24, bytes([1, 2, 3, 4, 5, 6, 7, 8]) + bytes(8)
    inner = xchacha(file_key, file_nonce)
    body = xor(b"Hoa\x80" + bytes(16380), chacha(*inner, 1, 16384))
    whole = tag("dongbo/file/1") + file_nonce + body + mac(*inner, tag("dongbo/file/1") + file_rid, body)
    assert b2(whole, tag("dongbo/attach/1")).hex() == FILE_HASH and len(whole) == 16440
    assert open_file(FILE_TEXT, file_rid, whole) == b"Hoa"
    print("SPEC 22.11 opens")
    sys.exit(0)
