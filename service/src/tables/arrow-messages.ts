import { Footer } from 'apache-arrow/fb/footer';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch';
import { Schema } from 'apache-arrow/fb/schema';
import type { Field } from 'apache-arrow/fb/field';
import { ByteBuffer } from 'flatbuffers';

/** What a message that continues the format of today starts with. */
const CONTINUATION = -1;
const MAGIC = 'ARROW1';
/** The length of the footer, and the magic word again. */
const FILE_TAIL = 4 + MAGIC.length;

/** Bytes that an entry of a vector takes: an offset, or a struct of two integers. */
const OFFSET = 4;
const PAIR = 16;
/** A struct of three. */
const BLOCK = 24;

/**
 * Holds the lengths that an Arrow stream or file gives, of its messages and of the lists in them, against its bytes. Readers believe
 * these lengths: one byte that was changed makes a list of a thousand million columns.
 *
 * @throws Error that says what does not fit.
 */
export function checkArrow(bytes: Uint8Array): void {
  const isFile = Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
  if (isFile) checkFile(bytes);
  else for (let at = 0; at >= 0 && at < bytes.length;) at = checkMessageAt(bytes, at);
}

/** A file says in its footer where its messages are. */
function checkFile(bytes: Uint8Array): void {
  const end = bytes.length - FILE_TAIL;
  const size = end > MAGIC.length ? viewOf(bytes).getInt32(end, true) : -1;
  if (size < 0 || size > end) throw new Error('a file without its footer');
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end - size, end)));
  const schema = footer.schema();
  if (!schema) throw new Error('a file without a schema');
  const room = new Room(size);
  checkSchema(schema, room);
  room.take(footer.dictionariesLength(), BLOCK);
  room.take(footer.recordBatchesLength(), BLOCK);
  for (let i = 0; i < footer.dictionariesLength(); i++) checkMessageAt(bytes, Number(footer.dictionaries(i)!.offset()));
  for (let i = 0; i < footer.recordBatchesLength(); i++) checkMessageAt(bytes, Number(footer.recordBatches(i)!.offset())); // prettier-ignore
}

/** Checks the message there; where the next one is, or -1 after the last. */
function checkMessageAt(bytes: Uint8Array, start: number): number {
  const view = viewOf(bytes);
  let at = start;
  let size = wordAt(view, at);
  at += 4;
  if (size === CONTINUATION) {
    size = wordAt(view, at);
    at += 4;
  }
  if (size === 0) return -1;
  if (size < 0 || size > bytes.length - at) throw new Error(`a message of ${size} bytes, of which there are ${bytes.length - at}`); // prettier-ignore
  const message = Message.getRootAsMessage(new ByteBuffer(bytes.subarray(at, at + size)));
  at += size;
  const body = Number(message.bodyLength());
  if (body < 0 || body > bytes.length - at) throw new Error(`a body of ${body} bytes, of which there are ${bytes.length - at}`); // prettier-ignore
  checkMessage(message, size);
  return at + body;
}

function wordAt(view: DataView, at: number): number {
  if (!(at >= 0 && at + 4 <= view.byteLength)) throw new Error(`a message at byte ${at} of ${view.byteLength}`);
  return view.getInt32(at, true);
}

function checkMessage(message: Message, size: number): void {
  const room = new Room(size);
  room.take(message.customMetadataLength(), OFFSET);
  const type = message.headerType();
  if (type === MessageHeader.Schema) checkSchema(message.header(new Schema()) as Schema, room);
  else if (type === MessageHeader.RecordBatch) checkBatch(message.header(new RecordBatch()) as RecordBatch, room);
  else if (type === MessageHeader.DictionaryBatch)
    checkBatch((message.header(new DictionaryBatch()) as DictionaryBatch).data(), room); // prettier-ignore
  else throw new Error('a message that is neither schema nor rows');
}

function checkSchema(schema: Schema, room: Room): void {
  room.take(schema.customMetadataLength(), OFFSET);
  room.take(schema.fieldsLength(), OFFSET);
  for (let i = 0; i < schema.fieldsLength(); i++) checkField(schema.fields(i), room);
}

/** A field and those in it; their lists share the room, so that a field that contains itself uses it up. */
function checkField(field: Field | null, room: Room): void {
  if (!field) throw new Error('a list of fields with gaps');
  room.take(field.customMetadataLength(), OFFSET);
  room.take(field.childrenLength(), OFFSET);
  for (let i = 0; i < field.childrenLength(); i++) checkField(field.children(i), room);
}

function checkBatch(batch: RecordBatch | null, room: Room): void {
  if (!batch) throw new Error('rows without a head');
  room.take(batch.nodesLength(), PAIR);
  room.take(batch.buffersLength(), PAIR);
}

/** Bytes of a message that its lists can be in. */
class Room {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(count: number, bytes: number): void {
    this.#left -= count * bytes;
    if (!(count >= 0 && this.#left >= 0)) throw new Error(`a list of ${count} entries in a message that has no room for them`); // prettier-ignore
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
