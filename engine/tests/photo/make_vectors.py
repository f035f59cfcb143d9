"""Pillow's own bicubic resampling, luma and compositing on small pictures: vectors.json.

    pip install pillow==13.0.0 && python make_vectors.py > vectors.json

A picture of `width × height` RGBA pixels is made of the bytes of this generator (Numerical
Recipes' LCG): state = (1664525 state + 1013904223) mod 2^32 from `seed` on, byte = state >> 24.
The test makes the same. Where `opaque` is set the fourth byte of each pixel is 255 instead.
Every picture is cropped to a square: side = int(share * min(width, height)),
left = (width - side) // 2, top = (height - side) // 2.
"""
import json

from PIL import Image

CASES = [  # width, height, share kept, side wanted, opaque, mode
    (37, 23, 1.0, 8, True, "RGB"),
    (23, 37, 0.875, 9, True, "RGB"),
    (200, 131, 0.875, 11, True, "RGB"),
    (7, 5, 1.0, 13, True, "RGB"),
    (16, 16, 1.0, 16, True, "RGB"),
    (31, 29, 1.0, 7, False, "RGB"),
    (64, 48, 1.0, 10, True, "L"),
    (9, 9, 1.0, 1, True, "L"),
]


def picture(width, height, seed, opaque):
    state, data = seed, bytearray()
    for at in range(width * height * 4):
        state = (1664525 * state + 1013904223) % 2**32
        data.append(255 if opaque and at % 4 == 3 else state >> 24)
    return Image.frombytes("RGBA", (width, height), bytes(data))


def main():
    cases = []
    for seed, (width, height, share, to, opaque, mode) in enumerate(CASES, 1):
        photo = picture(width, height, seed, opaque)
        white = Image.new("RGB", photo.size, (255, 255, 255))
        white.paste(photo, mask=photo.getchannel("A"))
        side = int(share * min(width, height))
        left, top = (width - side) // 2, (height - side) // 2
        cut = white.convert(mode).crop((left, top, left + side, top + side))
        scaled = cut.resize((to, to), Image.Resampling.BICUBIC)
        cases.append({
            "seed": seed, "width": width, "height": height, "opaque": opaque, "crop": share,
            "channels": len(mode), "side": to, "levels": scaled.tobytes().hex(),
        })
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


main()
