"""Makes the zips of the tests of data sets with Python's zipfile and Pillow-free PNGs (zlib)."""
import io, struct, zipfile, zlib

def png(width, height, grey):
    """A grey PNG of 8 bits, every row unfiltered."""
    chunk = lambda kind, data: (struct.pack(">I", len(data)) + kind + data
                                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + bytes(grey[y * width:(y + 1) * width]) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))

def make(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as out:
        for name, data in files:
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = method
            out.writestr(entry, data)

def picture(start):
    return png(4, 3, [(start + 20 * at) % 256 for at in range(12)])

make("folders.zip", [
    ("shapes/train/square/a.png", picture(0)), ("shapes/train/square/b.png", picture(1)),
    ("shapes/train/circle/a.png", picture(2)), ("shapes/test/circle/z.png", picture(3)),
    ("shapes/.DS_Store", b"x"), ("__MACOSX/shapes/._a.png", b"x"),
    ("shapes/train/square/Thumbs.db", b"x"),
])
make("stored.zip", [("a/1.png", picture(4)), ("b/1.png", picture(5))], zipfile.ZIP_STORED)
make("loose.zip", [("a/1.png", picture(4)), ("loose.png", picture(5))])
make("text.zip", [("a/1.png", picture(4)), ("b/notes.txt", b"no picture")])
make("one.zip", [("a/1.png", picture(4)), ("a/2.png", picture(5))])
