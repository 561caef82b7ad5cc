"""Forward and backward passes of many networks at once, written out over preallocated tensors.

Every layer is kept as (units, pictures): the units of a member are consecutive rows, so that a
member's part is a view, and softmax over the classes runs along rows, which is the fast direction.
A padded unit has weights and biases of zero, so its sum is 0; where the activation of 0 is not 0
(sigmoid) it is multiplied by 0. Its output is then 0, hence the gradient of its outgoing weights;
those are 0, hence the gradient of its incoming weights. Every optimizer here leaves a weight of 0
with a gradient of 0 alone. No product mixes members, so one that diverges harms nobody.
"""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor

from mnist_core.data.augment import distort
from mnist_core.data.pictures import ResidentDataset
from mnist_core.nn.gradient import FUNCTIONS
from mnist_core.nn.state import TrainState, epoch_generator
from mnist_core.nn.training import EVAL_BATCH
from mnist_core.population.inputs import Inputs, choose_columns, pick
from mnist_core.population.layout import SLOTS, Packed, make_buckets, parts, places, units
from mnist_core.population.math import Block, optimizer_step

# First-layer units from which leaving inputs out by batch saves more than finding them takes.
BY_BATCH_UNITS = 512


class _Batch:
    """The tensors for a batch of a certain length, allocated once."""

    def __init__(self, engine: "Engine", length: int, training: bool) -> None:
        f, like = FUNCTIONS[engine.activation], engine.weights.first
        self.blocks = []
        for layer in range(engine.depth):
            keep = None
            if training and engine.dropout:
                keep = like.new_zeros(engine.units(layer), length)
            elif f.moves_zero:
                keep = engine.per_unit(layer, [1.0] * len(engine.states), padding=0.0)
            self.blocks.append(Block((engine.units(layer), length), f, keep, like))
        self.logits = like.new_empty(engine.units(engine.depth), length)
        self.grad = torch.empty_like(self.logits)
        members = (len(engine.states), engine.classes, length)
        self.member_logits, self.member_grad = self.logits.view(members), self.grad.view(members)
        layers = range(engine.depth)
        self.outs = [parts(engine.buckets, i, self.blocks[i].out) for i in layers]
        self.sums = [*(block.sums for block in self.blocks), self.logits]
        self.sum_parts = [parts(engine.buckets, i, t) for i, t in enumerate(self.sums)]
        self.grads = [*(block.grad for block in self.blocks), self.grad]
        self.grad_parts = [parts(engine.buckets, i, t) for i, t in enumerate(self.grads)]


