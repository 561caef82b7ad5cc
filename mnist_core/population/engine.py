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
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.device import bound_by_launches
from mnist_core.nn.gradient import FUNCTIONS
from mnist_core.nn.state import TrainState, epoch_generator
from mnist_core.nn.training import EVAL_BATCH
from mnist_core.population.batch import Batch, Dropout
from mnist_core.population.inputs import Inputs, choose_columns, pick
from mnist_core.population.layout import SLOTS, Layout, Packed, copy_all
from mnist_core.population.update import Together, update_member

# First-layer units from which leaving inputs out by batch saves more than finding them takes.
BY_BATCH_UNITS = 512


class Engine:
    """Members with equal ``groups.group_key``, side by side, for one epoch.

    It takes the members over from their states and, when asked, writes them back (``save``).

    Args:
        states: sorted so that members of like widths are neighbours.
        orders: for each member which entry of ``step``'s ``rows`` it is trained on.
        use: how often the inputs are needed, see ``inputs.input_use``.
        rates: learning rates for each step of the epoch, float64 (steps, members), on the CPU.
    """

    def __init__(
        self,
        states: Sequence[TrainState],
        data: ResidentDataset,
        orders: Sequence[int],
        use: Tensor,
        rates: Tensor,
    ) -> None:
        configs = [state.config for state in states]
        first = configs[0]
        self.states = states
        self.data = data
        self.layout = Layout([(*c.hidden_sizes, data.classes) for c in configs])
        self.function, self.optimizer = FUNCTIONS[first.activation], first.optimizer
        self.smoothing = first.label_smoothing
        device = data.images.device
        together = bound_by_launches(device)
        self._distorts = first.bends or first.thickness > 0
        # Weight decay reaches the weights of inputs that are always zero, too, and a distortion
        # puts ink where no picture had any. What leaving inputs out saves a GPU, copying loses.
        decays = any(c.weight_decay for c in configs)
        if decays or self._distorts or together:
            use = torch.ones_like(use)
        self.plain = self.optimizer == "sgd" and not decays
        # Momentum moves a weight after its input has gone; and to find what a batch needs, a GPU
        # would have to be waited for.
        by_batch = self.plain and not together and self.layout.units(0) >= BY_BATCH_UNITS
        self.columns = choose_columns(use, first.batch_size, by_batch, device)
        self.weights = self._packed()
        self.slots = [self._packed() for _ in SLOTS[self.optimizer]]
        self.steps = torch.zeros(len(states), device=device)
        self._load()
        self.grads = self.weights if self.plain else self._packed()
        self._rates = rates
        # On the device once an epoch: to copy them there at each step would be to wait for it.
        self._rates_there = rates.float().to(device)
        self._together = self._update_together() if together and not self.plain else None
        packs = (self.weights, self.grads, *self.slots)
        apart = () if together or self.plain else range(len(states))
        self._member_tensors = [[p.views(k) for p in packs] for k in apart]
        self._member_steps = self.steps.unbind()
        self.order_of = torch.tensor(orders, device=device)
        self._order_count = max(orders) + 1
        self._runs = self._order_runs(orders)
        shown = dict(zip(orders, states, strict=True))
        self._noise = [
            epoch_generator(shown[order].config.order_seed, shown[order].epoch, device)
            for order in sorted(shown)
        ]
        drops = self.layout.depth > 0 and any(c.dropout for c in configs)
        self._dropout = Dropout(states, self.layout, together, device) if drops else None
        self._batches: dict[tuple[int, bool], Batch] = {}
        self._loss = torch.zeros(len(states), first.batch_size, device=device)
        self._right = torch.zeros_like(self._loss)

    def _packed(self) -> Packed:
        return Packed(self.layout, self.columns, self.data.images.device)

    def _update_together(self) -> Together:
        owner = self._packed()
        for k in range(len(self.states)):
            torch._foreach_add_(owner.views(k), k)
        return Together([state.config for state in self.states], owner.flat.long())

    def _order_runs(self, orders: Sequence[int]) -> list[tuple[slice, int]]:
        """(rows of the first layer, order) for neighbours that see the same pictures."""
        heights = [b.widths[0] for b in self.layout.buckets for _ in range(len(b))]
        runs, top = [], 0
        for order, members in groupby(zip(orders, heights, strict=True), key=lambda m: m[0]):
            end = top + sum(height for _, height in members)
            runs.append((slice(top, end), order))
            top = end
        return runs

    def _parameters(self) -> dict[int, list[Tensor]]:
        return {k: list(state.model.parameters()) for k, state in enumerate(self.states)}

    @torch.no_grad()
    def _load(self) -> None:
        parameters = self._parameters()
        self.weights.load(parameters)
        kept = {
            k: [state.optimizer.state[p] for p in parameters[k]]
            for k, state in enumerate(self.states)
        }
        for name, slot in zip(SLOTS[self.optimizer], self.slots, strict=True):
            members = {k: [t[name] for t in tensors if name in t] for k, tensors in kept.items()}
            slot.load({k: tensors for k, tensors in members.items() if tensors})
        first = {k: tensors[0] for k, tensors in kept.items()}
        copy_all([(self.steps[k], t["step"]) for k, t in first.items() if "step" in t])

    @torch.no_grad()
    def save(self) -> None:
        """Write weights and optimizer slots back to the members' states."""
        parameters = self._parameters()
        self.weights.save(parameters)
        for name, slot in zip(SLOTS[self.optimizer], self.slots, strict=True):
            members = {}
            for k, state in enumerate(self.states):
                kept = [state.optimizer.state[p] for p in parameters[k]]
                for tensors, p in zip(kept, parameters[k], strict=True):
                    tensors.setdefault(name, torch.zeros_like(p))
                members[k] = [tensors[name] for tensors in kept]
            slot.save(members)
        if "adam" in self.optimizer:
            steps = self.steps.repeat(len(parameters[0]), 1).unbind(1)
            for k, state in enumerate(self.states):
                for p, step in zip(parameters[k], steps[k].unbind(), strict=True):
                    state.optimizer.state[p]["step"] = step

    def means(self, examples: int) -> tuple[Tensor, Tensor]:
        """Each member's training loss and accuracy over ``examples`` pictures, all so far: (K,)."""
        return self._loss.sum(1) / examples, self._right.sum(1) / examples

    def _inputs(self, order: int, rows: Tensor) -> Inputs:
        """The pictures of some rows as they are shown in training."""
        pictures = self.data.images.index_select(0, rows)
        if self._distorts:
            pictures = distort(pictures, self.states[0].config, self._noise[order])
        return pick(pictures, self.columns)

    @torch.no_grad()
    def evaluate(self, images: Tensor, labels: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy and accuracy of each member over some rows of ``images``: (K,) each.

        On a tie between classes that include the right one it counts as right; an output that is
        not a number is wrong.
        """
        loss = torch.zeros(len(self.states), device=images.device)
        correct = torch.zeros_like(loss)
        for part in rows.split(EVAL_BATCH):
            batch = self._batch(len(part), training=False)
            inputs = pick(images.index_select(0, part), self.columns)
            self._forward(batch, [inputs] * self._order_count)
            logits = batch.member_logits
            log_p = torch.log_softmax(logits, 1, out=batch.member_grad)
            targets = labels.index_select(0, part).expand(len(loss), 1, -1)
            loss -= log_p.gather(1, targets).sum((1, 2))
            # argmax along rows takes 11 us a picture for 64 members, this 0.2.
            correct += (logits.gather(1, targets)[:, 0] == logits.amax(1)).sum(1)
        return loss / len(rows), correct / len(rows)

    @torch.no_grad()
    def step(self, number: int, rows: Sequence[Tensor]) -> None:
        """One step of every member.

        Args:
            number: of the step in this epoch, from 0: the row of ``rates``.
            rows: for each order the batch as row numbers of the data set, all of one length.
        """
        length = len(rows[0])
        batch = self._batch(length, training=True)
        if self._dropout is not None:
            self._dropout.draw(batch)
        inputs = [self._inputs(order, r) for order, r in enumerate(rows)]
        picked = self._forward(batch, inputs)
        labels = torch.stack([self.data.labels.index_select(0, r) for r in rows])
        targets = labels.index_select(0, self.order_of)[:, None]
        log_p = torch.log_softmax(batch.member_logits, 1, out=batch.member_grad)
        wanted = log_p.gather(1, targets)
        # A share of the certainty is spread evenly over all classes (Szegedy et al. 2016).
        spread = self.smoothing
        self._loss[:, :length].sub_(wanted[:, 0], alpha=1 - spread)
        if spread:
            self._loss[:, :length] -= log_p.mean(1) * spread
        self._right[:, :length] += wanted[:, 0] == log_p.amax(1)  # as in ``evaluate``
        # d(cross-entropy)/d(logits) = softmax - what is wanted
        log_p.exp_().scatter_(1, targets, wanted.exp_().sub_(1 - spread))
        if spread:
            log_p.sub_(spread / self.data.classes)
        if self.plain:  # the step is linear: its size can go in here
            log_p.mul_(self._rates_there[number, :, None, None])
        log_p.div_(length)
        self._backward(batch, inputs, picked)
        if not self.plain:
            self._update(number)

    def _batch(self, length: int, training: bool) -> Batch:
        key = (length, training)
        if key not in self._batches:
            self._batches[key] = Batch(
                self.layout,
                self.function,
                self._dropout is not None,
                length,
                training,
                self.weights.flat,
            )
        return self._batches[key]

    def _forward(self, batch: Batch, inputs: Sequence[Inputs]) -> list[Tensor]:
        """Logits into ``batch``. Returns for each run its biases and weights of active inputs."""
        w, picked = self.weights, []
        first = batch.sums[0]
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

    def _backward(self, batch: Batch, inputs: Sequence[Inputs], picked: Sequence[Tensor]) -> None:
        """Gradients into ``grads``; for plain SGD, where those are the weights, the step itself."""
        w, g = self.weights, self.grads
        beta, alpha = (1, -1) if self.plain else (0, 1)

        for layer in reversed(range(self.layout.depth)):
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
        first = batch.grads[0]
        for (rows, order), weights in zip(self._runs, picked, strict=True):
            pictures, grad = inputs[order], first[rows]
            weights.addmm_(pictures.rare.t(), grad.t(), beta=beta, alpha=alpha)
            g.rare[:, rows].index_copy_(0, pictures.active, weights)
            g.first[rows].addmm_(grad, pictures.common, beta=beta, alpha=alpha)

    def _update(self, number: int) -> None:
        self.steps += 1
        if self._together is not None:
            flat = [slot.flat for slot in self.slots]
            rates = self._rates_there[number]
            self._together.step(self.weights.flat, self.grads.flat, flat, self.steps, rates)
            return
        for state, tensors, step, rate in zip(
            self.states,
            self._member_tensors,
            self._member_steps,
            self._rates[number].tolist(),
            strict=True,
        ):
            weights, grads, *slots = tensors
            update_member(state.config, weights, grads, slots, step, rate)
