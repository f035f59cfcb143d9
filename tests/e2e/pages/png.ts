import { crc32, deflateSync } from "node:zlib";

/** A PNG file (W3C, third edition) of one colour, 8 bits each of red, green and blue. */
export function png(width: number, height: number, rgb: readonly number[]): Buffer {
  const row = Buffer.concat([Buffer.of(0), Buffer.concat(Array(width).fill(Buffer.from(rgb)))]);
  const data = deflateSync(Buffer.concat(Array(height).fill(row)));
  return Buffer.concat([header(width, height), chunk("IDAT", data), chunk("IEND", Buffer.of())]);
}

/** The header of a PNG file of this size, without pixels. */
export function header(width: number, height: number): Buffer {
  const sizes = Buffer.alloc(13);
  sizes.writeUInt32BE(width, 0);
  sizes.writeUInt32BE(height, 4);
  // 8 bits a sample, colours without a palette.
  sizes.set([8, 2], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", sizes)]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