class Engine:
    """Members with equal ``population_groups.group_key``, side by side, for one epoch.

    It takes the members over from their states and, when asked, writes them back (``save``).

    Args:
        states: sorted so that members of like widths are neighbours.
        orders: for each member which entry of ``step``'s ``rows`` it is trained on.
        use: how often the inputs are needed, see ``population_inputs.input_use``.
    """

    def __init__(
        self,
        states: Sequence[TrainState],
        data: ResidentDataset,
        orders: Sequence[int],
        use: Tensor,
    ) -> None:
        first = states[0].config
        self.states = states
        self.data = data
        self.classes = data.classes
        self.depth = len(first.hidden_sizes)
        self.activation, self.optimizer = first.activation, first.optimizer
        configs = [state.config for state in states]
        self.dropout = self.depth > 0 and any(c.dropout for c in configs)
        self._distorts = first.bends or first.thickness > 0
        # Weight decay reaches the weights of inputs that are always zero, too, and a distortion
        # puts ink where no picture had any.
        decays = any(c.weight_decay for c in configs)
        self.plain = self.optimizer == "sgd" and not decays
        device = data.images.device
        self.buckets = make_buckets([(*c.hidden_sizes, data.classes) for c in configs])
        # Momentum moves a weight after its input has gone; and to find what a batch needs, a GPU
        # would have to be waited for.
        by_batch = self.plain and device.type == "cpu" and self.units(0) >= BY_BATCH_UNITS
        if decays or self._distorts:
            use = torch.ones_like(use)
        self.columns = choose_columns(use, first.batch_size, by_batch)
        self._places = places(self.buckets)

        def packed() -> Packed:
            return Packed(self.buckets, self.columns, device)

        self.weights = packed()
        self.slots = [packed() for _ in SLOTS[self.optimizer]]
        self.steps = torch.zeros(len(states), device=device)
        self._load()
        self.grads = self.weights if self.plain else packed()
        self._member_tensors = [
            [p.views(k) for p in (self.weights, self.grads, *self.slots)]
            for k in range(len(states))
        ]
        self._member_steps = self.steps.unbind()
        self.order_of = torch.tensor(orders, device=device)
        self._runs = self._order_runs(orders)
        shown = dict(zip(orders, states, strict=True))
        self._noise = [
            epoch_generator(shown[order].config.order_seed, shown[order].epoch, device)
            for order in sorted(shown)
        ]
        self._batches: dict[tuple[int, bool], _Batch] = {}
        self._loss = torch.zeros(len(states), first.batch_size, device=device)
        self._rates: list[float] = []
        self._scale = torch.ones(len(states), 1, 1, device=device)
        self._sources: dict[tuple[object, ...], tuple[torch.Generator, list[int]]] = {}
        for k, state in enumerate(states if self.dropout else ()):
            c = state.config
            if c.dropout:  # equal seeds and sizes draw equal numbers: once is enough
                key = (c.seed, state.epoch, c.hidden_sizes)
                source = epoch_generator(c.seed, state.epoch, device)
                self._sources.setdefault(key, (source, []))[1].append(k)
        # A uniform number is never above 2, so padded units are always dropped.
        self._drop_below = [
            self.per_unit(i, [c.dropout for c in configs], padding=2.0)
            for i in range(self.depth if self.dropout else 0)
        ]

    def units(self, layer: int) -> int:
        """Rows of a layer, over all members and with their padding."""
        return units(self.buckets, layer)

    def per_unit(self, layer: int, values: Sequence[float], padding: float) -> Tensor:
        """A column (units, 1) with each member's value, and ``padding`` for padded units."""
        column = torch.full((self.units(layer), 1), padding)
        for bucket, part in zip(self.buckets, parts(self.buckets, layer, column), strict=True):
            for place in range(len(bucket)):
                member = bucket.members.start + place
                part[place, : self.states[member].config.hidden_sizes[layer]] = values[member]
        return column.to(self.weights.first.device)

    def _order_runs(self, orders: Sequence[int]) -> list[tuple[slice, int]]:
        """(rows of the first layer, order) for neighbours that see the same pictures."""
        heights = [b.widths[0] for b in self.buckets for _ in range(len(b))]
        runs, top = [], 0
        for order, members in groupby(zip(orders, heights, strict=True), key=lambda m: m[0]):
            end = top + sum(height for _, height in members)
            runs.append((slice(top, end), order))
            top = end
        return runs

    @torch.no_grad()
    def _load(self) -> None:
        for k, state in enumerate(self.states):
            parameters: list[Tensor] = list(state.model.parameters())
            self.weights.load(k, parameters)
            kept = [state.optimizer.state[p] for p in parameters]
            for name, slot in zip(SLOTS[self.optimizer], self.slots, strict=True):
                if all(name in tensors for tensors in kept):
                    slot.load(k, [tensors[name] for tensors in kept])
            self.steps[k] = kept[0].get("step", 0.0)

    @torch.no_grad()
    def save(self) -> None:
        """Write weights and optimizer slots back to the members' states."""
        for k, state in enumerate(self.states):
            parameters: list[Tensor] = list(state.model.parameters())
            self.weights.save(k, parameters)
            kept = [state.optimizer.state[p] for p in parameters] if self.slots else []
            for name, slot in zip(SLOTS[self.optimizer], self.slots, strict=True):
                for tensors, p in zip(kept, parameters, strict=True):
                    tensors.setdefault(name, torch.zeros_like(p))
                slot.save(k, [tensors[name] for tensors in kept])
            if "adam" in self.optimizer:
                for tensors in kept:
                    tensors["step"] = self.steps[k].clone()

    def mean_losses(self, examples: int) -> Tensor:
        """Each member's mean training loss over the ``examples`` pictures since the start: (K,)."""
        return self._loss.sum(1) / examples

    @torch.no_grad()
    def evaluate(self, images: Tensor, labels: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy and accuracy of each member over some rows of ``images``: (K,) each.

        On a tie between classes that include the right one it counts as right.
        """
        loss = torch.zeros(len(self.states), device=images.device)
        correct = torch.zeros_like(loss)
        for part in rows.split(EVAL_BATCH):
            batch = self._batch(len(part), training=False)
            inputs = pick(images.index_select(0, part), self.columns)
            self._forward(batch, [inputs] * (int(self.order_of.max()) + 1))
            logits = batch.member_logits
            log_p = torch.log_softmax(logits, 1, out=batch.member_grad)
            targets = labels.index_select(0, part).expand(len(loss), 1, -1)
            loss -= log_p.gather(1, targets).sum((1, 2))
            # argmax along rows takes 11 us a picture for 64 members, this 0.2.
            correct += (logits.gather(1, targets)[:, 0] == logits.amax(1)).sum(1)
        return loss / len(rows), correct / len(rows)

    @torch.no_grad()
    def step(self, rows: Sequence[Tensor], rates: list[float]) -> None:
        """One step of every member.

        Args:
            rows: for each order the batch as row numbers of the data set, all of one length.
            rates: each member's learning rate.
        """
        length = len(rows[0])
        batch = self._batch(length, training=True)
        if self.dropout:
            self._draw(batch)
        pictures = [self.data.images.index_select(0, r) for r in rows]
        if self._distorts:
            config = self.states[0].config
            pictures = [distort(x, config, n) for x, n in zip(pictures, self._noise, strict=True)]
        inputs = [pick(x, self.columns) for x in pictures]
        picked = self._forward(batch, inputs)
        labels = torch.stack([self.data.labels.index_select(0, r) for r in rows])
        targets = labels.index_select(0, self.order_of)[:, None]
        log_p = torch.log_softmax(batch.member_logits, 1, out=batch.member_grad)
        wanted = log_p.gather(1, targets)
        # A share of the certainty is spread evenly over all classes (Szegedy et al. 2016).
        spread = self.states[0].config.label_smoothing
        self._loss[:, :length].sub_(wanted[:, 0], alpha=1 - spread)
        if spread:
            self._loss[:, :length] -= log_p.mean(1) * spread
        # d(cross-entropy)/d(logits) = softmax - what is wanted
        log_p.exp_().scatter_(1, targets, wanted.exp_().sub_(1 - spread))
        if spread:
            log_p.sub_(spread / self.classes)
        if self.plain and rates != self._rates:  # the step is linear: its size can go in here
            self._scale[:, 0, 0] = torch.tensor(rates)
            self._rates = rates
        log_p.mul_(self._scale).div_(length)
        self._backward(batch, inputs, picked)
        if not self.plain:
            self._update(rates)

    def _batch(self, length: int, training: bool) -> _Batch:
        key = (length, training)
        if key not in self._batches:
            self._batches[key] = _Batch(self, length, training)
        return self._batches[key]

    def _draw(self, batch: _Batch) -> None:
        """Dropout of each member, the same numbers as ``MnistModel`` draws when it is alone."""
        length = batch.logits.shape[1]
        for layer, block in enumerate(batch.blocks):
            assert block.keep is not None
            views = parts(self.buckets, layer, block.keep)
            for source, members in self._sources.values():
                size = self.states[members[0]].config.hidden_sizes[layer]
                uniform = torch.rand(length, size, device=block.keep.device, generator=source)
                for member in members:
                    number, place = self._places[member]
                    views[number][place, :size] = uniform.t()
            below = self._drop_below[layer]
            # 1 / (1 - p), which for padding is -1 times nothing
            block.keep.ge_(below).mul_((1 - below).reciprocal_())

    def _forward(self, batch: _Batch, inputs: Sequence[Inputs]) -> list[Tensor]:
        """Logits into ``batch``. Returns for each run its biases and weights of active inputs."""
        w, picked = self.weights, []
        first = batch.blocks[0].sums if self.depth else batch.logits
        for rows, order in self._runs:
            pictures, sums = inputs[order], first[rows]
            torch.mm(w.first[rows], pictures.common.t(), out=sums)
            weights = w.rare[:, rows].index_select(0, pictures.active)
            sums.addmm_(weights.t(), pictures.rare.t())
            picked.append(weights)
        for layer, upper in enumerate(w.upper):
            batch.blocks[layer].activate()
            for weight, x, out in zip(
                upper, batch.outs[layer], batch.sum_parts[layer + 1], strict=True
            ):
                torch.bmm(weight, x, out=out)
            batch.sums[layer + 1].add_(w.upper_bias[layer])
        return picked

    def _backward(self, batch: _Batch, inputs: Sequence[Inputs], picked: Sequence[Tensor]) -> None:
        """Gradients into ``grads``; for plain SGD, where those are the weights, the step itself."""
        w, g = self.weights, self.grads
        beta, alpha = (1, -1) if self.plain else (0, 1)

        for layer in reversed(range(self.depth)):
            for weight, weight_grad, x, grad, below in zip(
                w.upper[layer],
                g.upper[layer],
                batch.outs[layer],
                batch.grad_parts[layer + 1],
                batch.grad_parts[layer],
                strict=True,
            ):
                torch.bmm(weight.transpose(1, 2), grad, out=below)
                weight_grad.baddbmm_(grad, x.transpose(1, 2), beta=beta, alpha=alpha)
            if self.plain:
                g.upper_bias[layer].sub_(batch.grads[layer + 1].sum(1, keepdim=True))
            else:
                torch.sum(batch.grads[layer + 1], 1, keepdim=True, out=g.upper_bias[layer])
            batch.blocks[layer].differentiate()
        first = batch.blocks[0].grad if self.depth else batch.grad
        for (rows, order), weights in zip(self._runs, picked, strict=True):
            pictures, grad = inputs[order], first[rows]
            weights.addmm_(pictures.rare.t(), grad.t(), beta=beta, alpha=alpha)
            g.rare[:, rows].index_copy_(0, pictures.active, weights)
            g.first[rows].addmm_(grad, pictures.common, beta=beta, alpha=alpha)

    def _update(self, rates: Sequence[float]) -> None:
        self.steps += 1
        for state, tensors, step, rate in zip(
            self.states, self._member_tensors, self._member_steps, rates, strict=True
        ):
            weights, grads, *slots = tensors
            optimizer_step(state.config, weights, grads, slots, step, rate)
