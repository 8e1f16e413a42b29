import test from 'ava';
import * as library from '../../src/index.js';
import { Affine, Bijector, FlowConfigError, Module } from '../../src/index.js';
import { catalogueOf, libraryCatalogue } from '../../src/io/catalogue.js';

test('the catalogue has every concrete class that the library exports', (t) => {
  const catalogue = libraryCatalogue();
  const exported = Object.values(library).filter(
    (value) => typeof value === 'function' && Object.hasOwn(value, 'className') && 'samples' in value,
  ) as (typeof Module)[];
  for (const Class of exported.filter(({ className }) => className !== '')) {
    t.true(catalogue.get(Class.className) === (Class as unknown), Class.className);
  }
  for (const name of ['Affine', 'Chain', 'Flow', 'Invert', 'Permute']) t.true(catalogue.has(name), name);
  t.false(catalogue.has(''));
  t.is(libraryCatalogue(), catalogue);
});

test('abstract classes and everything else are left out', (t) => {
  abstract class Middle extends Affine {}
  const catalogue = catalogueOf([
    { Bijector, Module, Middle, Affine },
    { alias: Affine, f: () => 1, n: 3, none: null },
  ]);
  t.deepEqual([...catalogue], [['Affine', Affine]]);
});

test('two classes of one name are refused', (t) => {
  class Other extends Affine {
    static override readonly className = 'Affine';
  }
  t.throws(() => catalogueOf([{ Affine }, { Other }]), {
    instanceOf: FlowConfigError,
    message: 'catalogueOf: expected one class a name, got two called "Affine".',
  });
});
