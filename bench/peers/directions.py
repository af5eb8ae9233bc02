"""The job of `premlp directions` by numpy, SciPy and scikit-learn: every method, layer, fold, null and bootstrap draw.

python bench/peers/directions.py DATASET.npz [--layers 0,12] [--threads 2]

DATASET.npz is written by `premlp export --to npz`. It prints, as one JSON document, the seconds and processor seconds of
the work, reading aside, and each method's AUROC by layer. Beyond requirements.txt it needs scipy and scikit-learn.
"""
import argparse, json, os, time

flags = argparse.ArgumentParser()
flags.add_argument("dataset")
flags.add_argument("--layers", default="")
flags.add_argument("--threads", type=int, default=2)
flags = flags.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = str(flags.threads)
import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from scipy.sparse.linalg import eigsh

FOLDS, GROUPS, DRAWS, NULLS = 5, 3, 1000, 40
chance = np.random.default_rng(1)


class Design:
    """Who is asked about in which template, and what each block holds out."""

    def __init__(self, data):
        questions = [json.loads(line) for line in data["questions.jsonl"].tobytes().splitlines()]
        self.row_question = data["question"]
        names = {t: i for i, t in enumerate(dict.fromkeys(q["template"] for q in questions))}
        concepts = {c: i for i, c in enumerate(data["concepts"])}
        self.template = np.array([names[q["template"]] for q in questions])
        self.concept = np.array([concepts[q["concept"]] for q in questions])
        self.concepts, self.templates, self.n = len(concepts), len(names), len(questions)
        self.counts = np.bincount(self.row_question, minlength=self.n)
        self.place = np.concatenate([np.arange(n) for n in self.counts])
        self.fold = (chance.permutation(self.templates) % FOLDS)[self.template]
        self.group = (chance.permutation(self.concepts) % GROUPS)[self.concept]
        self.y = self.concept == 0
        self.blocks = [(f, g) for f in range(FOLDS) for g in range(GROUPS)]
        self.draws = np.array([np.bincount(chance.integers(self.templates, size=self.templates), minlength=self.templates) for _ in range(DRAWS)], float)
        self.draws_of_controls = np.array([np.bincount(chance.integers(1, self.concepts, size=self.concepts - 1), minlength=self.concepts) for _ in range(DRAWS)], float)
        plays = chance.integers(self.concepts, size=(NULLS, self.templates))
        self.labels = [self.concept == c for c in range(self.concepts)] + [self.concept == p[self.template] for p in plays]
        self.labels += [chance.permutation(self.y) for _ in range(NULLS)]

    def train(self, block, y):
        """The questions a direction of y is fitted on."""
        return (self.fold != block[0]) & (y | (self.group != block[1]))

    def held(self, block, y):
        return (self.fold == block[0]) & (y | (self.group == block[1]))


def centred_gram(x):
    x = x - x.mean(0)
    return x.T @ x


def leading(gram):
    return eigsh(gram, k=1, which="LA", tol=1e-8)[1][:, 0]


def ledoit_wolf(z):
    """Covariance of rows of mean 0 with Ledoit and Wolf's shrinkage, by scikit-learn's formula in one product."""
    n, d = z.shape
    s = z.T @ z / n
    mu = np.trace(s) / d
    beta = (np.sum(np.sum(z**2, 1) ** 2) / n - np.sum(s**2)) / (d * n)
    delta = (np.sum(s**2) - 2 * mu * np.trace(s) + d * mu**2) / d
    a = min(beta, delta) / delta
    s *= 1 - a
    s.flat[:: d + 1] += a * mu
    return s


def bodnar(x):
    """Covariance around one mean, shrunk as concept-erasure does."""
    n, d = x.shape
    s = centred_gram(x) / n
    trace, square = np.trace(s), np.sum(s**2)
    alpha = np.clip(1 - trace**2 / n / (square - trace**2 / d), 0, 1)
    s *= alpha
    s.flat[:: d + 1] += (1 - alpha) * trace / d
    return s


def logistic(x, y):
    scale = x.std(0)
    z = (x - x.mean(0)) / scale
    return LogisticRegression(C=1.0, max_iter=1000).fit(z, y).coef_[0] / scale


def ccs(plus, minus):
    plus, minus = plus - plus.mean(0), minus - minus.mean(0)
    scale = np.sqrt((np.sum(plus**2) + np.sum(minus**2)) / (2 * plus.size))
    both = np.concatenate([plus, minus]) / scale
    n = len(plus)

    def loss(x):
        w, b = x[:-1], x[-1]
        p = expit(both @ w + b)
        p, q = p[:n], p[n:]
        sum_, least = p + q - 1, np.minimum(p, q)
        gp, gq = 2 * sum_ + 2 * p * (p <= q), 2 * sum_ + 2 * q * (p > q)
        slopes = np.concatenate([gp * p * (1 - p), gq * q * (1 - q)]) / n
        return np.mean(sum_**2 + least**2) + 0.005 * w @ w, np.append(both.T @ slopes + 0.01 * w, slopes.sum())

    best = None
    for _ in range(10):
        start = chance.standard_normal(both.shape[1] + 1)
        start[-1] = 0
        found = minimize(loss, start / np.linalg.norm(start), jac=True, method="L-BFGS-B", options={"maxiter": 60, "maxcor": 12, "gtol": 1e-5})
        if best is None or found.fun < best.fun:
            best = found
    return best.x[:-1]


