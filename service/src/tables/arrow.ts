import { DataType, tableFromIPC, type Data, type Table as ArrowTable } from 'apache-arrow';
import { FlowDataError } from 'tfjs-flows';
import { checkArrow } from './arrow-messages.js';

/**
 * Reads an Arrow stream or file. The format says how long each column is apart from its values, so that bytes that were changed can
 * promise more rows than there are: columns are held against their buffers.
 *
 * @param most rows at most
 * @throws FlowDataError for bytes that are no Arrow table, or one that does not hold together; RangeError for too many rows.
 */
export function readArrow(bytes: Uint8Array, most = Infinity): ArrowTable {
  let table: ArrowTable;
  try {
    checkArrow(bytes);
    table = tableFromIPC(bytes);
  } catch (cause) {
    throw refuse((cause as Error).message.slice(0, 200), cause);
  }
  if (table.numRows > most) throw new RangeError(`${table.numRows} rows`);
  for (const { name } of table.schema.fields) {
    const column = table.getChild(name);
    if (!column || column.length !== table.numRows) throw refuse(`column "${name}" of another length than the table`);
    if (!column.data.every(isWhole)) throw refuse(`column "${name}" with fewer values than rows`);
  }
  return table;
}

/** Whether the buffers of a piece of a column have what its length says. */
function isWhole({ type, length, values, valueOffsets }: Data): boolean {
  if (length < 0 || !Number.isSafeInteger(length)) return false;
  if (DataType.isBool(type)) return (values as Uint8Array).length * 8 >= length;
  if (DataType.isUtf8(type) || DataType.isBinary(type) || DataType.isLargeUtf8(type) || DataType.isLargeBinary(type)) {
    if ((valueOffsets as ArrayLike<number | bigint>).length < length + 1) return false;
    const ends = Array.from(valueOffsets as ArrayLike<number | bigint>, Number);
    return ends.slice(0, length + 1).every((end, i) => end >= (i > 0 ? ends[i - 1] : 0) && end <= (values as Uint8Array).length); // prettier-ignore
  }
  return DataType.isNull(type) || DataType.isStruct(type) || DataType.isList(type) || (values as ArrayLike<unknown>).length >= length; // prettier-ignore
}

function refuse(got: string, cause?: unknown): FlowDataError {
  return new FlowDataError('readArrow', { expected: 'an Arrow table', got, cause });
}
