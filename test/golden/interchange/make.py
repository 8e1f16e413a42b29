"""Writes the golden files of this folder; README.md says how. Run it from the root of the project."""

import json
import re
import sys

import torch

HERE = "test/golden/interchange"


def snippet(library):
    """The program that docs/migrating-weights.md gives for a library."""
    page = open("docs/migrating-weights.md").read()
    code = re.search(rf"## {library}\n.*?```python\n(.*?)```", page, re.S).group(1)
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


if __name__ == "__main__":
    torch.manual_seed(7)
    for library in sys.argv[1:] or ["nflows", "zuko", "normflows"]:
        globals()[f"from_{library}"]()