def pairs(d, x, rows, y):
    """Differences of target and control rows of one template and place, and the two rows with one control each."""
    key = d.template[d.row_question] * 1000 + d.place
    differences, plus, minus = [], [], []
    positive = rows[y[d.row_question[rows]]]
    negative = rows[~y[d.row_question[rows]]]
    by_key = {k: negative[key[negative] == k] for k in np.unique(key[positive])}
    for r in positive:
        others = by_key[key[r]]
        if len(others):
            differences.append(x[r] - x[others])
            plus.append(x[r])
            minus.append(x[chance.choice(others)])
    return np.concatenate(differences), np.array(plus), np.array(minus)


def fit(d, x, block):
    """All methods' directions of the target, [methods, D]."""
    trained = np.ones(d.n, bool) if block is None else d.train(block, d.y)
    rows = np.flatnonzero(trained[d.row_question])
    xr, yr = x[rows], d.y[d.row_question[rows]]
    m1, m0 = xr[yr].mean(0), xr[~yr].mean(0)
    md = m1 - m0
    z = np.where(yr[:, None], xr - m1, xr - m0)
    differences, plus, minus = pairs(d, x, rows, d.y)
    found = [
        md,
        np.linalg.solve(ledoit_wolf(z), md),
        logistic(xr, yr),
        leading(differences.T @ differences),
        leading(centred_gram(differences)),
        leading(centred_gram(xr)),
        ccs(plus, minus),
        np.linalg.solve(bodnar(xr), md),
    ]
    return np.array([v * np.sign(v @ md) for v in found])


METHODS = ["mean", "lda", "logistic", "pca", "pca-centred", "pca-rows", "ccs", "leace"]


def areas(scores, y, template, concept, draws=None):
    """Pairs won and pairs, once and by the bootstrap's draws."""
    above = scores[y][:, None] - scores[~y][None, :]
    won = (above > 0) + 0.5 * (above == 0)
    if draws is None:
        return won.sum(), won.size
    t, c = draws
    targets, controls = t[:, template[y]], t[:, template[~y]] * c[:, concept[~y]]
    return (targets @ won * controls).sum(1), targets.sum(1) * controls.sum(1)


def by_fold(blocks, values):
    """AUROC of each fold over pairs of one direction, averaged."""
    won, all_ = (np.array([v[i] for v in values]).reshape(FOLDS, GROUPS, -1).sum(1) for i in (0, 1))
    with np.errstate(invalid="ignore"):
        return np.nanmean(won / all_, 0)


def shared(d, x, block):
    """One covariance for whatever concept is the target: lda's, leace's, and the first component."""
    kept = (d.fold != block[0]) & (d.group != block[1])
    rows = np.flatnonzero(kept[d.row_question])
    xr, concept = x[rows], d.concept[d.row_question[rows]]
    z = xr.copy()
    for c in np.unique(concept):
        z[concept == c] -= xr[concept == c].mean(0)
    return cho_factor(ledoit_wolf(z)), cho_factor(bodnar(xr)), leading(centred_gram(xr))


def layer(d, x):
    x = x.astype(np.float64)
    x -= x.mean(0)
    sums = np.zeros((d.n, x.shape[1]))
    np.add.at(sums, d.row_question, x)
    means = sums / d.counts[:, None]
    fit(d, x, None)
    tests = [[] for _ in METHODS]
    draws = [[] for _ in METHODS]
    nulls = {m: [[] for _ in d.labels] for m in ("mean", "lda", "leace", "pca-rows")}
    weights = d.counts[:, None]
    for block in d.blocks:
        held = d.held(block, d.y)
        for k, v in enumerate(fit(d, x, block)):
            part = means[held] @ v, d.y[held], d.template[held], d.concept[held]
            tests[k].append(areas(*part))
            draws[k].append(areas(*part, (d.draws, d.draws_of_controls)))
        lda, leace, component = shared(d, x, block)
        md = np.empty((x.shape[1], len(d.labels)))
        for j, y in enumerate(d.labels):
            trained = d.train(block, y)
            p, q = trained & y, trained & ~y
            md[:, j] = sums[p].sum(0) / max(1, d.counts[p].sum()) - sums[q].sum(0) / max(1, d.counts[q].sum())
        directions = {"mean": md, "lda": cho_solve(lda, md), "leace": cho_solve(leace, md), "pca-rows": component[:, None] * np.sign(component @ md)}
        for name, v in directions.items():
            scores = means @ v
            for j, y in enumerate(d.labels):
                held = d.held(block, y)
                nulls[name][j].append(areas(scores[held, j], y[held], None, None))
    result = {}
    for k, name in enumerate(METHODS):
        by_draw = by_fold(d.blocks, draws[k])
        result[name] = [float(by_fold(d.blocks, tests[k])[0])] + [float(q) for q in np.nanquantile(by_draw, [0.025, 0.975])]
        if name in nulls:
            result[name] += [float(by_fold(d.blocks, v)[0]) for v in nulls[name]][:1]
    return result


data = np.load(flags.dataset)
design = Design(data)
layers = [int(n) for n in flags.layers.split(",")] if flags.layers else range(sum(k.startswith("mlp_in.") and k.count(".") == 1 for k in data.files))
work = {n: data[f"mlp_in.{n}"] for n in layers}
start, cpu = time.perf_counter(), time.process_time()
found = {n: layer(design, x) for n, x in work.items()}
print(json.dumps({"seconds": time.perf_counter() - start, "cpu_s": time.process_time() - cpu, "layers": found}))
