import { FlowConfigError, FlowFileError, FlowShapeError } from '../errors.js';
import { assignParameters, Module } from '../module.js';
import { formatShape, sameShape } from '../shapes.js';
import { deserialize, type Catalogue, type ConfigurableClass } from './config.js';
import { decodeManifest, MANIFEST_FILE, MODEL_FILES, WEIGHTS_FILE, type Manifest } from './manifest.js';
import { decodeSafetensors, type StoredTensor } from './safetensors.js';
import { openStore } from './stores/open.js';
import { readUploads } from './uploads.js';

/** Where a model comes from: a URL, or the two files themselves (a `FileList` will do). */
export type ModelSource = string | ArrayLike<File>;

/** Options of {@link loadModule}. */
export interface LoadModuleOptions {
  /** Classes of this library. */
  readonly catalogue: Catalogue;
  /** Classes of the caller's own that the model is made of. */
  readonly classes?: readonly ConfigurableClass[];
  /** What error messages name as the reader. */
  readonly where: string;
}

/**
 * Rebuilds a module that `saveModule` wrote. When it fails, nothing is left in memory.
 *
 * @throws FlowFileError when there is no model, or it is damaged, from a newer version, or of unknown classes.
 * @throws FlowConfigError when `classes` holds something that cannot be found by name.
 */
export async function loadModule(
  source: ModelSource,
  { catalogue, classes = [], where }: LoadModuleOptions,
): Promise<Module> {
  const known = extend(catalogue, classes, where);
  const files = await (typeof source === 'string'
    ? openStore(source, where).read(MODEL_FILES)
    : readUploads(source, MODEL_FILES, where));
  const manifest = decodeManifest(files.get(MANIFEST_FILE)!, where);
  const { tensors } = decodeSafetensors(files.get(WEIGHTS_FILE)!, where);
  checkTensors(tensors, manifest, where);
  const module = deserialize(manifest.model, known, where);
  if (!(module instanceof Module)) {
    throw new FlowFileError(where, { expected: 'a model', got: `${manifest.model.className}, which has no weights` });
  }
  try {
    assign(module, tensors, where);
    freeze(module, manifest.frozen, where);
    return module;
  } catch (error) {
    module.dispose();
    throw error;
  }
}

function extend(catalogue: Catalogue, classes: readonly ConfigurableClass[], where: string): Catalogue {
  const extended = new Map(catalogue);
  for (const added of classes) {
    const present = extended.get(added.className);
    if (!added.className || !Object.hasOwn(added, 'className') || (present && present !== added)) {
      throw new FlowConfigError(`${where}.classes`, {
        expected: `a static \`className\` on ${(added as { name?: string }).name} that no other class has`,
        got: added.className ? `"${added.className}"` : 'none',
      });
    }
    extended.set(added.className, added);
  }
  return extended;
}

/** Compares the weights with what the description says they are, before anything is built. */
function checkTensors(tensors: ReadonlyMap<string, StoredTensor>, { parameters }: Manifest, where: string): void {
  const listed = new Map(parameters.map(({ path, shape }) => [path, shape]));
  const hint = `${MANIFEST_FILE} and ${WEIGHTS_FILE} do not belong together, or one was edited.`;
  for (const [path, shape] of listed) {
    const tensor = tensors.get(path);
    if (tensor && sameShape(tensor.shape, shape)) continue;
    throw new FlowFileError(where, {
      expected: `"${path}" of shape ${formatShape(shape)} in ${WEIGHTS_FILE}`,
      got: tensor ? formatShape(tensor.shape) : 'nothing',
      hint,
    });
  }
  for (const [path, { values }] of tensors) {
    if (!listed.has(path)) {
      throw new FlowFileError(where, { expected: `only what ${MANIFEST_FILE} lists`, got: `"${path}"`, hint });
    }
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new FlowFileError(where, {
        expected: `finite numbers in "${path}"`,
        got: `${values[bad]} at index ${bad}`,
        hint: `${WEIGHTS_FILE} was damaged or edited; restore it from another copy.`,
      });
    }
  }
}

function assign(module: Module, tensors: ReadonlyMap<string, StoredTensor>, where: string): void {
  try {
    assignParameters(module, tensors, where);
  } catch (error) {
    if (!(error instanceof FlowShapeError)) throw error;
    const { expected, got } = error;
    const hint = 'The options in the file do not fit its weights: it was edited, or comes from another version.';
    throw new FlowFileError(where, { expected, got, hint, cause: error });
  }
}

/** Makes exactly the modules at these paths untrainable. */
function freeze(module: Module, frozen: readonly string[], where: string): void {
  const missing = new Set(frozen);
  const visit = (node: Module, path: string): void => {
    node.trainable = !missing.delete(path);
    for (const [name, child] of node.children) visit(child, path ? `${path}.${name}` : name);
  };
  visit(module, '');
  for (const path of missing) {
    throw new FlowFileError(where, { expected: `frozen modules of ${module.className}`, got: `"${path}"` });
  }
}
