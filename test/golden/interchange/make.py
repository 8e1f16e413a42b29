"""Writes the golden files of this folder; README.md says how. Run it from the root of the project."""

import glob
import json
import re
import sys

import torch

HERE = "test/golden/interchange"


def snippet(library):
    """The program that docs/migrating-weights.md gives for a library."""
    page = open("docs/migrating-weights.md").read()
    code = re.search(rf"### {library}\n.*?```python\n(.*?)```", page, re.S).group(1)
    names = {"__name__": library}
    exec(compile(code, library, "exec"), names)
    return names


def write(library, name, model, log_prob, features, context=0):
    """Weights away from where training starts, points inside and outside of the splines' boxes, and their densities."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    x = 1.7 * torch.randn(12, features)
    c = torch.randn(12, context) if context else None
    path = f"{HERE}/{library}-{name}"
    tools = snippet(library)
    tools["save"](model.eval(), path, features, context)
    with torch.no_grad():
        expected = log_prob(model, x, c)
        again = log_prob(tools["load"](path), x, c)
    assert torch.allclose(expected, again, atol=1e-6), (library, name, expected - again)
    values = {"x": x.tolist(), "context": c.tolist() if context else None, "log_prob": expected.tolist()}
    json.dump(values, open(f"{path}.values.json", "w"))
    print(library, name, expected[:3])


def from_nflows():
    from nflows import transforms as T
    from nflows.distributions import StandardNormal
    from nflows.flows import Flow
    from nflows.nn.nets import ResidualNet

    def log_prob(flow, x, c):
        return flow.log_prob(x, c)

    def flow(layers, features):
        return Flow(T.CompositeTransform(layers), StandardNormal([features]))

    def net(context=None, **options):
        return lambda i, o: ResidualNet(i, o, 8, context, **options)

    scales = T.PointwiseAffineTransform(torch.tensor([0.3, -0.2, 0.1]), torch.tensor([0.8, 1.5, -1.2]))
    act = T.ActNorm(3)
    act.initialized.fill_(True)
    layers = [scales, T.AffineCouplingTransform([1, 0, 1], net(2)), act, T.AffineCouplingTransform([0, 1, 0], net(2))]
    write("nflows", "real-nvp", flow(layers, 3), log_prob, 3, 2)

    spline = dict(num_bins=4, tails="linear", tail_bound=2.5)
    layers = [
        T.PiecewiseRationalQuadraticCouplingTransform([0, 1, 0, 1], net(activation=torch.tanh), **spline),
        T.CompositeTransform([T.RandomPermutation(4), T.LULinear(4)]),
        T.PiecewiseRationalQuadraticCouplingTransform([1, 1, 0, 0], net(num_blocks=1), apply_unconditional_transform=True, **spline),
    ]
    write("nflows", "spline-coupling", flow(layers, 4), log_prob, 4)

    layers = [
        T.ReversePermutation(4),
        T.MaskedAffineAutoregressiveTransform(4, 10),
        T.RandomPermutation(4),
        T.MaskedAffineAutoregressiveTransform(4, 7, use_residual_blocks=False, random_mask=True, activation=torch.nn.functional.elu),
    ]
    write("nflows", "maf", flow(layers, 4), log_prob, 4)

    layers = [T.ReversePermutation(3), T.MaskedPiecewiseRationalQuadraticAutoregressiveTransform(3, 8, num_blocks=1, **spline)]
    write("nflows", "spline-autoregressive", flow(layers, 3), log_prob, 3)


def from_zuko():
    from functools import partial

    import zuko
    from torch.distributions import AffineTransform
    from zuko.transforms import MonotonicRQSTransform, PermutationTransform

    def log_prob(flow, x, c):
        return flow(c).log_prob(x)

    def loose(t, *args, **options):
        return zuko.lazy.UnconditionalTransform(t, *args, **options, buffer=True)

    flow = zuko.flows.RealNVP(5, 2, transforms=2, hidden_features=[7, 6], activation=torch.nn.Tanh)
    flow.transform.transforms.insert(0, loose(AffineTransform, torch.tensor([0.1, -0.2, 0.3, 0.0, 1.0]), torch.tensor([0.5, 1.5, -2.0, 0.9, 1.1]), event_dim=1))
    flow.transform.transforms.insert(2, loose(PermutationTransform, torch.tensor([3, 0, 4, 1, 2])))
    write("zuko", "real-nvp", flow, log_prob, 5, 2)

    write("zuko", "maf", zuko.flows.MAF(4, 3, transforms=2, randperm=True, hidden_features=[9, 5]), log_prob, 4, 3)

    shapes = [(4,), (4,), (3,)]
    spline = partial(MonotonicRQSTransform, bound=2.5, slope=1e-2)
    coupling = zuko.flows.GeneralCouplingTransform(3, 0, torch.tensor([True, False, False]), spline, shapes, hidden_features=[6])
    autoregressive = zuko.flows.MaskedAutoregressiveTransform(3, univariate=spline, shapes=shapes, hidden_features=[6])
    base = zuko.lazy.UnconditionalDistribution(zuko.distributions.DiagNormal, torch.tensor([0.2, 0.0, -0.4]), torch.tensor([1.0, 0.7, 1.3]), buffer=True)
    write("zuko", "spline", zuko.lazy.Flow([coupling, autoregressive], base), log_prob, 3)

    write("zuko", "nsf-two-passes", zuko.flows.NSF(5, bins=3, transforms=2, passes=2, hidden_features=[6, 6]), log_prob, 5)


def from_normflows():
    import normflows as nf
    from normflows import flows as N

    def log_prob(model, x, c):
        return model.log_prob(x) if c is None else model.log_prob(x, c)

    def model(flows, features, kind=nf.NormalizingFlow):
        return kind(nf.distributions.DiagGaussian(features), flows)

    act = N.ActNorm((5,))
    act.data_dep_init_done.fill_(1)
    flows = [
        N.AffineCouplingBlock(nf.nets.MLP([3, 7, 4])),
        N.Permute(5, mode="swap"),
        act,
        N.AffineCouplingBlock(nf.nets.MLP([2, 6, 5, 6], leaky=0.01, dropout=0.1), split_mode="channel_inv"),
        N.Permute(5),
        N.AffineConstFlow((5,)),
    ]
    write("normflows", "real-nvp", model(flows, 5), log_prob, 5)

    flows = [N.CoupledRationalQuadraticSpline(3, 1, 8, num_bins=4), N.LULinearPermute(3), N.CoupledRationalQuadraticSpline(3, 2, 8, num_bins=4, tail_bound=2.5, activation=torch.nn.SiLU, reverse_mask=True)]
    write("normflows", "spline-coupling", model(flows, 3), log_prob, 3)

    write("normflows", "iaf", model([N.MaskedAffineAutoregressive(4, 9, num_blocks=1), N.Permute(4), N.MaskedAffineAutoregressive(4, 9, num_blocks=1)], 4), log_prob, 4)

    flows = [N.AutoregressiveRationalQuadraticSpline(4, 1, 9, 2, num_bins=3, permute_mask=True), N.CoupledRationalQuadraticSpline(4, 1, 6, 2, num_bins=3)]
    write("normflows", "conditional-splines", model(flows, 4, nf.ConditionalNormalizingFlow), log_prob, 4, 2)


def from_here(folder):
    """Densities, by the libraries, of flows that this one exported into a folder."""
    found = {}
    for path in sorted(glob.glob(f"{folder}/*.json")):
        m = json.load(open(path))
        model = snippet(m["library"])["load"](path[: -len(".json")])
        x, c = 1.7 * torch.randn(8, m["features"]), torch.randn(8, m["context"]) if m["context"] else None
        with torch.no_grad():
            log_prob = model(c).log_prob(x) if m["library"] == "zuko" else model.log_prob(*([x] if c is None else [x, c]))
        found[path.split("/")[-1][: -len(".json")]] = {"x": x.tolist(), "context": c.tolist() if m["context"] else None, "log_prob": log_prob.tolist()}
    json.dump(found, open(f"{HERE}/born-here.json", "w"))


if __name__ == "__main__":
    torch.manual_seed(7)
    if sys.argv[1:2] == ["born-here"]:
        from_here(sys.argv[2])
    for library in sys.argv[1:] or ["nflows", "zuko", "normflows"]:
        if library in ("nflows", "zuko", "normflows"):
            globals()[f"from_{library}"]()
