"""ResNet-20 on a tenth of CIFAR-10, beside a plain PyTorch loop with the same augmentation.

    python -m benchmarks.quality.cifar10_resnet_20

The plain loop trains the same network with the same optimizer, schedule, batches a step, epochs
and augmentation (our kernels, since torchvision cannot be imported here), written by hand.
"""

from __future__ import annotations

import time

import torch
import torch.nn.functional as F
from sklearn.base import clone

import fieldguide as fg
from benchmarks.quality._runs import arguments, data_folder, reproduce
from benchmarks.results import Result, machine, versions
from fieldguide.nn.augment import Augment
from fieldguide.tasks import choose

AUGMENT = ("flip", "crop")
MODEL = {"depth": 20, "epochs": 10, "batch_size": 64, "lr": 3e-3, "weight_decay": 0.05}


def plain_loop(train: fg.Dataset, test: fg.Dataset) -> float:
    """Return the test accuracy of a hand-written loop."""
    torch.manual_seed(0)
    task = choose(train)[0].fit(train)
    network = clone(fg.ResNet(**MODEL)).build(task).to(memory_format=torch.channels_last)
    images, labels = task.encode(train).x, task.encode(train).y
    rate, epochs, size = MODEL["lr"], MODEL["epochs"], MODEL["batch_size"]
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.05, fused=True)
    steps = epochs * -(-len(images) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    augment, chance = Augment(AUGMENT), torch.Generator().manual_seed(0)
    for epoch in range(epochs):
        network.train()
        for index in torch.randperm(len(images), generator=chance).split(size):
            x, y = augment(images[index], labels[index], chance)
            loss = F.cross_entropy(network(x.to(memory_format=torch.channels_last)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"plain loop, epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
    network.eval()
    held = task.encode(test)
    with torch.inference_mode():
        outputs = torch.cat([network(part) for part in held.x.split(256)])
    return task.score(outputs, held.y)


def main() -> None:
    """Run both sides and record each, and the difference."""
    given = arguments(seeds=1)
    archive = data_folder("cifar10-jpeg") / "cifar10_subset.zip"
    train, test = fg.read(archive).split()
    data = "a tenth of CIFAR-10 as JPEG, its own test split"
    model = fg.ResNet(**MODEL, augment=AUGMENT, validation=0)
    ours = reproduce(
        "cifar10-subset-resnet-20", model, train, test, data=data, target=None, given=given
    )
    started = time.perf_counter()
    plain = plain_loop(train, test)
    Result(
        benchmark="cifar10-subset-resnet-20-less-plain-loop",
        kind="quality",
        algorithm="resnet",
        data=data,
        metric="accuracy of fit less accuracy of a plain loop",
        value=round(ours - plain, 5),
        target=-0.01,
        seeds=[0],
        runs=[{"value": ours - plain, "fieldguide": ours, "plain loop": plain}],
        runtime_s=round(time.perf_counter() - started, 1),
        versions=versions(),
        machine=machine(),
        command="python -m benchmarks.quality.cifar10_resnet_20",
    ).save()
    print(f"fieldguide {ours:.4f}, plain loop {plain:.4f}")


if __name__ == "__main__":
    main()
