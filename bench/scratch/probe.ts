import { fit, ffjord, regularisedLikelihood, type SolverSettings, ready, cosine, toys, type ToyName } from 'tfjs-flows';
import { METHODS, JUDGE } from '../cnf-methods.js';
import { scoresOf, totalProbability } from '../cnf-scores.js';
await ready();
const [toyName, methodName, steps, batch, lr] = process.argv.slice(2);
const toy = toys[toyName as ToyName];
const [kinetic, jacobian, time, rate] = (process.argv[7] ?? '').split(',').map(Number);
const m0 = METHODS.find(({ name }) => name === methodName)!;
const m = process.argv[7]
  ? {
      ...m0,
      objective: regularisedLikelihood(m0.name === 'RNODE' ? { kinetic, jacobian } : { time }),
      build: (d: number, s: number, so?: SolverSettings) =>
        m0.name === 'RNODE'
          ? m0.build(d, s, so)
          : ffjord({ dims: d, seed: s, standardize: false, solver: so, learnedTime: { rate } }),
    }
  : m0;
const rows = toy(25600, { seed: 'train' });
const test = toy(5000, { seed: 'test' });
const flow = m.build(2, 0);
const cpu0 = process.cpuUsage();
const t0 = performance.now();
const h = await fit(flow, rows, {
  steps: Number(steps),
  batchSize: Number(batch),
  learningRate: Number(lr) || m.learningRate,
  schedule: cosine(),
  clipNorm: 5,
  objective: m.objective,
  seed: 0,
  callbacks: {
    onEpoch: ({ epoch, train, evaluations }) => {
      if (epoch % 2 === 0) console.log(epoch, train.toFixed(3), JSON.stringify(evaluations));
    },
  },
});
const cpu = process.cpuUsage(cpu0);
console.log('steps', h.steps, 'cpu s', (cpu.user + cpu.system) / 1e6, 'wall', (performance.now() - t0) / 1000);
const judged = m.build(2, 0, JUDGE);
judged.parameters.forEach(({ variable }, i) => variable.assign(flow.parameters[i].variable));
const exact = toy.logDensity(test).reduce((a, b) => a + b, 0) / 5000;
const s = scoresOf(judged, test, 1e-5);
console.log(toyName, methodName, 'gap', (exact - s.nats).toFixed(4), JSON.stringify(s));
const t1 = performance.now();
console.log('total', totalProbability(judged, { reach: 6, cells: 200 }), (performance.now() - t1) / 1000);
