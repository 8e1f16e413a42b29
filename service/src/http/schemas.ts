import { Type } from 'typebox';
import { MODEL_NAMES } from '../estimator/model-names.js';
import { MODEL_NAME } from '../registry/model-name.js';
import { FORMATS } from '../tables/format-names.js';

/** Name of a model. */
export const Name = Type.String({ pattern: MODEL_NAME.source });

/** Path of a model, its last version. */
export const NamePath = Type.Object({ name: Name });

/** Path of a version. */
export const VersionPath = Type.Object({ name: Name, version: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }) });

/** Path of a job. */
export const JobPath = Type.Object({ id: Type.String({ pattern: '^job-[0-9a-f-]{36}$' }) });

const Kind = Type.Enum(['continuous', 'positive', 'bounded', 'integer', 'category']);
const Spec = Type.Object(
  {
    kind: Kind,
    step: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    low: Type.Optional(Type.Number()),
    high: Type.Optional(Type.Number()),
    levels: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 10_000 })),
  },
  { additionalProperties: false },
);

/** `EstimatorOptions`, within what a service gives a caller. */
export const FitOptions = Type.Object(
  {
    columns: Type.Optional(Type.Record(Type.String(), Type.Union([Spec, Kind, Type.Literal('ignore')]))),
    conditionOn: Type.Optional(Type.Array(Type.String(), { maxItems: 1000 })),
    missing: Type.Optional(Type.Enum(['refuse', 'impute', 'marginalise'])),
    model: Type.Optional(Type.Enum(['auto', ...MODEL_NAMES])),
    timeBudget: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description: 'seconds' })),
    epochs: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    batchSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_536 })),
    learningRate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    validation: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 })),
    samples: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
    seed: Type.Optional(Type.Union([Type.Integer(), Type.String({ maxLength: 256 })])),
  },
  { additionalProperties: false },
);

/** Format of a table. */
export const Format = Type.Enum([...FORMATS]);

/** One value of a row. */
export const CellValue = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]);

/** Seed of draws. */
export const SeedValue = Type.Union([Type.Integer(), Type.String({ maxLength: 256 })]);
